"""The server's side of one connection, without a WebSocket library, and the log of a run."""

import asyncio
import socket
import struct
from dataclasses import dataclass, field

import wire

# Longer than any client may take.
PATIENCE = 20


class Violation(Exception):
    """The client broke a rule itself."""


@dataclass
class Request:
    line: str
    headers: list

    def header(self, name):
        values = [value for other, value in self.headers if other.lower() == name.lower()]
        return values[0] if values else None


@dataclass
class Log:
    """What the server saw in one run of a case."""

    value: object
    port: int = 0
    connections: int = 0
    requests: list = field(default_factory=list)
    frames: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    # What else a script has to say.
    notes: dict = field(default_factory=dict)

    @property
    def close_code(self):
        """The code of the client's first Close frame."""
        for opcode, payload in self.frames:
            if opcode == wire.CLOSE:
                return int.from_bytes(payload[:2], "big") if payload else 1005
        return None

    def pongs(self):
        return [payload for opcode, payload in self.frames if opcode == wire.PONG]

    def data(self):
        return [(o, payload) for o, payload in self.frames if o in (wire.TEXT, wire.BINARY)]


class Peer:
    """What a script works with."""

    def __init__(self, reader, writer, log):
        self.reader, self.writer, self.log = reader, writer, log
        self.value = log.value
        self.number = log.connections
        self.request = None
        self.keys = set()

    # Speaking.

    async def send(self, *pieces):
        self.writer.write(b"".join(pieces))
        await self.writer.drain()

    async def drip(self, data, pause=0.002, size=1):
        """A packet for each piece."""
        for at in range(0, len(data), size):
            await self.send(data[at : at + size])
            await asyncio.sleep(pause)

    async def split(self, data, at, pause=0.02):
        """In two packets."""
        await self.send(data[:at])
        await asyncio.sleep(pause)
        await self.send(data[at:])

    async def read_request(self):
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = text[:-4].split("\r\n")
        # Split at CR too, as a lenient server would.
        lines = [part.partition(":") for line in lines for part in line.splitlines()]
        headers = [(name.strip(), value.strip()) for name, _, value in lines]
        self.request = Request(line, headers)
        self.log.requests.append(self.request)
        return self.request

    @property
    def key(self):
        return self.request.header("Sec-WebSocket-Key") or ""

    def head(self, **options):
        return wire.head(self.key, **options)

    async def accept(self, *after, **options):
        """A good opening handshake, with the bytes that follow it in the same packet."""
        await self.read_request()
        await self.send(self.head(**options), *after)

    # Listening.

    async def frame(self):
        """The client's next frame, checked by RFC 6455 §5: masked, minimal, no reserved bit."""
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
            self.check(length > 125, "a length is not minimal")
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8), "big")
            self.check(length > 0xFFFF, "a length is not minimal")
        self.check(second & 0x80, "a frame is not masked")
        self.check(not first & 0x30, "a reserved bit is set")
        opcode = first & 0x0F
        self.check(opcode in (0, 1, 2, 8, 9, 10), f"opcode {opcode}")
        self.check(opcode < 8 or first & 0x80 and length < 126, "a control frame is too much")
        key = await self.reader.readexactly(4)
        self.check(key not in self.keys, "a masking key came twice")
        if len(self.keys) < 1000:
            self.keys.add(key)
        payload = await self.reader.readexactly(length)
        payload = unmask(payload, key)
        closed = self.log.close_code is not None
        self.check(not closed, f"a frame with opcode {opcode} came after Close")
        self.log.frames.append((opcode, payload))
        return opcode, payload

    def check(self, good, words):
        if not good:
            self.log.violations.append(words)
            raise Violation(words)

    async def until(self, opcode):
        """Reads to a frame of this kind and returns its payload."""
        while True:
            found, payload = await self.frame()
            if found == opcode:
                return payload

    async def until_end(self):
        """Reads what the client sends until its Close frame, or its end."""
        await self.until(wire.CLOSE)

    async def silence(self):
        """Says nothing more and lets the client do what it will."""
        while await self.reader.read(1 << 16):
            pass

    # Ending.

    @property
    def socket(self):
        return self.writer.get_extra_info("socket")

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def hang_up(self):
        """TCP ends after what was sent; TLS, where there is some, with close_notify."""
        await self.writer.drain()
        self.writer.close()


def unmask(payload, key):
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


# The scripts that most cases need.


def sends(*pieces, **options):
    """A good handshake, then these bytes; then the client has the last word."""

    async def serve(peer):
        await peer.accept(**options)
        await peer.send(*pieces)
        await peer.until_end()

    return serve


def sends_value(before=b"", after=b"", **options):
    """The same with the bytes that the case has as its value."""

    async def serve(peer):
        await sends(before, peer.value, after, **options)(peer)

    return serve


def answers(**options):
    """This head, then a message and Close, for clients that take it."""

    async def serve(peer):
        await peer.read_request()
        await peer.send(peer.head(**options))
        if " 101" in options.get("status", " 101"):
            await peer.send(wire.text("hi"), wire.close())
            await peer.until_end()

    return serve


def answers_raw(data):
    """These bytes instead of a head."""

    async def serve(peer):
        await peer.read_request()
        await peer.send(data)
        await peer.hang_up()

    return serve


async def mute(peer):
    """Accepts the connection and no more."""
    await peer.silence()


async def nobody(peer):
    """Where no connection must come to."""
    await peer.read_request()
    await peer.hang_up()
