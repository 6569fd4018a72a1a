"""Python `websockets`, echoing, once for each way to configure permessage-deflate.

    deflate_websockets.py CONFIGURATIONS

CONFIGURATIONS is a JSON list of objects with the four parameters. The first line is JSON, the
ports in that order.
"""

import asyncio
import json
import sys

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def handle(ws):
    async for message in ws:
        await ws.send(message)


async def main():
    ports = []
    for configuration in json.loads(sys.argv[1]):
        extension = ServerPerMessageDeflateFactory(**configuration)
        server = await serve(
            handle, "127.0.0.1", 0, compression=None, extensions=[extension], max_size=None
        )
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
