"""Proxies that lie, stall and pour: HTTP CONNECT (RFC 9110 §9.3.6), SOCKS4, SOCKS5 (RFC 1928)."""

import wire
from case import Case, closed, refused, text

from tables.heads import pours

HTTP = ("-p", "http://127.0.0.1:{port}")
SOCKS5 = ("-p", "socks5h://127.0.0.1:{port}")
SOCKS4 = ("-p", "socks4a://127.0.0.1:{port}")
AWAY = "ws://target.example:80/"
HI = closed(1000, text("hi"))
NO = refused("proxy")
SOON = ("--connect-timeout", "0.8")


def cases():
    yield from connect()
    yield from socks5()
    yield from socks4()


async def websocket(peer):
    """What stands behind the proxy."""
    await peer.read_request()
    await peer.send(peer.head(), wire.text("hi"), wire.close())
    await peer.until_end()


def http(answer, then=None):
    async def serve(peer):
        await peer.read_request()
        await peer.send(answer)
        if then:
            await then(peer)
        else:
            await peer.hang_up()

    return serve


def connect():
    rule = "RFC 9110 §9.3.6: any 2xx opens the tunnel, and nothing else"
    options = {"options": HTTP, "url": AWAY}
    ok = b"HTTP/1.1 200 OK\r\n"
    for name, answer in (
        ("200", ok + b"\r\n"),
        ("HTTP/1.0 200", b"HTTP/1.0 200 Connection established\r\n\r\n"),
        ("Content-Length, to be ignored", ok + b"Content-Length: 5\r\n\r\n"),
        ("Transfer-Encoding, to be ignored", ok + b"Transfer-Encoding: chunked\r\n\r\n"),
        ("100 before 200", b"HTTP/1.1 100 Continue\r\n\r\n" + ok + b"\r\n"),
    ):
        yield Case(f"proxy: {name}", rule, http(answer, websocket), HI, **options)

    async def bytewise(peer):
        await peer.read_request()
        await peer.drip(ok + b"Via: x\r\n\r\n")
        await websocket(peer)

    yield Case("proxy: its answer byte by byte", "TCP has no records", bytewise, HI, **options)
    for status in (400, 403, 404, 407, 429, 500, 502, 503, 504, 302, 101):
        answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
        yield Case(f"proxy: {status}", rule, http(answer), refused("proxy", status), **options)
    for name, answer in (
        ("garbage", b"\x00\x01\x02garbage\r\n\r\n"),
        ("SSH", b"SSH-2.0-OpenSSH\r\n"),
        ("nothing", b""),
        ("half an answer", b"HTTP/1.1 200 O"),
        ("bare LF", b"HTTP/1.1 200 OK\n\n"),
        ("a folded line", ok + b"A: b\r\n c\r\n\r\n"),
        ("HTTP/2", b"HTTP/2 200\r\n\r\n"),
    ):
        yield Case(f"proxy: {name}", "RFC 9112 §4", http(answer), NO, **options)
    for name, start, piece in (
        ("endless head", b"HTTP/1.1 200 OK\r\nX: ", b"y" * 4096),
        ("endless 100s", b"", b"HTTP/1.1 100 x\r\n\r\n" * 256),
    ):
        yield Case(f"proxy: {name}", "a limit", pours(start, piece), NO, **options)

    async def silent(peer):
        await peer.read_request()
        await peer.silence()

    late = {"options": (*HTTP, *SOON), "url": AWAY, "at_least": 0.7, "seconds": 3}
    yield Case("proxy: no answer", "the connect deadline", silent, refused("timeout"), **late)

    async def drips(peer):
        await peer.read_request()
        await peer.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500, 0.1)

    yield Case(
        "proxy: an answer that drips", "the connect deadline", drips, refused("timeout"), **late
    )

    async def resets(peer):
        await peer.read_request()
        peer.reset()

    yield Case("proxy: resets", "no hang", resets, NO, **options)
    challenge = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
    login = ("-p", "http://user:secret@127.0.0.1:{port}")

    def few(log):
        return f"{log.connections} attempts" if log.connections > 3 else None

    again = refused("proxy", 407)
    yield Case(
        "proxy: 407 again and again",
        "no loop",
        http(challenge),
        again,
        options=login,
        url=AWAY,
        check=few,
    )

    def apart(log):
        inner = log.requests[-1]
        return "the proxy's password went on" if inner.header("Proxy-Authorization") else None

    good = http(ok + b"\r\n", websocket)
    yield Case(
        "proxy: its password stays there",
        "RFC 9110 §11.7.2",
        good,
        HI,
        options=login,
        url=AWAY,
        check=apart,
    )

    async def then_ends(peer):
        await peer.read_request()
        await peer.send(ok + b"\r\n")
        await peer.hang_up()

    yield Case("proxy: 200 and the end", "RFC 6455 §4.1", then_ends, refused("io"), **options)

    async def early(peer):
        """What a server behind the tunnel cannot know yet."""
        await peer.read_request()
        await peer.send(ok + b"\r\n", wire.head("x" * 24), wire.text("never"))
        await peer.hang_up()

    forged = refused(status=101)
    yield Case("proxy: a 101 of its own with the 200", "RFC 6455 §4.1, 4", early, forged, **options)


