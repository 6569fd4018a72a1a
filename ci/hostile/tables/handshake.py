"""The server's opening handshake (RFC 6455 §4.1, §4.2.2): what to take and what to refuse."""

import asyncio

import wire
from case import DONE, Case, closed, failed, refused, text
from peer import answers, answers_raw, sends

HI = closed(1000, text("hi"))


def cases():
    yield from taken()
    yield from refused_headers()
    yield from refused_status()
    yield from chosen()
    yield from early()


def take(name, reason, options=(), **changes):
    return Case(f"take: {name}", reason, answers(**changes), HI, options=tuple(options))


def refuse(name, reason, status=101, line=wire.STATUS, options=(), **changes):
    """A head that is wrong in one way, of which the client says `status`."""
    serve = answers(status=line, **changes)
    return Case(f"refuse: {name}", reason, serve, refused(status=status), options=tuple(options))


def taken():
    yield take("a plain 101", "RFC 6455 §4.2.2")
    insensitive = "RFC 6455 §4.1: an ASCII case-insensitive match"
    yield take("Upgrade: WebSocket", insensitive, upgrade="WebSocket")
    yield take("Upgrade: WEBSOCKET", insensitive, upgrade="WEBSOCKET")
    yield take("Connection: upgrade", insensitive, connection="upgrade")
    yield take(
        "Connection: keep-alive, Upgrade", "RFC 9110 §7.6.1", connection="keep-alive, Upgrade"
    )
    yield take("Connection: Upgrade,keep-alive", "RFC 9110 §7.6.1", connection="Upgrade,keep-alive")
    yield take("two Connection headers", "RFC 9110 §5.3", add=["Connection: keep-alive"])
    yield take(
        "blanks around Accept", "RFC 6455 §4.1", add=accept_with(" \t", " \t "), drop=["accept"]
    )
    yield take("no blank after a colon", "RFC 9112 §5.1", add=accept_with("", ""), drop=["accept"])
    yield take("no reason phrase", "RFC 9112 §4", status="HTTP/1.1 101 ")
    yield take("a reason phrase beyond ASCII", "RFC 9112 §4", status="HTTP/1.1 101 \xc3\xa9t\xe9")
    yield take("a header value beyond ASCII", "RFC 9110 §5.5: obs-text", add=["Server: \xe9t\xe9"])
    yield take("a header of 4 KiB", "a policy or a cookie is often long", add=["X: " + "y" * 4096])
    yield take("an empty header value", "RFC 9110 §5.5", add=["X-Empty:"])
    many = [f"X-Header-{n}: {n}" for n in range(50)]
    yield take("50 headers", "proxies add theirs", add=many)
    yield take("six cookies", "RFC 6265 §3", add=[f"Set-Cookie: c{n}=v" for n in range(6)])
    for status in (100, 102, 103):
        yield Case(
            f"take: {status} before 101",
            "RFC 9110 §15.2: a client must skip interim responses",
            interim(f"HTTP/1.1 {status} x\r\nLink: y\r\n\r\n"),
            HI,
        )
    yield Case("take: three interim", "RFC 9110 §15.2", interim("HTTP/1.1 103 x\r\n\r\n" * 3), HI)
    for style in (str.lower, str.upper):
        name = style("Header Names")
        yield Case(f"take: {name}", "RFC 9110 §5.1: case-insensitive", styled(style), HI)


def accept_with(before, after):
    """A line of its own; the head fills the value in."""
    return [f"Sec-WebSocket-Accept:{before}@ACCEPT@{after}"]


def interim(before):
    async def serve(peer):
        await peer.read_request()
        await peer.send(before.encode(), peer.head(), wire.text("hi"), wire.close())
        await peer.until_end()

    return serve


def styled(style):
    async def serve(peer):
        await peer.read_request()
        status, *lines = peer.head().decode().split("\r\n")
        parts = [line.partition(":") for line in lines]
        head = [status, *(style(name) + colon + value for name, colon, value in parts)]
        await peer.send("\r\n".join(head).encode(), wire.text("hi"), wire.close())
        await peer.until_end()

    return serve


