"""Python `websockets` as a server for the peers stage, on 127.0.0.1 and free ports.

    websockets_server.py CERTIFICATES [deflate]

Its first line is JSON: the port for ws and, by the name of its certificate, each port for wss
(`mtls` demands a client certificate, `tls12` and `tls13` speak that version only). Then one line
for each connection that ended: the code and reason of the client's Close frame.

What it does with a connection is the first part of the path; aiohttp_server.py and ws_server.js
know the same words:
    /echo               every message back
    /close/CODE/REASON  closes at once
    /ping               pings, waits for the pong, closes with 1000 "pong seen"
    /fragments          "Hello, wörld" in three frames, a ping between two of them, then closes
    /drop               ends TCP without a Close frame
    /request            target and headers as a JSON text, then closes
"""

import asyncio
import contextlib
import json
import ssl
import sys
from pathlib import Path
from urllib.parse import unquote

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def handle(ws):
    # The client may close before our answer is out.
    with contextlib.suppress(ConnectionClosed):
        await act(ws)
    await ws.wait_closed()
    print(json.dumps({"closed": ws.close_code, "reason": ws.close_reason}), flush=True)


async def act(ws):
    match ws.request.path.split("?")[0].strip("/").split("/"):
        case ["echo"]:
            async for message in ws:
                await ws.send(message)
        case ["close", code, *reason]:
            await ws.close(int(code), unquote("".join(reason)))
        case ["ping"]:
            await (await ws.ping(b"are you there"))
            await ws.close(1000, "pong seen")
        case ["fragments"]:
            await ws.send(fragments(ws))
            await ws.close()
        case ["drop"]:
            ws.transport.abort()
        case ["request"]:
            headers = [[name.lower(), value] for name, value in ws.request.headers.raw_items()]
            await ws.send(json.dumps({"target": ws.request.path, "headers": headers}))
            await ws.close()


async def fragments(ws):
    yield "He"
    await ws.ping(b"between")
    yield "llo, wö"
    yield "rld"


def choose(ws, offered):
    return "chat" if "chat" in offered else None


def contexts(certificates):
    """(name, TLS settings) of every port but the plain one."""
    names = ["ec", "rsa", "ed25519", "wronghost", "untrusted", "expired", "notyet", "selfsigned"]
    for name in [*names, "mtls", "tls12", "tls13"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf = name if name in names else "ec"
        context.load_cert_chain(certificates / f"{leaf}.pem", certificates / f"{leaf}.key")
        if name == "mtls":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificates / "ca.pem")
        if name == "tls12":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if name == "tls13":
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        yield name, context


async def main():
    deflate = "deflate" if "deflate" in sys.argv else None
    ports = {}
    for name, context in [("ws", None), *contexts(Path(sys.argv[1]))]:
        server = await serve(
            handle,
            "127.0.0.1",
            0,
            ssl=context,
            compression=deflate,
            select_subprotocol=choose,
            max_size=None,
        )
        ports[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
