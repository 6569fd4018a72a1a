"""A TCP proxy that does harm by rule, in threads, without a library.

A rule is words: `chunk=N` passes on N bytes at a time, `delay=S` waits S seconds before each piece,
`cut=N` ends both directions after N bytes, `reset=N` resets, `stall=N` passes on nothing more,
`half=N` ends this direction only, `flip=N` turns the lowest bit of byte N (counted from 0). All of
them are about what comes from the server; after `up:` about what the client sends. `refuse`
accepts nothing, `hangup` accepts and ends at once."""

import contextlib
import socket
import struct
import threading
import time


class Direction:
    def __init__(self, rules):
        self.chunk, self.delay = 1 << 16, 0
        self.stop, self.flip = {}, None
        for rule in rules:
            name, _, value = rule.partition("=")
            match name:
                case "chunk":
                    self.chunk = int(value)
                case "delay":
                    self.delay = float(value)
                case "flip":
                    self.flip = int(value)
                case "cut" | "reset" | "stall" | "half":
                    self.stop[int(value)] = name
                case _:
                    raise ValueError(f"no rule: {rule}")

    def pieces(self, data, passed):
        """(piece, what to do after it) of what has arrived, `passed` bytes into the stream."""
        data = bytearray(data)
        if self.flip is not None and 0 <= self.flip - passed < len(data):
            data[self.flip - passed] ^= 1
        at = 0
        while at < len(data):
            end = min(at + self.chunk, len(data))
            places = [place for place in self.stop if passed + at <= place <= passed + end]
            action = None
            if places:
                end = min(places) - passed
                action = self.stop[min(places)]
            yield bytes(data[at:end]), action
            if action:
                return
            at = end


class Proxy:
    """Listens on `port` until `close`; every connection goes to `target`."""

    def __init__(self, target, *rules):
        self.target = target
        self.down = Direction([r for r in rules if not r.startswith("up:") and "=" in r])
        self.up = Direction([r[3:] for r in rules if r.startswith("up:")])
        self.hangup = "hangup" in rules
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []
        if "refuse" in rules:
            self.listener.close()
        else:
            threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.hangup:
                client.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.create_connection(("127.0.0.1", self.target))
            self.open += [client, server]
            # Set once the connection was reset.
            over = threading.Event()
            for one, other, way in ((server, client, self.down), (client, server, self.up)):
                threading.Thread(target=pump, args=(one, other, way, over), daemon=True).start()

    def close(self):
        # Without shutdown, accept would go on.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.open:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def pump(source, target, way, over):
    passed = 0
    with contextlib.suppress(OSError):
        if 0 in way.stop:
            act(way.stop[0], source, target, over)
            return
        while data := source.recv(1 << 16):
            for piece, action in way.pieces(data, passed):
                if way.delay:
                    time.sleep(way.delay)
                target.sendall(piece)
                passed += len(piece)
                if action:
                    act(action, source, target, over)
                    return
        if not over.is_set():
            target.shutdown(socket.SHUT_WR)


def act(action, source, target, over):
    """What ends this direction."""
    match action:
        case "half":
            target.shutdown(socket.SHUT_WR)
        case "cut":
            for one in (source, target):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        case "reset":
            over.set()
            # What was sent shall arrive first.
            time.sleep(0.02)
            for one in (source, target):
                # The other thread holds the socket as long as it reads from it.
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RD)
            time.sleep(0.005)
            for one in (source, target):
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()
