"""What is checked against each server. A case is a function of a Peer that raises a Mismatch."""

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import client
from client import EMPTY, Mismatch, binary, closed, connected, error, ping, pong, text

MEBIBYTE = 1 << 20


@dataclass
class Peer:
    """A server, and how hybi is to reach it."""

    name: str
    base: str  # as ws://127.0.0.1:1234
    hybi: Path
    options: tuple = ()  # for hybi, before the URL
    echo: str = "/echo"
    subprotocol: str | None = None  # the one that `options` ask for
    extensions: object = None  # what `connected` must show
    program: object = None  # a server that knows the words of websockets_server.py
    report: dict | None = None  # its view of the last connection

    def run(self, path, *arguments, stdin=None):
        """hybi, and what the server reports: once for each connection, when it has ended."""
        try:
            return client.run(self.hybi, *self.options, *arguments, self.base + path, stdin=stdin)
        finally:
            self.report = self.program.next_report() if self.program else None

    def connected(self, path, subprotocol=None):
        return connected(self.base + path, subprotocol or self.subprotocol, self.extensions)

    def saw_close(self, code):
        """The server's own view: the code of hybi's Close frame."""
        if self.report and self.report["closed"] != code:
            raise Mismatch(f"the server saw {self.report}, not a Close with {code}")


def line_from_stdin(peer):
    outcome = peer.run(peer.echo, "--count", 1, stdin=b"hello\n")
    if peer.extensions is None:
        outcome.expect_exactly(0, peer.connected(peer.echo), text("hello"), closed(1000))
    else:
        outcome.expect(0, peer.connected(peer.echo), text("hello"), closed(1000))
    peer.saw_close(1000)


def stdin_that_ends(peer):
    """No --count: hybi closes when stdin ends; the echo may come before the peer's Close or not."""
    outcome = peer.run(peer.echo, stdin=b"hello\n")
    echoed = [text("hello")] if len(outcome.events) == 3 else []
    outcome.expect(0, peer.connected(peer.echo), *echoed, closed(1000))
    peer.saw_close(1000)


def unicode_text(peer):
    words = 'Ελληνικά, 日本語, 🦀, "quoted" \\ \t'
    outcome = peer.run(peer.echo, "-t", words, "--count", 1)
    outcome.expect(0, peer.connected(peer.echo), text(words), closed(1000))


def binary_bytes(peer):
    outcome = peer.run(peer.echo, "-b", "00ff10deadbeef", "--count", 1)
    echoed = binary(bytes.fromhex("00ff10deadbeef"))
    outcome.expect(0, peer.connected(peer.echo), echoed, closed(1000))


def one_mebibyte_binary(peer):
    payload = os.urandom(MEBIBYTE)
    with tempfile.NamedTemporaryFile() as file:
        file.write(payload)
        file.flush()
        outcome = peer.run(peer.echo, "-b", f"@{file.name}", "--count", 1)
    outcome.expect(0, peer.connected(peer.echo), binary(payload), closed(1000))


