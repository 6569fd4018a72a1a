"""Base framing (RFC 6455 §5): every rule broken once, and what must be taken."""

import wire
from case import DONE, Case, binary, closed, failed, ping, pong, text
from peer import sends, sends_value

# What fits a microcontroller.
SMALL = 1 << 13
GOOD = wire.text("never") + wire.close()


def cases():
    yield from reserved()
    yield from control()
    yield from lengths()
    yield from masked()
    yield from fragments()
    yield from right()


def bad(name, reason, data, code=1002, **options):
    """After the bad bytes come good ones, of which nothing may be seen."""
    return Case(f"frame: {name}", reason, sends(data, GOOD), failed(code), **options)


def reserved():
    rule = "RFC 6455 §5.2: RSV MUST be 0 unless an extension gives it a meaning"
    bits = (("RSV1", 4), ("RSV2", 2), ("RSV3", 1), ("RSV1 to RSV3", 7))
    off = ("--no-compress",)
    for name, rsv in bits:
        yield bad(f"{name} on text", rule, wire.text("a", rsv=rsv), options=off)
        yield bad(f"{name} on a ping", rule, wire.ping(b"a", rsv=rsv), options=off)
        start = wire.text("a", fin=False)
        yield bad(f"{name} on a continuation", rule, start + wire.more("b", rsv=rsv), options=off)
    closing = wire.frame(wire.CLOSE, b"\x03\xe8", rsv=4)
    yield bad("RSV1 on Close", rule, closing)
    rule = "RFC 6455 §5.2: unknown opcodes fail the connection"
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield bad(f"opcode {opcode}", rule, wire.frame(opcode, b"a"))
    yield bad("opcode 3 and no FIN", rule, wire.frame(3, b"", fin=False))
    yield bad(
        "an HTTP response instead", rule, b"HTTP/1.1 200 OK\r\nServer: " + b"x" * 99 + b"\r\n\r\n"
    )


def control():
    rule = "RFC 6455 §5.5: control frames MUST NOT be fragmented"
    names = (("ping", wire.PING), ("pong", wire.PONG), ("Close", wire.CLOSE))
    for name, opcode in names:
        yield bad(f"a fragmented {name}", rule, wire.frame(opcode, b"\x03\xe8", fin=False))
    rule = "RFC 6455 §5.5: at most 125 bytes"
    for name, opcode in names:
        yield bad(f"a {name} of 126 bytes", rule, wire.frame(opcode, b"\x03\xe8" + b"a" * 124))
        yield bad(f"a {name} of 65536 bytes", rule, wire.frame(opcode, b"\x03\xe8" + b"a" * 65534))
        said = wire.frame(opcode, b"", length=1 << 62, form=8)
        yield bad(f"a {name} that says 2^62 bytes", rule, said)
        yield bad(
            f"a {name} of 2 bytes, length in 16 bits", rule, wire.frame(opcode, b"\x03\xe8", form=2)
        )


def lengths():
    rule = "RFC 6455 §5.2: the minimal number of bytes MUST be used"
    for size, form in ((0, 2), (1, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)):
        yield bad(f"length {size} in {form * 8} bits", rule, wire.binary(b"a" * size, form=form))
    rule = "RFC 6455 §5.2: the most significant bit MUST be 0"
    for name, size in (("2^63", 1 << 63), ("2^64 - 1", (1 << 64) - 1), ("2^63 + 5", (1 << 63) + 5)):
        yield bad(f"length {name}", rule, wire.binary(b"hello", length=size, form=8))
    rule = "the length is compared as it is, before it becomes an address"
    for name, size in (
        ("2^63 - 1", (1 << 63) - 1),
        ("2^62", 1 << 62),
        ("2^48", 1 << 48),
        ("2^32 + 5", (1 << 32) + 5),
        ("2^32 - 1", (1 << 32) - 1),
        ("2^31", 1 << 31),
    ):
        yield bad(f"length {name}", rule, wire.binary(b"hello", length=size, form=8), 1009)


def masked():
    rule = "RFC 6455 §5.1: a server MUST NOT mask"
    key = b"\x12\x34\x56\x78"
    for name, data in (
        ("text", wire.text("hi", mask=key)),
        ("empty text", wire.text("", mask=key)),
        ("text with a key of zeros", wire.text("hi", mask=bytes(4))),
        ("binary of 200 bytes", wire.binary(bytes(200), mask=key)),
        ("ping", wire.ping(b"hi", mask=key)),
        ("pong", wire.frame(wire.PONG, b"hi", mask=key)),
        ("Close", wire.frame(wire.CLOSE, b"\x03\xe8", mask=key)),
        ("continuation", wire.text("a", fin=False) + wire.more("b", mask=key)),
    ):
        yield bad(f"masked {name}", rule, data)


