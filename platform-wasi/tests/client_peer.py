"""Servers for the client's tests, on free ports of 127.0.0.1: websockets, one behaviour a path, and
one that speaks by itself where websockets would keep the rules.

Prints both ports, then serves until it is terminated.
"""

import asyncio
import base64
import hashlib
import json
import re
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
codes = []
visits = {"flaky": 0}
ports = []


def refusal(status, body=b"", **headers):
    given = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    given["Content-Length"] = str(len(body))
    return Response(status.value, status.phrase, given, body)


def answers_digest(value):
    parameters = dict(re.findall(r'(\w+)="?([^",]*)"?', value))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    one, two = md5("user:here:secret"), md5(f"GET:{parameters.get('uri')}")
    middle = ":".join(parameters.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
    return parameters.get("response") == md5(f"{one}:{middle}:{two}")


def process(_, request):
    authorization = request.headers.get("Authorization", "")
    path = request.path.split("?")[0]
    match path:
        case "/refuse":
            return refusal(HTTPStatus.FORBIDDEN, b"no entry", Retry_After="7")
        case "/redirect":
            return refusal(HTTPStatus.FOUND, Location="/headers")
        case "/away":
            return refusal(HTTPStatus.FOUND, Location=f"ws://localhost:{ports[0]}/headers")
        case "/circle":
            return refusal(HTTPStatus.FOUND, Location="/circle")
        case "/basic":
            login = base64.b64encode(b"user:secret").decode()
            if authorization != f"Basic {login}":
                return refusal(HTTPStatus.UNAUTHORIZED, WWW_Authenticate='Basic realm="here"')
        case "/digest" if not answers_digest(authorization):
            challenge = 'Digest realm="here", nonce="abc", qop="auth", algorithm=MD5'
            return refusal(HTTPStatus.UNAUTHORIZED, WWW_Authenticate=challenge)
    return None


async def talk(socket):
    match socket.request.path.split("?")[0]:
        case "/headers" | "/basic" | "/digest":
            await socket.send(json.dumps(dict(socket.request.headers.raw_items())))
        case "/greet":
            await socket.ping(b"there?")
            await socket.send("hello")
            await socket.close(4000, "later")
        case "/flaky":
            visits["flaky"] += 1
            if visits["flaky"] % 3:
                socket.transport.abort()
                return
            await socket.send("at last")
        case "/last":
            await asyncio.sleep(0.2)
            await socket.send(str(codes[-1] if codes else None))
    async for message in socket:
        await socket.send(message)
    codes.append(socket.close_code)


async def raw(reader, writer):
    """Opens, and then breaks rules as the path says."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    path = head.split()[1]
    if path == "/silent":
        await reader.read()
        return
    key = re.search(r"Sec-WebSocket-Key: (.*)\r\n", head)[1]
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
    )
    try:
        match path:
            case "/reserved":
                writer.write(b"\x83\x00")
            case "/utf8":
                writer.write(b"\x81\x01\xff")
            case "/large":
                writer.write(b"\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff")
            case "/drop":
                writer.transport.abort()
                return
            case "/flood":
                while True:
                    writer.write(b"\x81\x05hello" * 1000)
                    await writer.drain()
            case "/both":
                # Writes much, and reads only then.
                for _ in range(8):
                    writer.write(b"\x82\x7f" + (1 << 20).to_bytes(8, "big") + bytes(1 << 20))
                await writer.drain()
                writer.write(b"\x81\x03end")
        await writer.drain()
        # Reads nothing but bytes: no Close is answered.
        await reader.read()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    async with serve(
        talk,
        "127.0.0.1",
        0,
        process_request=process,
        select_subprotocol=lambda _, offered: "v1.chat" if "v1.chat" in offered else None,
        ping_interval=None,
        max_size=None,
    ) as server:
        ports.append(server.sockets[0].getsockname()[1])
        other = await asyncio.start_server(raw, "127.0.0.1", 0)
        ports.append(other.sockets[0].getsockname()[1])
        print(*ports, flush=True)
        await other.serve_forever()


asyncio.run(main())
