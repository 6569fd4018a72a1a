"""permessage-deflate (RFC 7692): answers to the offer, frames, and compressed data gone wrong."""

from dataclasses import replace

import wire
from case import Case, closed, failed, refused, text
from peer import answers, sends

EXTENSION = "Sec-WebSocket-Extensions: permessage-deflate{}"
HELLO = bytes.fromhex("f248cdc9c90700")
# The same again, referring back to the first.
AGAIN = bytes.fromhex("f200110000")


def deflate(parameters=""):
    return {"add": [EXTENSION.format(parameters)]}


def cases():
    yield from negotiated()
    for case in (*accepted(), *bits(), *samples(), *broken()):
        yield replace(case, deflate=True)


def negotiated():
    rule = "RFC 7692 §7.1: a client MUST decline"
    for parameters in (
        "; x-unknown",
        "; server_max_window_bits",
        "; server_max_window_bits=",
        "; server_max_window_bits=7",
        "; server_max_window_bits=16",
        "; server_max_window_bits=010",
        "; server_max_window_bits=-9",
        "; server_max_window_bits=1e1",
        "; server_max_window_bits=99999999999999999999",
        "; server_max_window_bits=10; server_max_window_bits=10",
        "; client_max_window_bits",
        "; client_max_window_bits=7",
        "; client_max_window_bits=16",
        "; server_no_context_takeover=1",
        "; client_no_context_takeover=true",
        "; server_no_context_takeover; server_no_context_takeover",
        "; client_no_context_takeover; client_no_context_takeover",
        "; SERVER_NO_CONTEXT_TAKEOVER; x",
        ", permessage-deflate",
        '; server_max_window_bits="10',
        ";;",
        "=1",
        "\x01",
    ):
        name = f"deflate: answer '{parameters}'"
        yield Case(
            name, rule, answers(**deflate(parameters)), refused(status=known_status(parameters))
        )
    asked = "; server_max_window_bits=10; server_no_context_takeover"
    options = ("--deflate", asked[2:])
    for parameters in ("", "; server_max_window_bits=10", "; server_no_context_takeover"):
        name = f"deflate: answer '{parameters}' where both were asked"
        yield Case(name, rule, answers(**deflate(parameters)), refused(status=101), options=options)
    larger = deflate("; server_max_window_bits=11; server_no_context_takeover")
    yield Case(
        "deflate: a larger window than asked",
        rule,
        answers(**larger),
        refused(status=101),
        options=options,
    )
    unasked = deflate("; client_max_window_bits=10")
    plain = ("--deflate", "server_no_context_takeover")
    yield Case(
        "deflate: a client window unasked",
        rule,
        answers(**unasked),
        refused(status=101),
        options=plain,
    )


def accepted():
    rule = "RFC 7692 §7.1"
    good = closed(1000, text("hi"))
    for parameters in (
        "",
        "; server_no_context_takeover",
        "; client_no_context_takeover",
        "; server_max_window_bits=8",
        "; server_max_window_bits=15; client_max_window_bits=15",
        "; client_max_window_bits=9",
        '; server_max_window_bits="10"',
        ";client_no_context_takeover;server_no_context_takeover",
    ):
        yield Case(
            f"deflate: answer '{parameters}' is fine", rule, answers(**deflate(parameters)), good
        )


def known_status(parameters):
    """A head with a control character is none, so no status is known."""
    return None if "\x01" in parameters else 101


def bits():
    rule = "RFC 7692 §6: RSV1 on the first frame of a data message, and only there"
    empty = wire.compressed(HELLO, fin=False)
    for name, data in (
        ("on a continuation", empty + wire.more(b"", rsv=4)),
        ("on a continuation of plain text", wire.text("a", fin=False) + wire.more("b", rsv=4)),
        ("on a ping", wire.ping(b"a", rsv=4)),
        ("on a pong", wire.frame(wire.PONG, b"a", rsv=4)),
        ("on Close", wire.frame(wire.CLOSE, b"\x03\xe8", rsv=4)),
        ("and RSV2", wire.text(HELLO, rsv=6)),
        ("and RSV3", wire.text(HELLO, rsv=5)),
    ):
        yield Case(
            f"deflate: RSV1 {name}", rule, sends(data, wire.close(), **deflate()), failed(1002)
        )
    masked = wire.text(HELLO, rsv=4, mask=bytes(4))
    yield Case("deflate: masked", "RFC 6455 §5.1", sends(masked, **deflate()), failed(1002))


