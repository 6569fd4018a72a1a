"""The contract by `websocket-client`."""

import sys
from urllib.parse import urlsplit

import contract
import websocket


def main():
    # It has no compression to turn off.
    sys.argv = [word for word in sys.argv if word != "--no-compress"]
    arguments = contract.parse()
    if arguments.max_message:
        # It has no limit.
        sys.exit(contract.UNSUPPORTED)
    options = {
        "subprotocols": arguments.subprotocol or None,
        "header": arguments.header,
        "timeout": arguments.handshake_timeout,
        "redirect_limit": arguments.max_redirects,
        "enable_multithread": False,
    }
    if arguments.origin is None:
        options["suppress_origin"] = True
    else:
        options["origin"] = arguments.origin
    if arguments.ca:
        options["sslopt"] = {"ca_certs": arguments.ca}
    if arguments.proxy:
        proxy = urlsplit(arguments.proxy)
        options |= {
            "http_proxy_host": proxy.hostname,
            "http_proxy_port": proxy.port,
            "proxy_type": proxy.scheme,
        }
        if proxy.username:
            options["http_proxy_auth"] = (proxy.username, proxy.password)
    socket = websocket.create_connection(arguments.url, **options)
    contract.connected()
    socket.settimeout(None)
    for text in arguments.text:
        socket.send(text)
    received = 0
    while True:
        opcode, payload = socket.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            contract.closed(code)
        if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
            text = opcode == websocket.ABNF.OPCODE_TEXT
            contract.message(payload.decode("utf-8") if text else payload)
            received += 1
            if received == arguments.count:
                # Not close(): that reads the answer itself and does not tell it.
                socket.send_close()


if __name__ == "__main__":
    try:
        main()
    except Exception as problem:  # noqa: BLE001
        contract.error(repr(problem))
