"""Which cases each server is held to, and by which ways it is reached."""

import re

import access
import bomb
import cases
import extension
import proxies
from cases import Peer


def matrix(servers, hybi, deflate):
    """(peer, its cases) for every way to every server."""
    ports, trust = servers.ports, ("--ca", servers.certificates / "ca.pem")
    extensions = re.compile("^permessage-deflate") if deflate else None

    def ws(name, port="ws", **more):
        return Peer(f"{name} ws", f"ws://127.0.0.1:{ports[name][port]}", hybi, **more)

    def wss(name, port="ec", **more):
        return Peer(f"{name} wss", f"wss://localhost:{ports[name][port]}", hybi, trust, **more)

    def nginx(name, options=(), **more):
        base = f"wss://localhost:{ports['nginx']['wss']}/{name}"
        return Peer(f"{name} nginx", base, hybi, (*trust, *options), **more)

    # Servers that run our words: everything.
    everything = cases.TEXT + cases.DATA + cases.WORDS
    for name, ways, more in (
        ("websockets", (ws, wss, nginx), [cases.fragments]),
        ("aiohttp", (ws, wss), []),
        ("ws", (ws, nginx), [cases.fragments, cases.closed_without_a_code]),
    ):
        for way in ways:
            peer = way(name, program=servers.programs[name], extensions=extensions)
            yield peer, everything + more

    # Programs as they are: `cat` behind websocketd works by lines of text, libwebsockets' mirror
    # sends every frame back as a message, in its own pieces if it is large.
    mirror = {"options": ("-s", "lws-mirror-protocol"), "subprotocol": "lws-mirror-protocol"}
    for way in (ws, nginx):
        yield way("websocketd", echo="/"), [*cases.TEXT, cases.one_mebibyte_text]
        yield way("libwebsockets", echo="/", **mirror), cases.TEXT

    # TLS by itself.
    def tls(name, *options, host="localhost"):
        base = f"wss://{host}:{ports['websockets'][name]}"
        return Peer(f"tls {name}", base, hybi, options, extensions=extensions)

    for name in ("rsa", "ed25519", "tls12", "tls13"):
        yield tls(name, *trust), [cases.accepted]
    yield tls("ec", *trust, host="127.0.0.1"), [cases.accepted]
    yield tls("ec"), [cases.unknown_issuer]
    yield tls("untrusted", *trust), [cases.unknown_issuer]
    yield tls("selfsigned", *trust), [cases.unknown_issuer]
    yield tls("wronghost", *trust), [cases.wrong_host]
    yield tls("expired", *trust), [cases.expired]
    yield tls("notyet", *trust), [cases.not_yet_valid]
    yield tls("wronghost", *trust, "--servername", "example.invalid"), [cases.accepted]
    yield tls("selfsigned", "--insecure"), [cases.insecure]
    yield wss("openssl", "wss"), [cases.no_certificate_shown]
    folder = servers.certificates
    client = ("--cert", folder / "client.pem", "--key", folder / "client.key")
    yield tls("mtls", *trust, *client), [cases.accepted]

    # Answers to the opening handshake that are none.
    answers = nginx("status")
    yield answers, [cases.refused(status) for status in (200, 401, 404, 503)]
    yield answers, [cases.refused(301, "redirect")]

    # Redirects, authentication, cookies.
    behind = ws("aiohttp").base
    yield from access.matrix(ws("lighttpd").base, behind, hybi, extensions)

    # The same server, and proxies on the way.
    ways = {
        scheme: (f"{scheme}://localhost:{ports['aiohttp'][port]}", trust)
        for scheme, port in (("ws", "ws"), ("wss", "ec"))
    }
    yield from proxies.matrix(servers.proxies, ways, hybi, extensions)

    # Every parameter of the extension; a server that does not listen; one that sends too much.
    if deflate:
        yield from extension.matrix(servers.extended, hybi)
        # The memory of a component is that of its host, which has more of its own.
        if hybi.suffix != ".py":
            yield Peer("bomb", "", hybi), [bomb.a_gibibyte_against_a_limit_of_one_mebibyte]