def with_accept(change):
    """A handshake whose Accept is made from the key by `change`."""

    async def serve(peer):
        await peer.read_request()
        head = peer.head(accept=change(peer.key))
        await peer.send(head, wire.text("hi"), wire.close())
        await peer.until_end()

    return serve


def refused_headers():
    four = "RFC 6455 §4.1, 4: Sec-WebSocket-Accept"
    yield refuse("no Accept", four, drop=["accept"])
    yield refuse("two Accepts, one wrong", four, add=["Sec-WebSocket-Accept: AAAA"])
    yield refuse(
        "Accept twice", "§11.3.3: MUST NOT appear more than once", add=accept_with(" ", "")
    )
    for name, change in (
        ("an empty Accept", lambda key: ""),
        ("the Accept of §1.3's sample", lambda key: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("the key for Accept", lambda key: key),
        ("Accept in the other case", lambda key: wire.accept_for(key).swapcase()),
        ("Accept cut short", lambda key: wire.accept_for(key)[:-1]),
        ("Accept without padding", lambda key: wire.accept_for(key).rstrip("=")),
        ("Accept and more", lambda key: wire.accept_for(key) + "A"),
        ("Accept twice in a line", lambda key: ", ".join([wire.accept_for(key)] * 2)),
        ("Accept for the key in lower case", lambda key: wire.accept_for(key.lower())),
        ("Accept in quotes", lambda key: f'"{wire.accept_for(key)}"'),
    ):
        yield Case(f"refuse: {name}", four, with_accept(change), refused(status=101))
    two = "RFC 6455 §4.1, 2: Upgrade"
    yield refuse("no Upgrade", two, drop=["upgrade"])
    for value in ("h2c", "websocket2", "web socket", "", "websocket/13", "h2c, websocket"):
        yield refuse(f"Upgrade: {value}", two, upgrade=value)
    yield refuse("a second Upgrade", two, add=["Upgrade: h2c"])
    three = "RFC 6455 §4.1, 3: Connection"
    yield refuse("no Connection", three, drop=["connection"])
    for value in ("keep-alive", "close", "upgraded", "", "up grade", "keep-alive; upgrade"):
        yield refuse(f"Connection: {value}", three, connection=value)
    yield refuse(
        "nothing but the status", "RFC 6455 §4.1", drop=["upgrade", "connection", "accept"]
    )


def refused_status():
    one = "RFC 6455 §4.1, 1: not 101"
    for status in (200, 201, 204, 205, 300, 304, 400, 401, 403, 404, 407, 426, 429, 500, 503, 599):
        yield refuse(str(status), one, status=status, line=f"HTTP/1.1 {status} x")
    for status in (301, 302, 303, 307, 308):
        line = f"HTTP/1.1 {status} x"
        yield Case(
            f"refuse: {status} without Location",
            "RFC 6455 §4.1, 1; RFC 9110 §15.4",
            answers(status=line),
            refused("redirect", status),
        )
    yield refuse("HTTP/1.0 101", "RFC 6455 §4.1: HTTP/1.1 or higher", line="HTTP/1.0 101 x")
    for name, line in (
        ("HTTP/2.0", "HTTP/2.0 101 x"),
        ("HTTP in lower case", "http/1.1 101 x"),
        ("a status of two digits", "HTTP/1.1 10 x"),
        ("a status of four digits", "HTTP/1.1 1010 x"),
        ("a status of letters", "HTTP/1.1 abc x"),
        ("no status", "HTTP/1.1"),
        ("a blank before the version", " HTTP/1.1 101 x"),
        ("a signed status", "HTTP/1.1 +101 x"),
        ("a tab before the status", "HTTP/1.1\t101 x"),
    ):
        yield refuse(name, "RFC 9112 §4: no status line", status=None, line=line)
    for name, data in (
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("an SMTP greeting", b"220 mail ESMTP\r\n"),
        ("a TLS alert", bytes.fromhex("15030100020228")),
        ("zeros", bytes(512)),
        ("HTTP/0.9", b"<html>hello</html>\r\n"),
        ("an HTTP request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a frame", wire.text("hi")),
    ):
        yield Case(f"refuse: {name}", "RFC 9112 §4: no HTTP", answers_raw(data), refused())
    for name, data in (("an empty line", b"\r\n"), ("nothing", b"")):
        kind = "handshake" if data else "io"
        yield Case(f"refuse: {name} and the end", "RFC 9112 §4", answers_raw(data), refused(kind))
    yield Case(
        "refuse: 100 and the end",
        "RFC 9110 §15.2: interim",
        answers_raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
        refused("io"),
    )


def chosen():
    five = "RFC 6455 §4.1, 5: an extension that was not offered"
    for name, value in (
        ("an unknown extension", "x-unknown"),
        ("permessage-bzip2", "permessage-bzip2"),
        ("x-webkit-deflate-frame", "x-webkit-deflate-frame"),
        ("an extension beside permessage-deflate", "permessage-deflate, x-unknown"),
    ):
        yield refuse(name, five, add=[f"Sec-WebSocket-Extensions: {value}"])
    offered = "Sec-WebSocket-Extensions: permessage-deflate"
    yield refuse("deflate unasked", five, add=[offered], options=["--no-compress"])
    six = "RFC 6455 §4.1, 6: a subprotocol that was not offered"
    line = "Sec-WebSocket-Protocol: {}".format
    yield refuse("a subprotocol unasked", six, add=[line("chat")])
    for value in ("other", "CHAT", "chat, super", "", "chat;v=1", '"chat"'):
        name = f"subprotocol '{value}' for chat and super"
        yield refuse(name, six, add=[line(value)], options=["-s", "chat", "-s", "super"])
    twice = [line("chat"), line("super")]
    yield refuse("two subprotocols", six, add=twice, options=["-s", "chat", "-s", "super"])
    yield take("the second subprotocol", six, add=[line("b")], options=["-s", "a", "-s", "b"])
    yield take("no subprotocol of two", "RFC 6455 §4.2.2", options=["-s", "a", "-s", "b"])


def early():
    """Bytes that come with the head, and heads that come in pieces."""
    same = "a head and frames in one packet: nothing may be lost"
    yield Case("early: Close with the head", same, sends(wire.close()), DONE)

    async def in_one(peer):
        await peer.accept(wire.text("one"), wire.ping(b"x"), wire.text("two"), wire.close())
        await peer.until_end()

    events = (text("one"), {"event": "ping", "base64": "eA=="}, text("two"))
    yield Case("early: four frames with the head", same, in_one, closed(1000, *events))

    async def half_a_frame(peer):
        await peer.accept(wire.text("hello")[: peer.value])
        await asyncio.sleep(0.02)
        await peer.send(wire.text("hello")[peer.value :], wire.close())
        await peer.until_end()

    hello = closed(1000, text("hello"))
    each = tuple(range(8))
    yield Case("early: a frame in two, the first with the head", same, half_a_frame, hello, each)

    async def bad(peer):
        await peer.accept(b"\xf1\x00", wire.text("never"))
        await peer.until_end()

    yield Case("early: a bad frame with the head", "RFC 6455 §5.2", bad, failed(1002))

    async def much(peer):
        await peer.accept(wire.binary(bytes(60000)), wire.text("hi"), wire.close())
        await peer.until_end()

    zeros = {"event": "binary", "base64": "A" * 80000}
    both = closed(1000, zeros, text("hi"))
    yield Case("early: 60 kB with the head", same, much, both, large=True)
    pieces = "RFC 9112 §6.3: TCP has no records"

    async def by_bytes(peer):
        await peer.read_request()
        await peer.drip(peer.head() + wire.text("hi") + wire.close())
        await peer.until_end()

    yield Case("early: byte by byte", pieces, by_bytes, HI)

    async def in_two(peer):
        await peer.read_request()
        await peer.split(peer.head() + wire.text("hi") + wire.close(), peer.value, 0.005)
        await peer.until_end()

    yield Case("early: in two, cut at each byte", pieces, in_two, HI, tuple(range(1, 138)))
