"""The contract by `websockets`, its asyncio client."""

import asyncio
import os
import ssl

import contract


async def main(arguments):
    # The library counts attempts.
    os.environ["WEBSOCKETS_MAX_REDIRECTS"] = str(arguments.max_redirects + 1)
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    headers = [tuple(part.strip(" ") for part in line.split(":", 1)) for line in arguments.header]
    options = {
        "subprotocols": arguments.subprotocol or None,
        "origin": arguments.origin,
        "additional_headers": headers,
        "proxy": arguments.proxy,
        "open_timeout": arguments.handshake_timeout,
        "close_timeout": float(arguments.close_timeout or 5),
        "max_size": arguments.max_message or 64 << 20,
        "compression": None if arguments.no_compress else "deflate",
        "ping_interval": None,
    }
    if arguments.url.startswith("wss:"):
        options["ssl"] = ssl.create_default_context(cafile=arguments.ca)
    socket = await connect(arguments.url, **options)
    contract.connected()
    received = 0
    try:
        for text in arguments.text:
            await socket.send(text)
        while True:
            contract.message(await socket.recv())
            received += 1
            if received == arguments.count:
                await socket.close()
    except ConnectionClosed as end:
        # Whose Close frame came first, and whether there was one.
        if end.rcvd and (end.rcvd_then_sent or arguments.count):
            contract.closed(end.rcvd.code)
        contract.error(end)


def arguments():
    import sys

    # An option without a value, which `parse` has no way to say.
    no_compress = "--no-compress" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--no-compress"]
    parsed = contract.parse("--close-timeout")
    parsed.no_compress = no_compress
    return parsed


if __name__ == "__main__":
    try:
        asyncio.run(main(arguments()))
    except Exception as problem:  # noqa: BLE001
        contract.error(repr(problem))
