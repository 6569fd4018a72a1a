"""Close frames and the end of TCP (RFC 6455 §5.5.1, §7)."""

import asyncio
from dataclasses import replace

import wire
from case import ANY, DONE, Case, closed, failed, lost, ping, text
from peer import sends

GOOD = (
    1000,
    1001,
    1002,
    1003,
    1007,
    1008,
    1009,
    1010,
    1011,
    1012,
    1013,
    1014,
    3000,
    3999,
    4000,
    4999,
)
WRONG = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535)
BRIEF = ("--close-timeout", "0.6")


def cases():
    yield from codes()
    yield from reasons()
    yield from after_close()
    yield from own_close()
    yield from half_closed()


def codes():
    for code in GOOD:
        rule = "RFC 6455 §7.4; IANA's registry"
        yield Case(
            f"close: code {code}", rule, sends(wire.close(code, "bye")), closed(code, reason="bye")
        )
    for code in WRONG:
        rule = "RFC 6455 §7.4: must not stand in a frame"
        yield Case(f"close: code {code}", rule, sends(wire.close(code)), failed(1002))
    yield Case(
        "close: no code",
        "RFC 6455 §5.5.1: the body is optional",
        sends(wire.close(None)),
        closed(None),
    )
    half = wire.frame(wire.CLOSE, b"\x03")
    yield Case("close: half a code", "RFC 6455 §5.5.1: two bytes", sends(half), failed(1002))


def reasons():
    rule = "RFC 6455 §5.5.1: the reason is UTF-8"
    for name, reason in (
        ("123 bytes", "a" * 123),
        ("beyond ASCII", "é€𝄞" * 5),
        ("with NUL and a newline", 'a\0b\nc"'),
    ):
        expect = closed(1000, reason=reason)
        yield Case(f"close: a reason {name}", rule, sends(wire.close(1000, reason)), expect)
    for name, reason in (
        ("that is not UTF-8", b"\xff"),
        ("cut inside a character", b"\xe2\x82"),
        ("with a surrogate", b"\xed\xa0\x80"),
        ("with an overlong form", b"\xc0\xaf"),
    ):
        yield Case(f"close: a reason {name}", rule, sends(wire.close(1000, reason)), failed(1007))


def after_close():
    rule = "RFC 6455 §5.5.1: nothing follows a Close frame"
    for name, after in (
        ("text", wire.text("never")),
        ("a second Close", wire.close(1001)),
        ("a bad frame", b"\xff\xff\xff"),
        ("half a frame", wire.text("never")[:3]),
    ):
        yield Case(f"close: then {name}", rule, sends(wire.close(), after), DONE)
    yield Case(
        "close: then a ping",
        rule,
        sends(wire.close(), wire.ping(b"x")),
        DONE,
        check=lambda log: f"it answered {log.pongs()}" if log.pongs() else None,
    )
    between = wire.text("a", fin=False) + wire.close(1001, "off") + wire.more("b")
    expect = closed(1001, reason="off")
    yield Case("close: inside a message", "RFC 6455 §5.4", sends(between), expect)
    data = wire.text("a" * 9)[:5]
    cut = "RFC 6455 §7.1.5: TCP ended without a Close frame"

    async def inside_a_frame(peer):
        await peer.accept()
        await peer.send(wire.text("one"), data)
        await peer.hang_up()

    yield Case("end: inside a frame", cut, inside_a_frame, lost(text("one")))

    async def holds_on(peer):
        await peer.accept()
        await peer.send(wire.close())
        await peer.until_end()
        await peer.silence()

    wait = "RFC 6455 §7.1.1: the server ends TCP; the client waits, but not for ever"
    bound = {"options": BRIEF, "at_least": 0.5, "seconds": 3, "own": True}
    yield Case("close: and TCP stays", wait, holds_on, DONE, **bound)

    async def pours(peer):
        await peer.accept()
        await peer.send(wire.close())
        for _ in range(500):
            await peer.send(wire.text("x" * 1000))
            await asyncio.sleep(0.005)

    # That server does not listen any more.
    deaf = replace(DONE, wire=ANY)
    yield Case("close: and data pour on", wait, pours, deaf, **bound)

    async def resets(peer):
        await peer.accept()
        await peer.send(wire.close(1001))
        await peer.until_end()
        peer.reset()

    yield Case("close: and a reset", "the handshake was done", resets, closed(1001))