def one_mebibyte_text(peer):
    words = "zażółć gęś" * (MEBIBYTE // 16)  # 16 bytes each
    outcome = peer.run(peer.echo, "--count", 1, stdin=words.encode() + b"\n")
    outcome.expect(0, peer.connected(peer.echo), text(words), closed(1000))


def several_in_order(peer):
    outcome = peer.run(peer.echo, "-t", "one", "-b", "02", "-t", "", "-t", "four", "--count", 4)
    echoed = [text("one"), binary(b"\x02"), text(""), text("four")]
    outcome.expect(0, peer.connected(peer.echo), *echoed, closed(1000))


def pong_for_our_ping(peer):
    outcome = peer.run(peer.echo, "--ping", "hey", "-t", "x", "--count", 1)
    middle = [pong(b"hey"), text("x")]
    if outcome.events[1:2] == middle[1:]:
        middle.reverse()
    outcome.expect(0, peer.connected(peer.echo), *middle, closed(1000))


def subprotocol(peer):
    outcome = peer.run("/echo", "-s", "superchat", "-s", "chat", stdin=EMPTY)
    outcome.expect(0, peer.connected("/echo", "chat"), closed(1000))


def subprotocol_declined(peer):
    outcome = peer.run("/echo", "-s", "superchat", stdin=EMPTY)
    outcome.expect(0, peer.connected("/echo"), closed(1000))


def closed_by_us(peer):
    outcome = peer.run(peer.echo, stdin=EMPTY)
    outcome.expect(0, peer.connected(peer.echo), closed(1000))
    peer.saw_close(1000)


def closed_by_the_peer(peer):
    """Each code comes out as it is, with its reason, is echoed, and chooses the exit status."""
    for code, reason, status in (
        (1000, "bye", 0),
        (1001, "going away", 0),
        (1003, "", 7),
        (1008, "policy", 7),
        (1011, "до свидания", 7),
        (3000, "registered", 7),
        (4999, "x" * 123, 7),
    ):
        path = f"/close/{code}/{quote(reason)}"
        outcome = peer.run(path)
        outcome.expect(status, peer.connected(path), closed(code, reason, "peer"))
        peer.saw_close(code)


def closed_without_a_code(peer):
    outcome = peer.run("/close/0")
    outcome.expect(0, peer.connected("/close/0"), closed(None, "", "peer"))
    peer.saw_close(1005)


def pong_for_their_ping(peer):
    outcome = peer.run("/ping")
    answered = closed(1000, "pong seen", "peer")
    outcome.expect(0, peer.connected("/ping"), ping(b"are you there"), answered)


def fragments(peer):
    outcome = peer.run("/fragments")
    events = [ping(b"between"), text("Hello, wörld"), closed(1000, "", "peer")]
    outcome.expect(0, peer.connected("/fragments"), *events)


def tcp_that_ends(peer):
    outcome = peer.run("/drop")
    outcome.expect(1, peer.connected("/drop"), error("io"))


def request(peer):
    """Exactly the headers asked for reach the server, besides those of the opening handshake."""
    options = ["-H", "X-Test: one two", "-o", "https://example.test", "--cookie", "a=b; c=d"]
    outcome = peer.run("/request", *options, "--host", "other.test:81")
    headers = dict(read_request(outcome, "/request"))
    for name, value in {
        "host": "other.test:81",
        "x-test": "one two",
        "origin": "https://example.test",
        "cookie": "a=b; c=d",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
    }.items():
        if headers.get(name) != value:
            raise Mismatch(f"{name} is {headers.get(name)!r}, not {value!r}\n{outcome}")
    plain = read_request(peer.run("/request?q=%C3%A9"), "/request?q=%C3%A9")
    host = peer.base.split("/")[2]
    if [value for name, value in plain if name == "host"] != [host]:
        raise Mismatch(f"not one Host header, {host}: {plain}")
    if unasked := {"origin", "cookie", "x-test"} & {name for name, _ in plain}:
        raise Mismatch(f"sent without being asked: {unasked}")


def read_request(outcome, target):
    kinds = [event["event"] for event in outcome.events]
    if outcome.status or kinds != ["connected", "text", "closed"]:
        raise Mismatch(f"expected connected, text, closed\n{outcome}")
    seen = json.loads(outcome.events[1]["data"])
    if seen["target"] != target:
        raise Mismatch(f"the server saw {seen['target']}, not {target}")
    return seen["headers"]


# What every server can do that echoes text; what most can; what our own words ask of a server.
TEXT = [line_from_stdin, stdin_that_ends, unicode_text, pong_for_our_ping, closed_by_us]
DATA = [binary_bytes, several_in_order, one_mebibyte_binary, one_mebibyte_text]
WORDS = [
    subprotocol,
    subprotocol_declined,
    closed_by_the_peer,
    pong_for_their_ping,
    tcp_that_ends,
    request,
]


# TLS, against the ports of websockets_server.py.


def certificate_refused(name, words):
    """hybi must refuse, and say which check failed."""

    def case(peer):
        outcome = peer.run("/echo", "-t", "secret", "--count", 1)
        outcome.expect(4, error("tls", re.compile(words, re.IGNORECASE)))

    case.__name__ = name
    return case


unknown_issuer = certificate_refused("unknown_issuer", "unknown ?issuer|not trusted|untrusted")
wrong_host = certificate_refused("wrong_host", "not valid for( the)? name|host")
expired = certificate_refused("expired", "expired")
not_yet_valid = certificate_refused("not_yet_valid", "not valid yet|not yet valid")


def accepted(peer):
    outcome = peer.run("/echo", "-t", "x", "--count", 1)
    outcome.expect(0, peer.connected("/echo"), text("x"), closed(1000))


def insecure(peer):
    accepted(peer)
    outcome = peer.run("/echo", "-t", "x", "--count", 1)
    if not re.search("insecure|not verified|unverified", outcome.errors, re.IGNORECASE):
        raise Mismatch(f"no warning on stderr that nothing is verified\n{outcome}")


def no_certificate_shown(peer):
    """With TLS 1.3 the server's alert comes after our side of the handshake is done."""
    outcome = peer.run("/echo", "-t", "x", "--count", 1)
    outcome.expect(4, error("tls", re.compile("certificate", re.IGNORECASE)))


# Answers that are no WebSocket, from nginx.


def refused(status, kind="handshake"):
    def case(peer):
        outcome = peer.run(f"/{status}", "-t", "x")
        outcome.expect(3, error(kind, status=status))

    case.__name__ = f"refused_{status}"
    return case
