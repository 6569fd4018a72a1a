"""Limits on what is received: at the header, over fragments, of what is inflated."""

from dataclasses import replace

import wire
from case import Case, binary, closed, failed, text
from peer import sends

FRAME = ("--max-frame", "100")
MESSAGE = ("--max-message", "100")
HEADER = "refused at the header: nothing of the payload was sent"
SUM = "the sum of the fragments counts"
DEFLATE = {"add": ["Sec-WebSocket-Extensions: permessage-deflate"]}


def cases():
    hundred = closed(1000, text("a" * 100))
    sent = sends(wire.text("a" * 100), wire.close())
    yield Case("limit: a frame as long as allowed", "exact", sent, hundred, options=FRAME)
    yield Case("limit: a message as long as allowed", "exact", sent, hundred, options=MESSAGE)
    for name, options in (("frame", FRAME), ("message", MESSAGE)):
        only = sends(wire.text("", length=101))
        yield Case(
            f"limit: a {name} one byte too long",
            HEADER,
            only,
            failed(1009),
            options=options,
            own=True,
        )
        whole = sends(wire.text("a" * 101), wire.close())
        yield Case(
            f"limit: a whole {name} one byte too long",
            "exact",
            whole,
            failed(1009),
            options=options,
        )
    for bits, size in ((16, 60000), (64, 1 << 20), (64, 1 << 40)):
        only = sends(wire.binary(b"", length=size))
        yield Case(
            f"limit: {size} bytes, {bits} bits of length",
            HEADER,
            only,
            failed(1009),
            options=MESSAGE,
            own=True,
        )
    both = wire.in_fragments(wire.TEXT, ["a" * 60, "a" * 40]), wire.close()
    yield Case(
        "limit: two fragments, as long as allowed", SUM, sends(*both), hundred, options=MESSAGE
    )
    second = wire.text("a" * 60, fin=False) + wire.more("a" * 41)
    yield Case(
        "limit: the second fragment is too much", SUM, sends(second), failed(1009), options=MESSAGE
    )
    bytewise = wire.in_fragments(wire.TEXT, ["a"] * 101)
    yield Case(
        "limit: 101 fragments of a byte", SUM, sends(bytewise), failed(1009), options=MESSAGE
    )
    huge = wire.text("a", fin=False) + wire.more("", length=(1 << 63) - 1)
    yield Case(
        "limit: fragments of 2^63 in all",
        "no sum overflows",
        sends(huge),
        failed(1009),
        options=MESSAGE,
    )
    start = wire.text("a", fin=False)
    three = start + wire.more("a" * (1 << 20), fin=False)
    yield Case("limit: 1 MiB in the middle", SUM, sends(three), failed(1009), options=MESSAGE)
    large = sends(wire.binary(b"", length=(16 << 20) + 1))
    yield Case("limit: a frame of 16 MiB and a byte", "the default", large, failed(1009), own=True)
    after = wire.text("ok"), wire.text("a" * 101)
    expect = failed(1009, text("ok"))
    yield Case(
        "limit: after a good message",
        "what was before counts",
        sends(*after),
        expect,
        options=MESSAGE,
    )
    twice = wire.text("a" * 80), wire.text("b" * 80), wire.close()
    expect = closed(1000, text("a" * 80), text("b" * 80))
    yield Case(
        "limit: for each message anew",
        "no sum over messages",
        sends(*twice),
        expect,
        options=MESSAGE,
    )
    pings = wire.ping(b"p" * 125), wire.close()
    expect = closed(1000, {"event": "ping", "base64": "cHBw" * 41 + "cHA="})
    yield Case(
        "limit: a ping is no message", "RFC 6455 §5.5", sends(*pings), expect, options=MESSAGE
    )
    yield from (replace(case, deflate=True) for case in inflated())
    legal = bytes(1 << 22)
    sent = sends(wire.binary(legal), wire.close())
    yield Case(
        "limit: 4 MiB are no problem",
        "the default is 16 MiB",
        sent,
        closed(1000, binary(legal)),
        memory=48,
        large=True,
    )


def inflated():
    rule = "the size after decompression counts"
    for name, data, options in (
        ("101 bytes of 10", b"a" * 101, MESSAGE),
        ("1 MiB in 1 KiB", bytes(1 << 20), MESSAGE),
        ("101 bytes, the largest frame 100", b"a" * 101, (*MESSAGE, *FRAME)),
    ):
        sent = sends(wire.compressed(wire.deflated(data), wire.BINARY), **DEFLATE)
        yield Case(f"inflated: {name}", rule, sent, failed(1009), options=options)
    exact = sends(wire.compressed(wire.deflated(b"a" * 100)), wire.close(), **DEFLATE)
    yield Case(
        "inflated: as much as allowed",
        "exact",
        exact,
        closed(1000, text("a" * 100)),
        options=MESSAGE,
    )
    squeezed = wire.deflated(b"a" * 101)
    pieces = wire.in_fragments(wire.TEXT, [squeezed[:3], squeezed[3:]], rsv=4)
    yield Case(
        "inflated: over two fragments",
        rule,
        sends(pieces, **DEFLATE),
        failed(1009),
        options=MESSAGE,
    )
    two = wire.in_fragments(wire.BINARY, [wire.bomb(1 << 20)[:600], b""], rsv=4)
    only_first = two[: 4 + 600]
    sent = sends(only_first, **DEFLATE)
    yield Case(
        "inflated: in the first of two fragments", "at once", sent, failed(1009), options=MESSAGE
    )
    stored = b"".join(b"\0\x01\0\xfe\xff" + b"a" for _ in range(101)) + b"\0"
    sent = sends(wire.compressed(stored), **DEFLATE)
    yield Case("inflated: 101 stored blocks", rule, sent, failed(1009), options=MESSAGE)
    mebibyte = ("--max-message", str(1 << 20))
    for size in (1 << 24, 1 << 28, 1 << 30):
        sent = sends(wire.compressed(wire.bomb(size), wire.BINARY), **DEFLATE)
        name = f"inflated: a bomb of {size >> 20} MiB against 1 MiB"
        yield Case(name, "RFC 7692 §8; a limit before memory", sent, failed(1009), options=mebibyte)