def own_close():
    """--count 1: the client closes first."""
    count = ("--count", "1", *BRIEF)
    rule = "RFC 6455 §7.1.2: a Close answers a Close"

    async def answers(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        await peer.send(wire.close(1000))

    done = closed(1000, text("one"), by="local")
    yield Case("own close: answered", rule, answers, done, options=count)

    async def other_code(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        await peer.send(wire.close(3000, "no"))

    other = closed(3000, text("one"), by="local", reason="no", wire=1000)
    yield Case("own close: another code", rule, other_code, other, options=count, own=True)

    async def ignores(peer):
        await peer.accept(wire.text("one"))
        await peer.silence()

    late = closed(None, text("one"), by="local", clean=False, wire=1000)

    async def watches(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        await peer.silence()

    bound = {"options": count, "seconds": 3, "own": True}
    yield Case(
        "own close: not answered",
        "RFC 6455 §7.1.1; a deadline",
        watches,
        late,
        at_least=0.5,
        **bound,
    )

    async def pours(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        for _ in range(500):
            await peer.send(wire.ping(b"x"), wire.text("x" * 100))
            await asyncio.sleep(0.005)

    yield Case(
        "own close: data pour on", "the deadline is absolute", pours, late, at_least=0.5, **bound
    )

    async def late_data(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        await peer.send(wire.text("late"), wire.close(1000))

    yield Case("own close: data before the answer", rule, late_data, done, **bound)

    async def bad(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        await peer.send(b"\xf1\x00", wire.close(1000))

    # What it sent is Close 1000: no second one may follow.
    broken = failed(1002, text("one"))
    broken = type(broken)(True, broken.events, broken.end | {"close_code": 1002}, 5, 1000)
    yield Case("own close: a bad frame instead", "RFC 6455 §7.1.7", bad, broken, **bound)

    async def ends(peer):
        await peer.accept(wire.text("one"))
        await peer.until_end()
        await peer.hang_up()

    unanswered = lost(text("one"), wire=1000)
    yield Case("own close: TCP ends instead", "RFC 6455 §7.1.5", ends, unanswered, **bound)


def half_closed():
    """FIN from the server, which goes on reading."""
    rule = "RFC 6455 §7.1.5: closed without a Close frame"

    async def at_once(peer):
        await peer.accept()
        peer.half_close()
        await peer.silence()

    yield Case("half-close: at once", rule, at_once, lost())

    async def after_text(peer):
        await peer.accept()
        await peer.send(wire.text("one"))
        peer.half_close()
        await peer.silence()

    yield Case("half-close: after a message", rule, after_text, lost(text("one")))

    async def in_message(peer):
        await peer.accept()
        await peer.send(wire.text("one", fin=False))
        peer.half_close()
        await peer.silence()

    yield Case("half-close: inside a message", rule, in_message, lost())

    async def after_ping(peer):
        await peer.accept()
        await peer.send(wire.ping(b"x"))
        peer.half_close()
        await peer.silence()

    yield Case("half-close: after a ping", rule, after_ping, lost(ping(b"x")))

    async def after_close(peer):
        await peer.accept()
        await peer.send(wire.close(1001))
        peer.half_close()
        await peer.until_end()

    good = "RFC 6455 §7.1.1: the answer can still be sent"
    yield Case("half-close: after Close", good, after_close, closed(1001))

    async def bad(peer):
        await peer.accept()
        await peer.send(b"\xf1\x00")
        peer.half_close()
        await peer.until_end()

    yield Case("half-close: after a bad frame", "RFC 6455 §7.1.7", bad, failed(1002))
