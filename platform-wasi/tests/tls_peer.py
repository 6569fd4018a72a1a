"""WebSocket echo servers over TLS (Python's ssl, that is, OpenSSL), on free ports of 127.0.0.1.

    tls_peer.py CERTIFICATES SET

Prints a JSON object, name to port, then serves until it is terminated. SET is one of

    suites    TLS 1.3 as OPENSSL_CONF has set its cipher suite, one port a curve; where OPENSSL_CONF
              is not set, each suite of TLS 1.2 with each curve
    leaves    one port a certificate; "mtls-1.2" and "mtls-1.3" ask for one of the client
    faults    "cut" ends TCP without a close_notify, "silent" never answers, "plain" has no TLS,
              "noise" answers with something else
"""

import asyncio
import json
import os
import ssl
import sys
from pathlib import Path

from websockets.asyncio.server import serve

CURVES = ("X25519", "prime256v1", "secp384r1")
CIPHERS = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

folder = Path(sys.argv[1])


def context(leaf, version=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A server that has ALPN offers no HTTP/2 to a WebSocket client.
    made.set_alpn_protocols(["http/1.1"])
    if leaf == "weak":
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
    made.load_cert_chain(folder / f"{leaf}.pem", folder / f"{leaf}.key")
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def suites():
    for curve in CURVES:
        if "OPENSSL_CONF" in os.environ:
            made = context("ec", V13)
            made.set_ecdh_curve(curve)
            yield curve, made
            continue
        for key, leaf in (("ECDSA", "ec"), ("RSA", "rsa")):
            for cipher in CIPHERS:
                made = context(leaf, V12)
                made.set_ciphers(f"ECDHE-{key}-{cipher}")
                made.set_ecdh_curve(curve)
                yield f"{key} {cipher} {curve}", made


def leaves():
    for path in sorted(folder.glob("*.pem")):
        if path.stem in ("ca", "other-ca", "middle") or path.stem.startswith("client"):
            continue
        for version in (V12, V13):
            name = f"{path.stem}-1.{version - V12 + 2}"
            yield name, context(path.stem, version)
    for version in (V12, V13):
        made = context("ec", version)
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(folder / "ca.pem")
        yield f"mtls-1.{version - V12 + 2}", made


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def cut(socket):
    """Half of a message, then the end of TCP without a word of TLS."""
    transport = socket.transport
    raw = transport.get_extra_info("ssl_object")
    await socket.recv()
    transport.write(b"\x81\x7dhalf of it")
    await asyncio.sleep(0.1)
    assert raw is not None
    transport._ssl_protocol._transport.close()


async def silent(reader, _):
    while await reader.read(1000):
        pass


async def noise(reader, writer):
    await reader.read(1000)
    writer.write(b"SSH-2.0-none of this is TLS\r\n" * 10)
    await writer.drain()
    await silent(reader, writer)


async def main():
    servers = {}
    if sys.argv[2] == "faults":
        servers["cut"] = await serve(cut, "127.0.0.1", 0, ssl=context("ec"))
        servers["plain"] = await serve(echo, "127.0.0.1", 0)
        servers["silent"] = await asyncio.start_server(silent, "127.0.0.1", 0)
        servers["noise"] = await asyncio.start_server(noise, "127.0.0.1", 0)
    else:
        for name, made in {"suites": suites, "leaves": leaves}[sys.argv[2]]():
            servers[name] = await serve(
                echo, "127.0.0.1", 0, ssl=made, compression=None, max_size=None
            )
    ports = {name: one.sockets[0].getsockname()[1] for name, one in servers.items()}
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
