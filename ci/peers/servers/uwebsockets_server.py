"""uWebSockets, by way of socketify, with compression. It answers without regard to what was asked
for. Prints its port as JSON.

    uwebsockets_server.py
"""

import json

from socketify import App, AppListenOptions, CompressOptions

application = App()
application.ws(
    "/*",
    {
        "compression": CompressOptions.SHARED_COMPRESSOR,
        "max_payload_length": 1 << 24,
        "message": lambda ws, message, opcode: ws.send(message, opcode, True),
    },
)
application.listen(
    AppListenOptions(port=0, host="127.0.0.1"),
    lambda options: print(json.dumps({"ws": options.port}), flush=True),
)
application.run()
