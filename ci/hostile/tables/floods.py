"""Much of what is allowed: time grows with the number, memory does not.

A case with two sizes runs both; `run.py` compares the processor time of the two."""

import asyncio
from dataclasses import replace

import wire
from case import ANY, Case, Expect, client, closed, failed, text
from peer import sends

LINEAR = "four times as many may take about four times as long"
MEMORY = "memory stays bounded"


def anyway(end, exit, wire_code):
    """Whatever events come before."""
    return Expect(True, ANY, end, exit, wire_code)


def flood(one, count, tail):
    """`one` again and again, and then `tail`, to a client that is read from."""

    async def serve(peer):
        await peer.accept()
        block = one * 512
        reading = asyncio.create_task(drain(peer))
        for _ in range(count * peer.value // 512):
            await peer.send(block)
        await peer.send(tail)
        await reading

    return serve


async def drain(peer):
    """Reads until Close, looking at headers only: to unmask would be the slowest of all."""
    data, at = b"", 0
    while True:
        more = await peer.reader.read(1 << 20)
        if not more:
            return
        data, at = data[at:] + more, 0
        while len(data) - at >= 2:
            if data[at] == 0x88:
                return
            size = data[at + 1] & 0x7F
            if size == 126:
                if len(data) - at < 4:
                    break
                size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if len(data) - at < 6 + size:
                break
            at += 6 + size


def cases():
    done = anyway(client.closed(1000, "", "peer", True), 0, ANY)
    options = {"each": (1, 4), "seconds": 25}
    for name, one, count in (
        ("pings", wire.ping(b"x"), 1 << 15),
        ("empty pings", wire.ping(), 1 << 15),
        ("pings of 125 bytes", wire.ping(b"x" * 125), 1 << 14),
        ("pongs", wire.frame(wire.PONG, b"x"), 1 << 15),
        ("empty messages", wire.text(""), 1 << 15),
        ("messages of one byte", wire.text("x"), 1 << 15),
        ("messages of two fragments", wire.in_fragments(wire.TEXT, ["x", "y"]), 1 << 15),
    ):
        yield Case(f"flood: {name}", LINEAR, flood(one, count, wire.close()), done, **options)
    # Others may have a limit here.
    yield from (replace(case, own=True) for case in fragmented())
    yield from never_read()
    yield from (replace(case, deflate=True) for case in inflating())


def fragmented():
    begin = wire.text("x", fin=False)

    def one_message(piece, count):
        async def serve(peer):
            await peer.accept(begin)
            for _ in range(count * peer.value // 512):
                await peer.send(piece * 512)
            await peer.send(wire.more("end"), wire.close())
            await drain(peer)

        return serve

    def expect(piece, count):
        return lambda times: Expect(
            True,
            (text("x" + piece * (count * times) + "end"),),
            client.closed(1000, "", "peer", True),
            0,
            ANY,
        )

    options = {"each": (1, 4), "seconds": 25}
    for name, piece in (("empty fragments", ""), ("fragments of one byte", "y")):
        count = 1 << 14
        serve = one_message(wire.more(piece, fin=False), count)
        yield Case(f"flood: {name} of one message", LINEAR, serve, expect(piece, count), **options)
    piece = wire.more("y", fin=False) + wire.ping(b"p")
    done = anyway(client.closed(1000, "", "peer", True), 0, ANY)
    yield Case(
        "flood: pings between fragments", LINEAR, one_message(piece, 1 << 14), done, **options
    )

    async def too_many(peer):
        await peer.accept(begin)
        try:
            for _ in range(1000):
                await peer.send(wire.more("", fin=False) * 512)
        except OSError:
            return
        await drain(peer)

    limit = "at most 131,072 fragments: empty ones would never reach the limit of bytes"
    gone = Expect(True, (), client.error("too_big", close_code=1009), 5, ANY)
    yield Case("flood: empty fragments without end", limit, too_many, gone, own=True, seconds=9)


def never_read():
    """The client's answers are not taken: it must not pile them up."""

    async def serve(peer):
        await peer.accept()
        block = wire.ping(b"x" * 125) * 512
        try:
            async with asyncio.timeout(1.5):
                for _ in range(4000):
                    await peer.send(block)
        except TimeoutError:
            pass
        peer.reset()

    ends = anyway(client.error("io"), 1, ANY)
    yield Case("flood: pings, and no Pong is read", MEMORY, serve, ends, seconds=15)

    # While a send waits, it reads ahead as much as the largest message may take.
    async def echo(peer):
        await peer.accept()
        block = wire.binary(b"x" * 1000) * 64
        try:
            async with asyncio.timeout(1.5):
                for _ in range(4000):
                    await peer.send(block)
        except TimeoutError:
            pass
        peer.reset()

    yield Case(
        "flood: messages, and no echo is read",
        MEMORY,
        echo,
        ends,
        options=("--echo", "--max-message", "1000000"),
        seconds=15,
    )


def inflating():
    extension = ["Sec-WebSocket-Extensions: permessage-deflate"]
    # An empty stored block is five bytes that inflate to none.
    empty = b"\0\0\0\xff\xff"

    def blocks(count):
        return wire.compressed(empty * count + b"\0")

    rule = "RFC 7692 §7.2.3.5: any number of blocks; those that give nothing are bounded"
    good = sends(blocks(2000), wire.close(), add=extension)
    yield Case("flood: 2000 empty deflate blocks", rule, good, closed(1000, text("")))
    options = ("--max-message", "1000")
    bad = sends(blocks(2000), wire.close(), add=extension)
    yield Case(
        "flood: 10 kB of empty blocks against 1000 bytes",
        rule,
        bad,
        failed(1009),
        options=options,
        own=True,
    )

    async def many(peer):
        await peer.accept(add=extension)
        squeezed = wire.compressed(wire.deflated(bytes(4096)), wire.BINARY)
        for _ in range(256 * peer.value):
            await peer.send(squeezed * 16)
        await peer.send(wire.close())
        await peer.until_end()

    done = anyway(client.closed(1000, "", "peer", True), 0, 1000)
    yield Case("flood: compressed messages", LINEAR, many, done, (1, 4), seconds=25)
