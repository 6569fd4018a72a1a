"""UTF-8 in text messages (RFC 6455 §5.6, §8.1; RFC 3629)."""

from dataclasses import replace

import wire
from case import Case, binary, closed, failed, ping, text
from peer import sends

# (name, bytes that are not UTF-8 however they go on)
INVALID = (
    ("a lone continuation", b"\x80"),
    ("a continuation after ASCII", b"a\xbf"),
    ("0xFE", b"\xfe"),
    ("0xFF", b"\xff"),
    ("an overlong slash in two bytes", b"\xc0\xaf"),
    ("an overlong NUL in two bytes", b"\xc0\x80"),
    ("0xC1", b"\xc1\xbf"),
    ("an overlong slash in three bytes", b"\xe0\x80\xaf"),
    ("the largest overlong form of three bytes", b"\xe0\x9f\xbf"),
    ("an overlong slash in four bytes", b"\xf0\x80\x80\xaf"),
    ("the largest overlong form of four bytes", b"\xf0\x8f\xbf\xbf"),
    ("the first surrogate", b"\xed\xa0\x80"),
    ("the last surrogate", b"\xed\xbf\xbf"),
    ("a pair of surrogates", b"\xed\xa0\xb5\xed\xb4\x9e"),
    ("U+110000", b"\xf4\x90\x80\x80"),
    ("0xF5", b"\xf5\x80\x80\x80"),
    ("five bytes", b"\xf8\x88\x80\x80\x80"),
    ("six bytes", b"\xfc\x84\x80\x80\x80\x80"),
    ("two bytes, the second ASCII", b"\xc3("),
    ("three bytes, the second ASCII", b"\xe2(\xa1"),
    ("three bytes, the third ASCII", b"\xe2\x82("),
    ("four bytes, the second ASCII", b"\xf0(\x8c\xbc"),
    ("four bytes, the fourth ASCII", b"\xf0\x90\x8c("),
)
TRUNCATED = (b"\xc3", b"\xe2", b"\xe2\x82", b"\xf0", b"\xf0\x9d", b"\xf0\x9d\x84")
RULE = "RFC 6455 §8.1: text that is not UTF-8 fails the connection"
SAMPLE = "κόσμε 𝄞 é€".encode()


def cases():
    yield from wrong()
    # The RFC lets others wait for the end of the message.
    yield from (replace(case, own=True) for case in fast())
    yield from right()


def wrong():
    for name, data in INVALID:
        yield Case(f"utf8: {name}", RULE, sends(wire.text(b"ok " + data)), failed(1007))
    for data in TRUNCATED:
        name = f"utf8: ends inside a character, {data.hex()}"
        yield Case(name, RULE, sends(wire.text(b"ok " + data)), failed(1007))
        in_two = wire.in_fragments(wire.TEXT, [b"ok " + data, b""])
        yield Case(f"{name}, in fragments", RULE, sends(in_two), failed(1007))
    # Long enough for the ways that take many bytes at once.
    for at in (0, 15, 16, 31, 63, 64, 4095, 70000):
        data = bytearray(b"a" * 70001)
        data[at] = 0xFF
        sent = sends(wire.text(bytes(data)))
        name = f"utf8: a bad byte at {at} of 70001"
        yield Case(name, RULE, sent, failed(1007), large=True)
    both = sends(wire.text(b"ok \xff"), wire.close())
    yield Case("utf8: and Close right behind", RULE, both, failed(1007))
    joined = wire.in_fragments(wire.TEXT, [b"\xe2\x82", b"a\xac"])
    yield Case("utf8: a character that no fragment goes on with", RULE, sends(joined), failed(1007))
    squeezed = wire.compressed(wire.deflated(b"ok \xff"))
    yield Case(
        "utf8: compressed",
        "RFC 7692 §6.2; RFC 6455 §8.1",
        sends(squeezed, add=DEFLATE),
        failed(1007),
        deflate=True,
    )
    pieces = [b"\xce\xba\xe1", b"\xbd\xb9\xed\xa0", b"\x80edited"]
    yield Case(
        "utf8: a surrogate over fragments", RULE, sends(wire.in_fragments(1, pieces)), failed(1007)
    )


