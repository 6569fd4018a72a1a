"""A relay that counts the bytes of a connection: whether something was compressed shows in them."""

import contextlib
import socket
import threading


class Relay:
    """Listens on 127.0.0.1 and passes everything to and from one port."""

    def __init__(self, behind):
        self.behind = behind
        # Of the last connection, from the client and to it.
        self.up = self.down = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.behind))
                self.up = self.down = 0
                for name, source, sink in (("up", client, server), ("down", server, client)):
                    threading.Thread(
                        target=self._pass, args=(name, source, sink), daemon=True
                    ).start()

    def _pass(self, name, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                setattr(self, name, getattr(self, name) + len(data))
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()
