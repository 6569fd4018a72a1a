"""A case: what a hostile server does, and what the client must make of it."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "peers"))

import client
from client import ANY, binary, ping, pong, text  # noqa: F401


@dataclass(frozen=True)
class Expect:
    """What the client prints, how it exits, what it sends last."""

    opened: bool
    # The events between `connected` and the last one.
    events: tuple
    # The last event.
    end: dict
    exit: int
    # The code of its Close frame: None where it sends none, 1005 where it has no body.
    wire: object = None


EXITS = {"usage": 2, "url": 2, "handshake": 3, "redirect": 3, "proxy": 3, "tls": 4, "timeout": 6}
EXITS |= {"protocol": 5, "utf8": 5, "too_big": 5}


def refused(kind="handshake", status=None):
    """No connection is opened."""
    end = client.error(kind, status=status)
    return Expect(False, (), end, EXITS.get(kind, 1))


def failed(code, *events, kind=None):
    """The connection fails with a Close frame of this code (RFC 6455 §7.1.7)."""
    kind = kind or {1002: "protocol", 1007: "utf8", 1009: "too_big", 1001: "timeout"}[code]
    return Expect(True, events, client.error(kind, close_code=code), EXITS[kind], code)


def lost(*events, wire=None):
    """The transport ends without a Close frame (§7.1.5, 1006)."""
    return Expect(True, events, client.error("io"), 1, wire)


def closed(code, *events, reason="", wire=ANY, by="peer", clean=True):
    """The closing handshake is done. The client answers with the same code (§5.5.1)."""
    if wire is ANY:
        wire = 1005 if code is None else code
    status = 6 if not clean else 0 if code in (None, 1000, 1001) else 7
    return Expect(True, events, client.closed(code, reason, by, clean), status, wire)


DONE = closed(1000)


@dataclass(frozen=True)
class Case:
    name: str
    # The section, or why.
    reason: str
    serve: Callable[..., Awaitable]
    # What must come of it; a function of the value where that differs.
    expect: object
    # Values of `peer.value`: the case is run for each and passes if all runs do.
    each: tuple = (None,)
    # Options before the URL; {port} stands for the server's.
    options: tuple = ()
    stdin: bytes | None = None
    url: str = "ws://127.0.0.1:{port}/"
    # Within so many seconds, and never before so many.
    seconds: float = 4
    at_least: float = 0
    # The most that it may hold in memory, in MiB.
    memory: int = 24
    # Certificate of the server, where it speaks TLS.
    tls: str | None = None
    # Looks at the log of the run, for more than Expect can say.
    check: Callable | None = None
    # What only this client promises; others are not judged by it.
    own: bool = False
    # It needs a client that has permessage-deflate.
    deflate: bool = False
    # It needs more memory than a microcontroller has, or a standard input.
    large: bool = False
    groups: list = field(default_factory=list)

    def expected(self, value):
        return self.expect(value) if callable(self.expect) else self.expect