DEFLATE = ["Sec-WebSocket-Extensions: permessage-deflate"]


def fast():
    """Nothing else comes: whoever waits for the end of the message, waits for ever."""
    rule = "RFC 6455 §8.1; fail at the byte, not at the end of the message"

    def stalls(data):
        async def serve(peer):
            await peer.accept()
            await peer.send(data)
            await peer.until_end()

        return serve

    fragment = wire.text(b"hello \xff", fin=False)
    yield Case("utf8 at once: in a fragment", rule, stalls(fragment), failed(1007))
    second = wire.text(b"hello", fin=False) + wire.more(b" \xed\xa0", fin=False)
    yield Case("utf8 at once: in the second fragment", rule, stalls(second), failed(1007))
    part = wire.text(b"hello \xff", length=1000)
    yield Case("utf8 at once: in a part of a frame", rule, stalls(part), failed(1007), own=True)
    for data in (b"\xc0", b"\xf5", b"\xe0\x80", b"\xf0\x80", b"\xf4\x90", b"\xed\xa0"):
        fragment = wire.text(data, fin=False)
        name = f"utf8 at once: {data.hex()}, which nothing mends"
        yield Case(name, rule, stalls(fragment), failed(1007))


def right():
    good = "RFC 3629"
    for name, words in (
        ("NUL", "a\0b"),
        ("a byte order mark", "\ufeffhi"),
        ("U+FFFE and U+FFFF", "\ufffe\uffff"),
        ("U+1FFFE and U+10FFFF", "\U0001fffe\U0010ffff"),
        ("the last before and first after the surrogates", "\ud7ff\ue000"),
        ("the first of each length", "\x01\x80\u0800\U00010000"),
        ("the last of each length", "\x7f\u07ff\uffff\U0010ffff"),
        ("20000 characters of three bytes", "€" * 20000),
    ):
        sent, expect = sends(wire.text(words), wire.close()), closed(1000, text(words))
        yield Case(f"utf8: {name}", good, sent, expect, large=len(words) > 1000)
    sample = SAMPLE.decode()
    cuts = tuple(range(len(SAMPLE) + 1))
    rule = "RFC 6455 §5.4: a fragment may end inside a character"

    async def in_two_fragments(peer):
        data = wire.in_fragments(wire.TEXT, [SAMPLE[: peer.value], SAMPLE[peer.value :]])
        await sends(data, wire.close())(peer)

    yield Case(
        "utf8: in two fragments, cut at each byte",
        rule,
        in_two_fragments,
        closed(1000, text(sample)),
        cuts,
    )
    bytewise = wire.in_fragments(wire.TEXT, [SAMPLE[n : n + 1] for n in range(len(SAMPLE))])
    yield Case(
        "utf8: a fragment for each byte",
        rule,
        sends(bytewise, wire.close()),
        closed(1000, text(sample)),
    )

    async def dripped(peer):
        await peer.accept()
        await peer.drip(wire.text(SAMPLE))
        await peer.send(wire.close())
        await peer.until_end()

    yield Case(
        "utf8: a packet for each byte", "TCP has no records", dripped, closed(1000, text(sample))
    )
    between = wire.text(b"\xe2", fin=False) + wire.ping(b"\xff") + wire.more(b"\x82\xac")
    expect = closed(1000, ping(b"\xff"), text("€"))
    yield Case(
        "utf8: a ping inside a character", "RFC 6455 §5.4", sends(between, wire.close()), expect
    )
    raw = b"\xff\xfe\xed\xa0\x80"
    yield Case(
        "utf8: binary may be anything",
        "RFC 6455 §5.6",
        sends(wire.binary(raw), wire.close()),
        closed(1000, binary(raw)),
    )
    split = wire.in_fragments(wire.TEXT, [b"a" * 100 + b"\xf0\x9d", b"\x84\x9e" + b"b" * 100])
    expect = closed(1000, text("a" * 100 + "𝄞" + "b" * 100))
    yield Case(
        "utf8: a character over two long fragments", rule, sends(split, wire.close()), expect
    )
    two = wire.text("é") + wire.text("€")
    expect = closed(1000, text("é"), text("€"))
    yield Case("utf8: each message begins anew", rule, sends(two, wire.close()), expect)
