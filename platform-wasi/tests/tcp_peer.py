"""The host's side of the tests: one port echoes, one resets.

Prints both port numbers, then serves until it is terminated.
"""

import asyncio
import socket
import struct


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def reset(reader, writer):
    await reader.read(1)
    # A close with a linger time of zero sends a RST.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


async def main():
    servers = [await asyncio.start_server(handler, "127.0.0.1", 0) for handler in (echo, reset)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
