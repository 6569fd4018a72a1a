"""A component in Python that is given `hybi:websocket/client` by composition.

componentize-py -d ../../../platform-wasi/wit -w command componentize app -o python.wasm
wac plug python.wasm --plug hybi_websocket.wasm -o both.wasm
wasmtime run -S inherit-network,allow-ip-name-lookup both.wasm ws://localhost:7000/
"""

import sys

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import client, poll

SECOND = 1_000_000_000


class Run(exports.Run):
    def run(self) -> None:
        options = client.Options()
        options.set_connect_timeout(5 * SECOND)
        try:
            connection = client.connect(sys.argv[1], options)
            print("connected")
            connection.send_text("hello from Python")
            print("text:", self.next(connection).value)
            connection.send_binary(bytes(100_000))
            print("binary:", len(self.next(connection).value), "bytes")
            connection.ping(b"are you there")
            print("pong:", bytes(self.next(connection).value).decode())
            closed = connection.close(1000, "done")
            print("closed:", closed.code, "clean:", closed.clean)
        except Err as error:
            print(error.value.kind, error.value.message, file=sys.stderr)
            raise Err(None) from None

    def next(self, connection):
        """The next event, in a wait of the component's own."""
        while (event := connection.try_receive()) is None:
            with connection.subscribe() as arrived:
                poll.poll([arrived])
        return event
