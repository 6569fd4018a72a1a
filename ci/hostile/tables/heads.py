"""Heads that are no heads (RFC 9112 §2.2, §5), that never end, that come late, and the bodies of
refusals."""

import asyncio
import re

import wire
from case import Case, closed, refused, text
from peer import answers, answers_raw, mute

SOON = ("--handshake-timeout", "0.8")


def cases():
    yield from malformed()
    yield from endless()
    yield from slow()
    yield from bodies()


def edited(change):
    async def serve(peer):
        await peer.read_request()
        await peer.send(change(peer.head(add=["X: y"])), wire.text("hi"), wire.close())
        await peer.until_end()

    return serve


def malformed():
    lines = "RFC 9112 §2.2: a bare LF or CR splits heads for who reads them otherwise"
    names = "RFC 9112 §5.1: no whitespace before the colon"
    for name, reason, old, new, own in (
        ("LF for CR LF", lines, b"\r\n", b"\n", True),
        ("LF after one line", lines, b"X: y\r\n", b"X: y\n", True),
        ("CR after one line", lines, b"X: y\r\n", b"X: y\r", False),
        ("CR in a value", lines, b"X: y", b"X: y\rz", False),
        ("a folded line", "RFC 9112 §5.2: obs-fold", b"X: y", b"X: y\r\n z", False),
        ("Upgrade folded", "RFC 9112 §5.2", b" websocket", b"\r\n websocket", False),
        ("a blank before a colon", names, b"X: y", b"X : y", False),
        ("a tab before a colon", names, b"Upgrade:", b"Upgrade\t:", False),
        ("a line without a colon", "RFC 9112 §5", b"X: y", b"no colon here", False),
        ("an empty name", "RFC 9110 §5.1", b"X: y", b": y", False),
        ("a name beyond ASCII", "RFC 9110 §5.1: token", b"X: y", b"X\xe9: y", False),
        ("a control character in a name", "RFC 9110 §5.1", b"X: y", b"X\x01: y", False),
        ("NUL in a value", "RFC 9110 §5.5", b"X: y", b"X: y\0z", False),
        ("a control character in a value", "RFC 9110 §5.5", b"X: y", b"X: y\x08z", False),
        (
            "a blank before the first header",
            "RFC 9112 §2.2",
            b"\r\nUpgrade",
            b"\r\n Upgrade",
            False,
        ),
        ("parentheses in a name", "RFC 9110 §5.6.2", b"X: y", b"X(1): y", False),
    ):
        serve = edited(lambda head, old=old, new=new: head.replace(old, new))
        yield Case(f"head: {name}", reason, serve, refused(), own=own)