def samples():
    rule = "RFC 7692 §7.2.3"
    stored = bytes.fromhex("000500faff48656c6c6f00")
    final = bytes.fromhex("f348cdc9c9070000")
    two = bytes.fromhex("f24805000000ffffcac9c90700")
    hello = closed(1000, text("Hello"))
    for name, payload in (
        ("one block", HELLO),
        ("no compression", stored),
        ("BFINAL", final),
        ("two blocks", two),
    ):
        yield Case(
            f"deflate: {name}",
            rule,
            sends(wire.compressed(payload), wire.close(), **deflate()),
            hello,
        )
    fragments = wire.in_fragments(wire.TEXT, [HELLO[:3], HELLO[3:]], rsv=4)
    yield Case("deflate: two fragments", rule, sends(fragments, wire.close(), **deflate()), hello)
    bytewise = wire.in_fragments(wire.TEXT, [HELLO[n : n + 1] for n in range(7)], rsv=4)
    yield Case(
        "deflate: a fragment a byte", rule, sends(bytewise, wire.close(), **deflate()), hello
    )
    both = wire.compressed(HELLO) + wire.compressed(AGAIN) + wire.close()
    twice = closed(1000, text("Hello"), text("Hello"))
    yield Case("deflate: context takeover", "RFC 7692 §7.2.3.2", sends(both, **deflate()), twice)
    mixed = wire.compressed(HELLO) + wire.text("plain") + wire.compressed(AGAIN) + wire.close()
    three = closed(1000, text("Hello"), text("plain"), text("Hello"))
    yield Case(
        "deflate: plain text between", "RFC 7692 §6: RSV1 is 0", sends(mixed, **deflate()), three
    )
    after = wire.compressed(final) + wire.compressed(AGAIN) + wire.close()
    yield Case("deflate: context goes over BFINAL", rule, sends(after, **deflate()), twice)
    nothing = sends(wire.compressed(b"\0"), wire.close(), **deflate())
    yield Case("deflate: an empty message", "RFC 7692 §7.2.3.6", nothing, closed(1000, text("")))


def broken():
    rule = "RFC 7692 §7.2.2: cannot be decompressed"
    start = bytes(range(256)) * 3
    for name, payload in (
        ("no payload at all", b""),
        ("block type 3", b"\x06\x00"),
        ("a stored block whose lengths differ", bytes.fromhex("000500000048656c6c6f00")),
        ("a stored block cut short", bytes.fromhex("000500faff4865")),
        ("a distance before the start", AGAIN),
        ("cut inside a block", HELLO[:4]),
        ("zlib with its header", b"\x78\x9c" + HELLO),
        ("gzip", bytes.fromhex("1f8b0800000000000003") + HELLO),
        ("plain text", b"this is no deflate stream at all"),
        ("0xFF bytes", b"\xff" * 40),
        ("code lengths over-subscribed", bytes.fromhex("04c0ffffffffffffffffffffff")),
        ("a dynamic block cut short", wire.deflated(start + bytes(500), 9)[:20]),
    ):
        data = wire.compressed(payload, wire.BINARY)
        sent = sends(data, wire.close(), **deflate())
        yield Case(f"deflate: {name}", rule, sent, failed(1007, kind="protocol"))
    takeover = wire.compressed(HELLO) + wire.compressed(AGAIN) + wire.close()
    expect = failed(1007, text("Hello"), kind="protocol")
    sent = sends(takeover, **deflate("; server_no_context_takeover"))
    yield Case(
        "deflate: context after server_no_context_takeover", "RFC 7692 §7.1.1.1", sent, expect
    )

    async def stalls(peer):
        await peer.accept(**deflate())
        await peer.send(wire.compressed(b"\x06\x00" + bytes(50), fin=False))
        await peer.until_end()

    yield Case(
        "deflate: bad in the first fragment",
        "at once, not at the end",
        stalls,
        failed(1007, kind="protocol"),
    )
