"""TLS: certificates to refuse (RFC 9525, RFC 5280), truncation (RFC 8446 §6.1), and no TLS."""

import asyncio
import os
import re
import socket

import wire
from case import Case, closed, failed, lost, refused, text
from peer import answers_raw, mute

URL = "wss://localhost:{port}/"
CA = ("--ca", "{ca}")
HI = closed(1000, text("hi"))
NO = refused("tls")


def cases():
    yield from certificates()
    yield from no_tls()
    yield from truncated()


async def websocket(peer):
    await peer.accept(wire.text("hi"), wire.close())
    await peer.until_end()


def certificates():
    for name in ("ec", "rsa", "ed25519"):
        yield Case(
            f"tls: a good {name} certificate",
            "RFC 5280",
            websocket,
            HI,
            options=CA,
            url=URL,
            tls=name,
        )
    address = "wss://127.0.0.1:{port}/"
    yield Case(
        "tls: for an address", "RFC 9525 §6.5", websocket, HI, options=CA, url=address, tls="ec"
    )
    for name, reason in (
        ("expired", "RFC 5280 §6.1.3"),
        ("notyet", "RFC 5280 §6.1.3"),
        ("wronghost", "RFC 9525 §6"),
        ("untrusted", "RFC 5280 §6.1"),
        ("selfsigned", "RFC 5280 §6.1"),
        ("client", "RFC 5280 §4.2.1.12: no serverAuth"),
    ):
        yield Case(f"tls: {name}", reason, websocket, NO, options=CA, url=URL, tls=name)
    yield Case("tls: a root that nobody trusts", "RFC 5280 §6.1", websocket, NO, url=URL, tls="ec")
    options = (*CA, "--servername", "other.example")
    yield Case(
        "tls: another name was asked for",
        "RFC 9525 §6",
        websocket,
        NO,
        options=options,
        url=URL,
        tls="ec",
    )


def no_tls():
    rule = "RFC 8446 §4: no ServerHello"
    options = {"options": (*CA, "--connect-timeout", "1"), "url": URL}

    def says(data):
        async def serve(peer):
            await peer.reader.read(1)
            await peer.send(data)
            await peer.hang_up()

        return serve

    tls_or_io = refused("tls")
    for name, data in (
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("zeros", bytes(100)),
        ("an alert", bytes.fromhex("15030300020228")),
        ("a record of 2^16 bytes", b"\x16\x03\x03\xff\xff" + bytes(65535)),
        (
            "SSLv2",
            bytes.fromhex("802e0100020015000000100100800200800300800400800500800600400700c0"),
        ),
        ("a ServerHello of TLS 1.1", server_hello(b"\x03\x02")),
        ("a cipher suite that was not offered", server_hello(b"\x03\x03", b"\x00\x05")),
    ):
        yield Case(f"tls: {name} instead", rule, says(data), tls_or_io, **options)
    lost_before = refused(re.compile("^(io|tls)$"))
    lost_before = type(lost_before)(False, (), lost_before.end, (1, 4))
    yield Case("tls: the end instead", rule, says(b""), lost_before, **options)

    async def resets(peer):
        await peer.reader.read(1)
        peer.reset()

    yield Case("tls: a reset instead", rule, resets, lost_before, **options)
    late = {"options": (*CA, "--connect-timeout", "0.8"), "url": URL, "at_least": 0.7, "seconds": 3}
    yield Case("tls: no answer", "the connect deadline", mute, refused("timeout"), **late)

    async def drips(peer):
        await peer.reader.read(1)
        await peer.drip(b"\x16\x03\x03\x40\x00" + bytes(500), 0.05)

    yield Case(
        "tls: a handshake that drips", "the connect deadline", drips, refused("timeout"), **late
    )
    plain = "ws://127.0.0.1:{port}/"
    alert = bytes.fromhex("15030300020246")
    yield Case(
        "tls: ws to a server that speaks TLS",
        "RFC 9112 §4",
        answers_raw(alert),
        refused(),
        url=plain,
    )


def server_hello(version, suite=b"\xc0\x2f"):
    body = version + bytes(32) + b"\0" + suite + b"\0"
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def raw(peer, data):
    """Past TLS, straight to the socket."""
    descriptor = os.dup(peer.socket.fileno())
    os.write(descriptor, data)
    os.close(descriptor)


def truncated():
    options = {"options": CA, "url": URL, "tls": "ec"}
    rule = "RFC 8446 §6.1: without close_notify it is a truncation"

    async def cut(peer):
        await peer.accept(wire.text("hi"))
        await asyncio.sleep(0.05)
        descriptor = os.dup(peer.socket.fileno())
        half = socket.socket(fileno=descriptor)
        half.shutdown(socket.SHUT_RDWR)
        half.close()
        peer.writer.transport.abort()

    yield Case("tls: cut after a message", rule, cut, lost(text("hi")), **options)

    async def with_notify(peer):
        await peer.accept(wire.text("hi"))
        await peer.hang_up()

    yield Case(
        "tls: close_notify without a Close frame",
        "RFC 6455 §7.1.5",
        with_notify,
        lost(text("hi")),
        **options,
    )

    async def cut_after_close(peer):
        await peer.accept(wire.text("hi"), wire.close())
        await peer.until_end()
        peer.writer.transport.abort()

    yield Case(
        "tls: cut after the closing handshake", "RFC 6455 §7.1.1", cut_after_close, HI, **options
    )

    def garbage(data):
        async def serve(peer):
            await peer.accept(wire.text("hi"))
            await asyncio.sleep(0.05)
            raw(peer, data)
            await peer.silence()

        return serve

    broken = lost(text("hi"))
    broken = type(broken)(True, broken.events, broken.end | {"kind": "tls"}, 4)
    for name, data in (
        ("plain text in the middle", wire.text("forged")),
        ("a record that was not authenticated", b"\x17\x03\x03\x00\x20" + bytes(32)),
        ("a record of 2^14 + 257 bytes", b"\x17\x03\x03\x41\x01" + bytes(16641)),
        ("an unknown record type", b"\x63\x03\x03\x00\x05" + bytes(5)),
        ("a plain alert", bytes.fromhex("15030300020228")),
    ):
        yield Case(f"tls: {name}", "RFC 8446 §5", garbage(data), broken, **options)

    async def bad_frame(peer):
        await peer.accept(wire.text("hi"), b"\xf1\x00")
        await peer.until_end()

    yield Case(
        "tls: a bad frame inside", "RFC 6455 §5.2", bad_frame, failed(1002, text("hi")), **options
    )

    async def dripped(peer):
        await peer.read_request()
        await peer.drip(peer.head() + wire.text("hi") + wire.close())
        await peer.until_end()

    yield Case("tls: a record for each byte", "RFC 8446 §5.1", dripped, HI, **options)
