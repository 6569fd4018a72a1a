"""What the user says must not become a second header or request (RFC 9110 §5.5, RFC 9112 §11.1):
refused before anything is connected, or sent so that it does no harm."""

from dataclasses import replace

import wire
from case import Case, Expect, client, refused
from peer import nobody

SPLITS = ("\r\nX-Injected: 1", "\nX-Injected: 1", "\rX-Injected: 1")


def untouched(log):
    return "it connected" if log.connections else None


# An adapter may connect before it has its library look at the options.
untouched.own = True


def cases():
    rule = "CR, LF or NUL would split the request"
    usage = refused("usage")
    for label, evil in (("CR LF", SPLITS[0]), ("LF", SPLITS[1]), ("CR", SPLITS[2])):
        for name, options in (
            ("-H, in the value", ("-H", f"X: y{evil}")),
            ("-H, in the name", ("-H", f"X{evil.split(':')[0]}: y")),
            ("-s", ("-s", f"chat{evil}")),
            ("-o", ("-o", f"http://a{evil}")),
            ("--host", ("--host", f"a{evil}")),
            ("--cookie", ("--cookie", f"a=b{evil}")),
            ("--deflate", ("--deflate", f"server_no_context_takeover{evil}")),
        ):
            yield Case(
                f"input: {label} in {name}",
                rule,
                nobody,
                anything(usage),
                options=options,
                check=untouched,
            )
        options = ("--servername", f"a{evil}")
        yield Case(
            f"input: {label} in --servername",
            "RFC 6066 §3: a DNS name",
            nobody,
            refused("tls"),
            options=options,
            url="wss://127.0.0.1:{port}/",
            check=harmless,
        )
        quoted = evil.replace("\r", "%0D").replace("\n", "%0A").replace(" ", "%20")
        for name, url in (
            ("the path", "ws://127.0.0.1:{port}/a" + evil),
            ("the query", "ws://127.0.0.1:{port}/?a" + evil),
            ("the host", "ws://127.0.0.1" + evil + ":{port}/"),
        ):
            yield Case(
                f"input: {label} in {name}", rule, nobody, refused("url"), url=url, check=untouched
            )
        # Encoded, they are no line ends: they stay what they are, or are refused.
        yield Case(
            f"input: {label}, encoded, in the path",
            "RFC 3986 §2.1",
            nobody,
            refused("io"),
            url="ws://127.0.0.1:{port}/a" + quoted,
            check=harmless,
        )
        yield Case(
            f"input: {label}, encoded, in user and password",
            "RFC 7617 §2: no control characters",
            nobody,
            Expect(False, (), client.error(client.ANY), client.ANY),
            url="ws://u" + quoted + ":p" + quoted + "@127.0.0.1:{port}/",
            check=harmless,
        )
        yield Case(
            f"input: {label}, encoded, in the host",
            "RFC 3986 §3.2.2",
            nobody,
            refused("url"),
            url="ws://127.0.0.1" + quoted + "/",
            check=untouched,
        )
    for case in (*reserved(), *others()):
        yield replace(case, own=True)


def anything(usage):
    """clap says a usage error in words and prints no event, which the contract allows."""
    return Expect(False, client.ANY, client.ANY, usage.exit)


def harmless(log):
    for request in log.requests:
        if request.header("X-Injected") or "\n" in request.line:
            return f"the request was split: {request.headers}"
    return None


def reserved():
    rule = "the handshake decides about these headers"
    for name in (
        "Host",
        "Upgrade",
        "connection",
        "Sec-WebSocket-Key",
        "SEC-WEBSOCKET-VERSION",
        "Sec-WebSocket-Accept",
        "Sec-WebSocket-Extensions",
        "Sec-WebSocket-Protocol",
        "Content-Length",
        "Transfer-Encoding",
    ):
        options = ("-H", f"{name}: x")
        yield Case(
            f"input: -H {name}",
            rule,
            nobody,
            anything(refused("usage")),
            options=options,
            check=untouched,
        )


def others():
    usage = anything(refused("usage"))
    for name, reason, options in (
        ("a header without a colon", "RFC 9112 §5", ("-H", "nothing")),
        ("an empty header name", "RFC 9110 §5.1", ("-H", ": x")),
        ("a blank in a header name", "RFC 9110 §5.1", ("-H", "a b: x")),
        ("the same subprotocol twice", "RFC 6455 §4.1", ("-s", "a", "-s", "a")),
        ("a subprotocol with a comma", "RFC 6455 §4.1", ("-s", "a,b")),
        ("an empty subprotocol", "RFC 6455 §4.1", ("-s", "")),
        ("a ping of 126 bytes", "RFC 6455 §5.5", ("--ping", "x" * 126)),
        ("odd hex digits", "half a byte", ("-b", "abc")),
        ("no hex digits", "no byte", ("-b", "zz")),
        ("a file that is not there", "nothing to send", ("-b", "@/nonexistent/file")),
        ("a deadline below zero", "no time", ("--handshake-timeout", "-1")),
        ("a deadline that is no number", "no time", ("--idle-timeout", "nan")),
        ("a window of 16 bits", "RFC 7692 §7.1.2", ("--deflate", "server_max_window_bits=16")),
        ("an unknown deflate parameter", "RFC 7692 §7.1", ("--deflate", "x=1")),
        ("a backoff that ends before it begins", "no range", ("--backoff", "9..1")),
        ("an unknown option", "a typing error", ("--no-such-option",)),
    ):
        yield Case(f"input: {name}", reason, nobody, usage, options=options, check=untouched)
    for name, url in (
        ("http", "http://127.0.0.1:{port}/"),
        ("nothing", ""),
        ("a fragment", "ws://127.0.0.1:{port}/#x"),
        ("no host", "ws:///"),
        ("port 0x50", "ws://127.0.0.1:0x50/"),
        ("port 65536", "ws://127.0.0.1:65536/"),
        ("an open bracket", "ws://[::1/"),
        ("a zone", "ws://[fe80::1%25lo]:{port}/"),
        ("a backslash in the host", "ws://127.0.0.1\\@evil.example/"),
        ("a NUL", "ws://127.0.0.1:{port}/a%00b\x7f"),
    ):
        yield Case(
            f"input: the URL has {name}",
            "RFC 6455 §3",
            nobody,
            refused("url"),
            url=url,
            check=untouched,
        )
    yield Case(
        "input: the URL has a blank in the path",
        "RFC 9112 §3: it would end the target",
        nobody,
        refused("io"),
        url="ws://127.0.0.1:{port}/a b",
        check=lambda log: None if log.requests[0].line == "GET /a%20b HTTP/1.1" else "as it is",
    )
    bad = b"good line\n\xff\xfe\n"
    end = client.error("usage", close_code=client.ANY)

    async def websocket(peer):
        await peer.accept()
        await peer.until_end()
        await peer.send(wire.close())

    expect = Expect(True, (), end, 2, client.ANY)

    def none_of_it(log):
        sent = [payload for _, payload in log.data()]
        return None if all(b"\xff" not in payload for payload in sent) else f"sent {sent}"

    yield Case(
        "input: stdin that is not UTF-8",
        "RFC 6455 §5.6",
        websocket,
        expect,
        stdin=bad,
        check=none_of_it,
    )
