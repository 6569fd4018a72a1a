"""Redirects (RFC 9110 §15.4) and challenges: where they may not lead, what they may not learn."""

import wire
from case import Case, Expect, client, closed, refused, text
from peer import answers_raw

FOLLOW = ("--max-redirects", "3")
HI = closed(1000, text("hi"))


def location(value, status=302, headers=""):
    head = f"HTTP/1.1 {status} x\r\nLocation: {value}\r\nContent-Length: 0\r\n{headers}\r\n"
    return head.encode("latin-1")


def to(value, status=302):
    """A redirect on the first connection, a WebSocket on the second."""

    async def serve(peer):
        await peer.read_request()
        if peer.number == 1:
            await peer.send(location(value.replace("{port}", str(peer.log.port)), status))
            await peer.hang_up()
        else:
            await peer.send(peer.head(), wire.text("hi"), wire.close())
            await peer.until_end()

    return serve


def cases():
    for status in (301, 302, 303, 307, 308):
        name = f"redirect: {status}"
        yield Case(name, "RFC 9110 §15.4", to("/there", status), HI, options=FOLLOW)
        yield Case(
            f"{name} by default",
            "off unless asked for",
            to("/there", status),
            refused("redirect", status),
            own=True,
        )
    for status in (300, 304, 305, 306):
        reason = "RFC 9110 §15.4: no redirect that a client follows"
        yield Case(
            f"redirect: {status}",
            reason,
            to("/there", status),
            refused("handshake", status),
            options=FOLLOW,
        )
    for name, value in (
        ("relative", "there?x=y"),
        ("with a fragment", "/there#part"),
        ("ws://", "ws://127.0.0.1:{port}/there"),
        ("http://", "http://127.0.0.1:{port}/there"),
        ("without a scheme", "//127.0.0.1:{port}/there"),
        ("with user and password", "ws://evil:secret@127.0.0.1:{port}/there"),
        ("upwards", "../../../there"),
    ):
        yield Case(
            f"redirect: {name}", "RFC 9110 §10.2.2", to(value), HI, options=FOLLOW, check=no_secret
        )
    rule = "a URL that this client does not open"
    for name, value in (
        ("to file", "file:///etc/passwd"),
        ("to ftp", "ftp://127.0.0.1/"),
        ("to javascript", "javascript:alert(1)"),
        ("to data", "data:text/plain,hi"),
        ("to nothing", ""),
        ("to port 65536", "ws://127.0.0.1:65536/"),
        ("to port abc", "ws://127.0.0.1:abc/"),
        ("to no host", "ws://"),
        ("with a tab", "ws://127.0.0.1:{port}/a\tb"),
        ("with an open bracket", "ws://[::1/"),
        ("to a host with a blank", "ws://a b/"),
    ):
        yield Case(f"redirect: {name}", rule, to(value), refused("redirect", 302), options=FOLLOW)

    async def loops(peer):
        await peer.read_request()
        await peer.send(location("/again"))
        await peer.hang_up()

    def four(log):
        return None if log.connections == 4 else f"{log.connections} connections"

    many = refused("redirect", 302)
    yield Case("redirect: in a circle", "a limit", loops, many, options=FOLLOW, check=four)
    nobody = Expect(False, (), client.error("connect"), 1)
    yield Case(
        "redirect: where nobody listens", "no loop", to("ws://127.0.0.1:1/"), nobody, options=FOLLOW
    )
    long = "/" + "x" * 4000
    yield Case("redirect: 4 kB of Location", "bounded by the head", to(long), HI, options=FOLLOW)
    many = answers_raw(location("/a", headers="Location: /b\r\n"))
    yield Case(
        "redirect: two Locations",
        "the first counts, and the limit",
        many,
        refused("redirect", 302),
        options=FOLLOW,
    )
    yield from secrets()
    yield from challenges()


def no_secret(log):
    """What a Location brings along is no password of the user's."""
    second = log.requests[-1]
    return f"it sent {second.line} {second.headers}" if second.header("Authorization") else None


def secrets():
    """To another origin: localhost is not 127.0.0.1."""
    away = "ws://localhost:{port}/there"
    rule = "secrets do not go to another origin"

    def kept(log):
        first, second = log.requests[0], log.requests[-1]
        for name in ("Authorization", "Cookie", "X-Token", "Proxy-Authorization"):
            if second.header(name):
                return f"{name} went along"
        return (
            None if first.header("Cookie") or first.header("Authorization") else "no secret at all"
        )

    for name, options in (
        ("-u", ("-u", "user:secret", "--cookie", "c=1")),
        ("Authorization", ("-H", "Authorization: Bearer secret")),
        ("Cookie", ("-H", "Cookie: secret=1")),
    ):
        yield Case(
            f"redirect: {name} to another host",
            rule,
            to(away),
            HI,
            options=(*FOLLOW, *options),
            check=kept,
        )
    here = to("/there")

    def along(log):
        return None if log.requests[-1].header("Cookie") == "c=1" else "the cookie was lost"

    options = (*FOLLOW, "--cookie", "c=1")
    yield Case(
        "redirect: a cookie to the same host",
        "RFC 9110 §15.4",
        here,
        HI,
        options=options,
        check=along,
    )


def challenges():
    login = ("-u", "user:secret")
    rule = "RFC 9110 §11.6.1: a challenge that cannot be met, and no loop"
    for name, value in (
        ("none", None),
        ("an unknown scheme", "Bearer x"),
        ("an empty one", ""),
        ("Digest without nonce", 'Digest realm="x"'),
        (
            "Digest with an unknown algorithm",
            'Digest realm="x", nonce="y", algorithm=FOO, qop="auth"',
        ),
        ("Digest without qop=auth", 'Digest realm="x", nonce="y", qop="auth-int"'),
        ("an open quote", 'Digest realm="x, nonce=y'),
        ("one of 10 kB", 'Digest realm="' + "x" * 10000 + '"'),
        ("again and again", 'Basic realm="x"'),
        ("Digest again and again", 'Digest realm="x", nonce="y", qop="auth"'),
        ("a stale nonce for ever", 'Digest realm="x", nonce="y", qop="auth", stale=true'),
    ):

        async def serve(peer, value=value):
            await peer.read_request()
            line = "" if value is None else f"WWW-Authenticate: {value}\r\n"
            await peer.send(f"HTTP/1.1 401 No\r\n{line}Content-Length: 0\r\n\r\n".encode())
            await peer.hang_up()

        def few(log):
            return f"{log.connections} attempts" if log.connections > 3 else None

        yield Case(f"challenge: {name}", rule, serve, refused(status=401), options=login, check=few)
