"""Python `websockets` as the server for firmware, on 127.0.0.1. `server.py [PORT [STEM]]`: its first
line is the port, a free one if none or 0 was named; then one of JSON for each connection that
ended: how it closed and what came. With STEM it speaks TLS, by STEM.pem and STEM.key.

What it does with a connection is its path:
    /echo        every message back
    /telemetry   answers each JSON reading with {"ack": its number, …} and reports it at once
    /ping        a Ping, waits for the Pong, closes with 1000 "pong seen"
    /close       closes at once with 4001 "go away"
    /drop        ends TCP without a Close frame
    /violate     sends a frame that breaks the protocol
    /fragments   a text in three frames with a Ping between, then closes
    /missing     there is none: 404
"""

import asyncio
import contextlib
import json
import ssl
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


class Connection:
    def __init__(self, ws):
        self.ws = ws
        self.messages = 0
        self.largest = 0

    async def run(self):
        # The client may close before our answer is out.
        with contextlib.suppress(ConnectionClosed):
            await self.act(self.ws.request.path)
        await self.ws.wait_closed()
        report = {
            "path": self.ws.request.path,
            "extensions": self.ws.response.headers.get("Sec-WebSocket-Extensions"),
            "messages": self.messages,
            "largest": self.largest,
            "closed": self.ws.close_code,
            "reason": self.ws.close_reason,
        }
        print(json.dumps(report), flush=True)

    async def act(self, path):
        match path:
            case "/echo":
                while True:
                    # In parts: the library takes only so many frames a whole message.
                    parts = [part async for part in self.ws.recv_streaming()]
                    message = parts[0][:0].join(parts)
                    self.messages += 1
                    self.largest = max(self.largest, len(message))
                    await self.ws.send(message)
            case "/telemetry":
                async for message in self.ws:
                    self.messages += 1
                    reading = json.loads(message)
                    print(json.dumps({"reading": reading["seq"]}), flush=True)
                    note = "a note that is worth compressing, " * 8
                    answer = {"ack": reading["seq"], "note": note}
                    await self.ws.send(json.dumps(answer, separators=(",", ":")))
            case "/ping":
                await (await self.ws.ping(b"are you there"))
                await self.ws.close(1000, "pong seen")
            case "/close":
                await self.ws.close(4001, "go away")
            case "/drop":
                self.ws.transport.abort()
            case "/violate":
                # A fragmented Ping (RFC 6455, section 5.5).
                self.ws.transport.write(bytes([0x09, 0]))
                async for _ in self.ws:
                    pass
            case "/fragments":
                await self.ws.send(self.fragments())
                await self.ws.close()

    async def fragments(self):
        yield "He"
        await self.ws.ping(b"between")
        yield "llo, wö"
        yield "rld"


def refuse(ws, request):
    return ws.respond(404, "nothing here\n") if request.path == "/missing" else None


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    options = {"process_request": refuse, "max_size": None}
    if len(sys.argv) > 2:
        options["ssl"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        options["ssl"].load_cert_chain(f"{sys.argv[2]}.pem", f"{sys.argv[2]}.key")
    async with serve(lambda ws: Connection(ws).run(), "127.0.0.1", port, **options) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