def fragments():
    rule = "RFC 6455 §5.4: nothing to continue"
    for name, data in (
        ("continuation first", wire.more("a")),
        ("continuation first, without FIN", wire.more("a", fin=False)),
        ("empty continuation first", wire.more("")),
    ):
        yield bad(name, rule, data)
    whole = wire.text("whole")
    yield Case(
        "frame: continuation after a whole message",
        rule,
        sends(whole, wire.more("a"), GOOD),
        failed(1002, text("whole")),
    )
    done = wire.in_fragments(wire.TEXT, ["a", "b"])
    yield Case(
        "frame: continuation after a finished message",
        rule,
        sends(done, wire.more("a"), GOOD),
        failed(1002, text("ab")),
    )
    rule = "RFC 6455 §5.4: fragments of messages MUST NOT be interleaved"
    start = wire.text("a", fin=False)
    yield bad("text inside a message", rule, start + wire.text("b"))
    yield bad("binary inside a message", rule, start + wire.binary(b"b"))
    yield bad("a second start", rule, start + wire.text("b", fin=False))
    yield bad("text after two fragments", rule, start + wire.more("b", fin=False) + wire.text("c"))


def right():
    rule = "RFC 6455 §5.2, §5.6"
    for size in (0, 1, 125, 126, 127, 65535, 65536, 70000):
        payload = bytes(n % 251 for n in range(size))
        sent = sends(wire.binary(payload), wire.close())
        expect = closed(1000, binary(payload))
        name = f"frame: binary of {size} bytes"
        yield Case(name, rule, sent, expect, large=size > SMALL)
    yield Case(
        "frame: empty text", rule, sends(wire.text(""), wire.close()), closed(1000, text(""))
    )
    rule = "RFC 6455 §5.4: control frames stand between fragments"
    between = wire.text("Hel", fin=False) + wire.ping(b"p") + wire.more("lo") + wire.close()
    yield Case(
        "frame: a ping between fragments",
        rule,
        sends(between),
        closed(1000, ping(b"p"), text("Hello")),
        check=lambda log: None if log.pongs() == [b"p"] else f"pongs {log.pongs()}",
    )
    each = tuple(range(1, len(between)))

    async def in_two(peer):
        await peer.accept()
        await peer.split(between, peer.value, 0.004)
        await peer.until_end()

    expect = closed(1000, ping(b"p"), text("Hello"))
    yield Case("frame: in two, cut at each byte", "TCP has no records", in_two, expect, each)
    headers = wire.binary(b"a" * 5) + wire.binary(b"b" * 126) + wire.binary(b"c" * 65536)

    async def drips(peer):
        await peer.accept()
        for data in (wire.binary(b"a" * 5), wire.binary(b"b" * 126), wire.binary(b"c" * 65536)):
            await peer.drip(data[:12], 0.003)
            await peer.send(data[12:])
        await peer.send(wire.close())
        await peer.until_end()

    assert len(headers) == 5 + 2 + 126 + 4 + 65536 + 10
    three = (binary(b"a" * 5), binary(b"b" * 126), binary(b"c" * 65536))
    yield Case(
        "frame: headers of 2, 4 and 10 bytes, byte by byte",
        "TCP has no records",
        drips,
        closed(1000, *three),
        large=True,
    )
    rule = "RFC 6455 §5.4: fragments may be of any size, empty too"
    for name, pieces in (
        ("an empty first fragment", ["", "hello"]),
        ("an empty last fragment", ["hello", ""]),
        ("an empty middle fragment", ["hel", "", "lo"]),
        ("one byte each", list("hello")),
    ):
        sent = sends(wire.in_fragments(wire.TEXT, pieces), wire.close())
        yield Case(f"frame: {name}", rule, sent, closed(1000, text("hello")))
    sent = sends(wire.in_fragments(wire.TEXT, [""] * 10), wire.close())
    yield Case("frame: ten empty fragments", rule, sent, closed(1000, text("")))
    rule = "RFC 6455 §5.5.3: a Pong with the Ping's bytes"
    for payload in (b"", b"\0", b"a" * 125, bytes(range(125)), "é".encode()):
        yield Case(
            f"ping: {len(payload)} bytes, {payload[:4]!r}",
            rule,
            sends(wire.ping(payload), wire.close()),
            closed(1000, ping(payload)),
            check=lambda log, payload=payload: (
                None if log.pongs() == [payload] else f"pongs {log.pongs()}"
            ),
        )
    several = [bytes([n]) for n in range(10)]
    yield Case(
        "ping: ten, the last one must be answered",
        "RFC 6455 §5.5.3",
        sends(*map(wire.ping, several), wire.close()),
        closed(1000, *map(ping, several)),
        check=lambda log: None if several[-1] in log.pongs() else f"pongs {log.pongs()}",
    )
    yield Case(
        "pong: unasked",
        "RFC 6455 §5.5.3: no answer is expected",
        sends(wire.frame(wire.PONG, b"x"), wire.frame(wire.PONG), wire.close()),
        closed(1000, pong(b"x"), pong(b"")),
        check=lambda log: f"it answered {log.pongs()}" if log.pongs() else None,
    )
    order = "a message that came before the fault is handed over"
    yield Case(
        "frame: text before a bad frame",
        order,
        sends(wire.text("one"), b"\x83\x00", GOOD),
        failed(1002, text("one")),
    )

    async def never_more(peer):
        await sends_value(wire.text("one"), GOOD)(peer)

    yield Case(
        "frame: nothing after the fault",
        "RFC 6455 §7.1.7: no data after the connection failed",
        never_more,
        failed(1002, text("one")),
        (b"\x83\x00", b"\x80\x00", b"\x89\x7e\x00\x7e" + bytes(126), b"\x81\x80" + bytes(4)),
    )
    yield Case("frame: Close at once", "RFC 6455 §7.1.2", sends(wire.close()), DONE)
