"""A WebSocket echo server of other people's making, on a free port of 127.0.0.1.

Prints its port, then one line for each connection that ended: code and reason of the client's
Close frame.
"""

import asyncio

from websockets.asyncio.server import serve


async def echo(ws):
    async for message in ws:
        await ws.send(message)
    print(ws.close_code, ws.close_reason, flush=True)


async def main():
    async with serve(echo, "127.0.0.1", 0, compression=None, max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


asyncio.run(main())
