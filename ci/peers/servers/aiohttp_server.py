"""aiohttp as a server for the peers stage: see websockets_server.py.

aiohttp_server.py CERTIFICATES [deflate]
"""

import asyncio
import json
import ssl
import sys
from urllib.parse import unquote

from aiohttp import WSMsgType, web


async def handle(request):
    ws = web.WebSocketResponse(
        protocols=("chat",), compress="deflate" in sys.argv, max_msg_size=0, autoping=False
    )
    set_cookies(ws, request.path)
    await ws.prepare(request)
    match request.path.strip("/").split("/"):
        case ["close", code, *reason]:
            await ws.close(code=int(code), message=unquote("".join(reason)).encode())
        case ["ping"]:
            await ws.ping(b"are you there")
            pong = await ws.receive(10)
            seen = pong.type == WSMsgType.PONG and bytes(pong.data) == b"are you there"
            await ws.close(message=b"pong seen" if seen else b"no pong")
        case ["drop"]:
            request.transport.abort()
        case ["request" | "cookies" | "elsewhere", *_]:
            headers = [[name.lower(), value] for name, value in request.headers.items()]
            await ws.send_str(json.dumps({"target": request.raw_path, "headers": headers}))
            await ws.close()
        case ["echo"]:
            async for message in ws:
                match message.type:
                    case WSMsgType.TEXT:
                        await ws.send_str(message.data)
                    case WSMsgType.BINARY:
                        await ws.send_bytes(message.data)
                    case WSMsgType.PING:
                        await ws.pong(message.data)
    print(json.dumps({"closed": ws.close_code, "reason": None}), flush=True)
    return ws


def set_cookies(response, path):
    match path:
        case "/cookies":
            response.set_cookie("lasting", "1", max_age=60)
            response.set_cookie("session", "2")
            response.set_cookie("deeper", "3", path="/elsewhere", httponly=True)
            response.set_cookie("foreign", "4", domain="example.test")
        case "/cookies/gone":
            response.del_cookie("lasting")


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{sys.argv[1]}/ec.pem", f"{sys.argv[1]}/ec.key")
    application = web.Application()
    application.router.add_get("/{rest:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    for tls in (None, context):
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    ports = dict(zip(("ws", "ec"), (port for _, port in runner.addresses), strict=True))
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