def socks(*steps, then=None):
    """Reads so many bytes, then says that."""

    async def serve(peer):
        for size, answer in steps:
            await peer.reader.readexactly(size)
            await peer.send(answer)
        if then:
            await then(peer)
        else:
            await peer.hang_up()

    return serve


# Version, number of methods, "no authentication".
GREETING = 3
# Version, CONNECT, reserved, a name and its length, "target.example", port.
ASK = 4 + 1 + 14 + 2
BOUND = b"\0\x01\x7f\0\0\x01\0\x50"


def socks5():
    rule = "RFC 1928"
    options = {"options": SOCKS5, "url": AWAY}
    chosen = (GREETING, b"\5\0")
    for name, bound in (
        ("an IPv4 address", BOUND),
        ("an IPv6 address", b"\0\x04" + bytes(18)),
        ("a name", b"\0\x03\x04host\0\x50"),
        ("a name of 255 bytes", b"\0\x03\xff" + b"x" * 255 + b"\0\x50"),
        ("an empty name", b"\0\x03\0\0\x50"),
    ):
        serve = socks(chosen, (ASK, b"\5\0" + bound), then=websocket)
        yield Case(f"socks5: bound to {name}", "RFC 1928 §6", serve, HI, **options)
    for reply in (*range(1, 10), 0xFF):
        serve = socks(chosen, (ASK, bytes([5, reply]) + BOUND))
        yield Case(f"socks5: reply {reply}", "RFC 1928 §6", serve, NO, **options)
    for name, answer in (
        ("version 4", b"\4\0"),
        ("no method", b"\5\xff"),
        ("a method not offered", b"\5\2"),
        ("GSSAPI, not offered", b"\5\1"),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("half an answer", b"\5"),
        ("nothing", b""),
    ):
        yield Case(f"socks5: {name}", "RFC 1928 §3", socks((GREETING, answer)), NO, **options)
    for name, answer in (
        ("version 4 in the reply", b"\4\0" + BOUND),
        ("address type 2", b"\5\0\0\2" + bytes(6)),
        ("a reply cut short", b"\5\0\0\1\x7f"),
        ("a name cut short", b"\5\0\0\3\xffxx"),
    ):
        yield Case(f"socks5: {name}", "RFC 1928 §6", socks(chosen, (ASK, answer)), NO, **options)

    async def bytewise(peer):
        await peer.reader.readexactly(GREETING)
        await peer.drip(b"\5\0")
        await peer.reader.readexactly(ASK)
        await peer.drip(b"\5\0" + BOUND)
        await websocket(peer)

    yield Case("socks5: byte by byte", "TCP has no records", bytewise, HI, **options)
    login = ("-p", "socks5h://user:secret@127.0.0.1:{port}")

    async def password(peer):
        await peer.reader.readexactly(4)
        await peer.send(b"\5\2")
        await peer.reader.readexactly(1 + 1 + 4 + 1 + 6)
        await peer.send(b"\1\1")
        await peer.hang_up()

    yield Case(
        "socks5: the password is wrong", "RFC 1929 §2", password, NO, options=login, url=AWAY
    )

    async def silent(peer):
        await peer.silence()

    late = {"options": (*SOCKS5, *SOON), "url": AWAY, "at_least": 0.7, "seconds": 3}
    yield Case("socks5: no answer", rule, silent, refused("timeout"), **late)


def socks4():
    options = {"options": SOCKS4, "url": AWAY}
    # Version, CONNECT, port, 0.0.0.1, no user, the name.
    ask = 8 + 1 + 15
    good = socks((ask, b"\0\x5a" + bytes(6)), then=websocket)
    yield Case("socks4: granted", "SOCKS 4A", good, HI, **options)
    for reply in (0x5B, 0x5C, 0x5D, 0, 0xFF):
        serve = socks((ask, bytes([0, reply]) + bytes(6)))
        yield Case(f"socks4: reply {reply}", "SOCKS 4", serve, NO, **options)
    for name, answer in (
        ("version 4 in the reply", b"\4\x5a" + bytes(6)),
        ("cut short", b"\0\x5a"),
        ("nothing", b""),
    ):
        yield Case(f"socks4: {name}", "SOCKS 4", socks((ask, answer)), NO, **options)