def pours(start, piece, size=1 << 24):
    """Never stops of itself: up to `size` bytes."""

    async def serve(peer):
        await peer.read_request()
        await peer.send(start)
        try:
            for _ in range(size // len(piece)):
                await peer.send(piece)
                peer.log.notes["sent"] = peer.log.notes.get("sent", 0) + len(piece)
        except OSError:
            return
        await peer.silence()

    return serve


def stopped_early(log):
    sent = log.notes.get("sent", 0)
    # The kernel's buffers hold some.
    return f"it took {sent} bytes" if sent > 1 << 23 else None


def endless():
    bound = "the peer is hostile: a head has a limit"
    start = b"HTTP/1.1 101 x\r\n"
    for name, before, piece in (
        ("status line", b"HTTP/1.1 101 ", b"x" * 4096),
        ("header name", start, b"x" * 4096),
        ("header value", start + b"X: ", b"y" * 4096),
        ("stream of headers", start, b"X: y\r\n" * 512),
        ("stream of 100 Continue", b"", b"HTTP/1.1 100 x\r\n\r\n" * 256),
        ("stream of empty lines", b"", b"\r\n" * 1024),
        ("stream of zeros", b"", bytes(4096)),
        ("blank in a value", start + b"X:", b" " * 4096),
    ):
        serve = pours(before, piece)
        yield Case(f"endless: {name}", bound, serve, refused(), check=stopped_early)
    limit = "at most 64 header lines, 16 KiB: what this client promises"
    lines = [f"X{n}: y" for n in range(61)]
    good = closed(1000, text("hi"))
    yield Case("head: 64 headers", limit, answers(add=lines), good, own=True)
    yield Case("head: 65 headers", limit, answers(add=[*lines, "Z: y"]), refused(), own=True)
    yield Case("head: 1000 headers", bound, answers(add=lines * 16), refused(), own=True)
    yield Case("head: 20 KiB", limit, answers(add=["X: " + "y" * 20480]), refused(), own=True)


def slow():
    late = "a deadline that drips cannot put off"
    options = {"options": SOON, "at_least": 0.7, "seconds": 3}
    yield Case("slow: no answer", late, mute, refused("timeout"), **options)

    async def drips(peer):
        await peer.read_request()
        await peer.drip(b"HTTP/1.1 101 x\r\nX: " + b"y" * 1000, 0.1)

    yield Case("slow: a byte each 100 ms", late, drips, refused("timeout"), **options)

    async def interim(peer):
        await peer.read_request()
        await peer.drip(b"HTTP/1.1 100 x\r\n\r\n" * 100, 0.1, 18)

    yield Case(
        "slow: an interim response each 100 ms", late, interim, refused("timeout"), **options
    )

    async def all_but_one(peer):
        await peer.read_request()
        await peer.send(peer.head()[:-1])
        await peer.silence()

    yield Case("slow: the last byte is missing", late, all_but_one, refused("timeout"), **options)

    async def in_time(peer):
        await peer.read_request()
        await peer.drip(peer.head() + wire.text("hi") + wire.close(), 0.05, 16)
        await peer.until_end()

    good = closed(1000, text("hi"))
    yield Case(
        "slow: but in time",
        "no deadline on single reads",
        in_time,
        good,
        options=("--handshake-timeout", "3"),
    )

    async def cut(peer):
        await peer.read_request()
        await peer.send(peer.head()[: peer.value])
        await peer.hang_up()

    each = (0, 1, 9, 20, 60, 120, 126)
    yield Case("head: ends early", "RFC 9112 §8: incomplete", cut, refused("io"), each)

    async def reset(peer):
        await peer.read_request()
        await peer.send(peer.head()[: peer.value])
        await asyncio.sleep(0.02)
        peer.reset()

    yield Case("head: reset early", "RFC 9112 §8: incomplete", reset, refused("io"), each)

    async def at_once(peer):
        peer.reset()

    # The connection may be reset before the client saw it open.
    either = refused(re.compile("^(io|connect)$"))
    yield Case("head: reset at once", "nothing was read", at_once, either)

    async def deaf(peer):
        await peer.read_request()
        await peer.hang_up()

    yield Case("head: the end instead", "RFC 9112 §8", deaf, refused("io"))


def refusal(status, headers, body=b"", more=None):
    start = f"HTTP/1.1 {status} No\r\n{headers}\r\n".encode() + body
    return pours(start, more) if more else answers_raw(start)


def bodies():
    rule = "RFC 9112 §6.3; the body of a refusal is worth no wait and no memory"
    no = refused(status=403)
    for name, headers, body, expect in (
        ("with Content-Length", "Content-Length: 2\r\n", b"no", no),
        ("longer than it says", "Content-Length: 2\r\n", b"no and no", no),
        ("chunked", "Transfer-Encoding: chunked\r\n", b"2\r\nno\r\n0\r\n\r\n", no),
        ("chunked badly", "Transfer-Encoding: chunked\r\n", b"zz\r\nno\r\n0\r\n\r\n", no),
        ("a chunk of 2^64", "Transfer-Encoding: chunked\r\n", b"f" * 17 + b"\r\nno", no),
        ("shorter than it says", "Content-Length: 99\r\n", b"no", no),
        ("until the end", "", b"no", no),
        ("Content-Length of 2^64", "Content-Length: 18446744073709551616\r\n", b"no", refused()),
        ("Content-Length of -1", "Content-Length: -1\r\n", b"no", refused()),
        ("two Content-Lengths", "Content-Length: 1\r\nContent-Length: 2\r\n", b"no", refused()),
    ):
        yield Case(f"body: {name}", rule, refusal(403, headers, body), expect)
    for name, headers, piece in (
        ("endless", "", b"no" * 2048),
        ("endless, chunked", "Transfer-Encoding: chunked\r\n", b"2\r\nno\r\n" * 512),
        ("endless, an endless chunk size", "Transfer-Encoding: chunked\r\n", b"0" * 4096),
        ("2^63 bytes", "Content-Length: 9223372036854775807\r\n", b"no" * 2048),
    ):
        yield Case(
            f"body: {name}", rule, refusal(403, headers, b"", piece), no, check=stopped_early
        )

    async def stalls(peer):
        await peer.read_request()
        await peer.send(b"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nno")
        await peer.silence()

    yield Case("body: stalls", rule, stalls, no, options=SOON, seconds=3)
