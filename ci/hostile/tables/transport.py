"""Cuts, resets and stalls at every byte of a session, drips, and deadlines."""

import asyncio

import wire
from case import ANY, Case, Expect, client, closed, failed, lost, ping, text
from peer import mute

# After the head: two messages and a ping between.
SESSION = wire.text("first") + wire.ping(b"p") + wire.text("second")
EVENTS = ((7, text("first")), (10, ping(b"p")), (18, text("second")))


def arrived(size):
    return [event for end, event in EVENTS if end <= size]


def cases():
    places = tuple(range(len(SESSION) + 1))
    rule = "RFC 6455 §7.1.5: what came whole is handed over, then the loss, once"

    async def cut(peer):
        await peer.accept()
        await peer.send(SESSION[: peer.value])
        await asyncio.sleep(0.03)
        await peer.hang_up()

    yield Case("cut: at each byte of a session", rule, cut, lambda at: lost(*arrived(at)), places)

    async def cut_at_once(peer):
        await peer.accept(SESSION[: peer.value])
        peer.half_close()
        await peer.silence()

    yield Case(
        "cut: in the packet of the last byte",
        rule,
        cut_at_once,
        lambda at: lost(*arrived(at)),
        places,
    )

    async def reset(peer):
        await peer.accept()
        await peer.send(SESSION[: peer.value])
        await asyncio.sleep(0.05)
        peer.reset()

    yield Case(
        "reset: at each byte of a session", rule, reset, lambda at: lost(*arrived(at)), places
    )

    async def stall(peer):
        await peer.accept()
        await peer.send(SESSION[: peer.value])
        await peer.until_end()

    def idle(at):
        return failed(1001, *arrived(at))

    quiet = ("--idle-timeout", "0.3", "--close-timeout", "0.5")
    yield Case(
        "stall: at each byte of a session",
        "an idle deadline",
        stall,
        idle,
        places,
        quiet,
        at_least=0.25,
    )

    async def stall_and_hold(peer):
        await peer.accept()
        await peer.silence()

    # The server does not even read frames here.
    deaf = Expect(True, (), client.error("timeout", close_code=1001), 6)
    options = {"options": quiet, "at_least": 0.7, "seconds": 3}
    yield Case(
        "stall: and deaf",
        "the closing handshake has a deadline too",
        stall_and_hold,
        deaf,
        **options,
    )

    async def drip(peer):
        await peer.accept()
        await peer.drip(SESSION + wire.close())
        await peer.until_end()

    whole = closed(1000, *arrived(99))
    yield Case("drip: a session byte by byte", "TCP has no records", drip, whole)

    async def slow_drip(peer):
        await peer.accept()
        await peer.drip(wire.text("abcdef") + wire.close(), 0.15)
        await peer.until_end()

    slow = closed(1000, text("abcdef"))
    yield Case(
        "drip: slower than a message, faster than the deadline",
        "any byte counts",
        slow_drip,
        slow,
        options=("--idle-timeout", "0.6"),
    )
    yield from keepalive()
    yield from others()


def keepalive():
    rule = "a peer that does not answer Pings is dead, whatever else it sends"
    options = ("--ping-interval", "0.2", "--ping-timeout", "0.3", "--close-timeout", "0.5")

    async def deaf(peer):
        await peer.accept()
        await peer.until_end()

    bound = {"options": options, "seconds": 3, "at_least": 0.4, "own": True}
    yield Case("keepalive: no Pong", rule, deaf, failed(1001), **bound)

    async def wrong_pongs(peer):
        await peer.accept()
        while True:
            opcode, payload = await peer.frame()
            if opcode == wire.PING:
                await peer.send(wire.frame(wire.PONG, payload + b"x"))
            if opcode == wire.CLOSE:
                return

    other = {"event": "pong", "base64": client.ANY}
    yield Case("keepalive: another Pong", rule, wrong_pongs, failed(1001, other), **bound)

    async def chatters(peer):
        await peer.accept()
        reading = asyncio.create_task(peer.until_end())
        while not reading.done():
            await peer.send(wire.frame(wire.PONG, b"unasked"))
            await asyncio.sleep(0.11)

    # How many come before the deadline is a matter of timing.
    def judge(log):
        return None if log.close_code == 1001 else f"Close with {log.close_code}"

    anyway = Expect(True, ANY, client.error("timeout", close_code=1001), 6, 1001)
    yield Case("keepalive: unasked Pongs", rule, chatters, anyway, check=judge, **bound)


def others():
    refused_port = Expect(False, (), client.error("connect"), 1)
    # Port 1: nobody listens there.
    yield Case(
        "connect: nobody listens", "RFC 9293 §3.5.1", mute, refused_port, url="ws://127.0.0.1:1/"
    )
    nowhere = Expect(False, (), client.error("resolve"), 1)
    yield Case(
        "connect: a name without address",
        "RFC 6761 §6.4",
        mute,
        nowhere,
        url="ws://no-such.invalid/",
        seconds=9,
    )

    async def takes_all(peer):
        await peer.accept()
        got = 0
        while got < 1080000:
            got += len(await peer.until(wire.TEXT))
        await peer.until_end()
        await peer.send(wire.close())

    lines = (b"x" * 60000 + b"\n") * 18
    done = closed(1000, by="local")
    yield Case(
        "upload: 1 MB", "what is sent arrives", takes_all, done, stdin=lines, own=True, large=True
    )

    async def never_reads(peer):
        await peer.accept()
        await asyncio.sleep(0.5)
        peer.reset()

    gone = Expect(True, (), client.error("io"), 1)
    yield Case(
        "upload: to a server that does not read, then resets",
        "no hang",
        never_reads,
        gone,
        stdin=lines * 8,
        own=True,
        large=True,
    )
