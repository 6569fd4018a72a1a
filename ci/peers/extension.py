"""permessage-deflate with every combination of parameters: those that a server is configured for,
and those that hybi asks for by --deflate. The answer is in `connected`, and what was sent and
received comes back as it was; a relay counts what it took."""

import json
import re
import sys
import tempfile

import cases
import programs
from client import Mismatch, binary, closed, connected, error, text
from relay import Relay

FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
BITS = ("server_max_window_bits", "client_max_window_bits")

# What servers are configured for.
CONFIGURATIONS = [
    {},
    {FLAGS[0]: True},
    {FLAGS[1]: True},
    {FLAGS[0]: True, FLAGS[1]: True},
    *({BITS[0]: bits, BITS[1]: 24 - bits} for bits in range(9, 16)),
    {FLAGS[0]: True, FLAGS[1]: True, BITS[0]: 9, BITS[1]: 9},
]

# What hybi asks for; None is its default.
ANY = "client_max_window_bits"
OFFERS = [
    "",
    *(f"{BITS[0]}={bits}; {BITS[1]}={24 - bits}" for bits in range(9, 16)),
    FLAGS[0],
    FLAGS[1],
    f"{FLAGS[0]}; {FLAGS[1]}; {BITS[0]}=9; {ANY}",
]

SMALL = [
    f'{{"device":"pump-07","sequence":{i},"celsius":{20 + i % 7}.{i * 37 % 100:02},"bar":1.{i * 71 % 1000:03},'
    f'"status":"running","location":"Nordhafen, Halle 3"}}'
    for i in range(200)
]
LARGE = "".join(SMALL) * (cases.MEBIBYTE // len("".join(SMALL)) + 1)


class Server:
    """A server behind a relay."""

    def __init__(self, name, port, configuration=None):
        self.name, self.port, self.configuration = name, port, configuration or {}
        self.relay = None

    def url(self):
        # One at a time: a relay is two threads for each connection.
        self.relay = self.relay or Relay(self.port)
        return f"ws://127.0.0.1:{self.relay.port}"


def start(stack, folder, certificates, node_modules):
    """Servers in every configuration."""

    def talking(name, *command):
        program, ports = programs.talking(folder, f"deflate-{name}", command)
        stack.callback(program.stop)
        return ports

    configurations = json.dumps(CONFIGURATIONS)
    script = programs.SERVERS / "deflate_websockets.py"
    websockets = talking("websockets", sys.executable, script, configurations)
    script = programs.SERVERS / "deflate_ws.js"
    ws = talking("ws", "node", script, configurations, node_modules)
    script = programs.SERVERS / "aiohttp_server.py"
    aiohttp = talking("aiohttp", sys.executable, script, certificates, "deflate")
    script = programs.SERVERS / "uwebsockets_server.py"
    uwebsockets = talking("uwebsockets", sys.executable, script)
    servers = [Server("uWebSockets", uwebsockets["ws"]), Server("aiohttp", aiohttp["ws"])]
    for name, ports in (("websockets", websockets), ("ws", ws)):
        servers += map(Server, [name] * len(ports), ports, CONFIGURATIONS)
    return servers


def matrix(servers, hybi):
    """(peer, its cases): each server with the default offer, one of each kind with every offer."""
    for server in servers:
        shown = " ".join(show(server.configuration)) or "as it is"
        peer = cases.Peer(f"{server.name} {shown}", server.url(), hybi, echo="/echo")
        checks = [negotiated(server, None), not_offered(server)]
        if server.name == "uWebSockets":
            checks.append(disobedient(f"{BITS[0]}=9"))
        elif not any(server.configuration.values()):
            checks += [negotiated(server, offer) for offer in OFFERS]
        yield peer, checks


def show(configuration):
    for name, value in configuration.items():
        if value:
            yield name if value is True else f"{name}={value}"


def parse(parameters):
    """{name: True or a number}"""
    found = {}
    for part in filter(None, (part.strip() for part in parameters.split(";"))):
        name, _, value = part.partition("=")
        found[name] = int(value.strip('"')) if value else True
    return found


def negotiated(server, offer):
    def case(peer):
        options = [] if offer is None else ["--deflate", offer]
        outcome = peer.run(peer.echo, *options, "--count", len(SMALL), stdin=lines(SMALL))
        answer = (outcome.events or [{}])[0].get("extensions")
        if not answer or not answer.startswith("permessage-deflate"):
            raise Mismatch(f"no compression was negotiated\n{outcome}")
        events = [connected(peer.base + peer.echo, None, answer)]
        outcome.expect(0, *events, *map(text, SMALL), closed(1000))
        parameters = parse(answer.partition(";")[2])
        judge(parameters, server.configuration, parse(ANY if offer is None else offer))

        # Messages are alike: with what came before, they are a third of their size at most.
        size = sum(map(len, SMALL))
        takeover = FLAGS[1] not in parameters and FLAGS[1] not in (offer or "")
        count("sent", server.relay.up, size * (0.5 if takeover else 1))
        takeover = FLAGS[0] not in parameters
        count("received", server.relay.down, size * (0.5 if takeover else 1))

        # Large ones, text and binary.
        with tempfile.NamedTemporaryFile() as file:
            file.write(LARGE.encode())
            file.flush()
            large = ("-b", f"@{file.name}", "--count", 2)
            outcome = peer.run(peer.echo, *options, *large, stdin=lines([LARGE]))
        outcome.expect(0, *events, binary(LARGE.encode()), text(LARGE), closed(1000))
        count("sent", server.relay.up, len(LARGE))
        count("received", server.relay.down, len(LARGE))

    case.__name__ = f"negotiated by {'default' if offer is None else repr(offer)}"
    return case


def judge(answer, configuration, offer):
    """The answer against what the server is configured for and what was asked for."""
    for name in FLAGS:
        # A client's own is a hint that needs no answer.
        asked = offer.get(name) if name == FLAGS[0] else None
        if (configuration.get(name) or asked) and name not in answer:
            raise Mismatch(f"{name} is missing: {answer}")
    for name in BITS:
        limits = [limit for limit in (configuration.get(name), offer.get(name)) if limit]
        limit = min(15 if limit is True else limit for limit in [15, *limits])
        # A client's window that was not asked for cannot be answered, and a hint need not.
        needed = name == BITS[0] or configuration.get(name) and name in offer
        if needed and answer.get(name, 15) > limit:
            raise Mismatch(f"{name} should be at most {limit}: {answer}")


def count(what, found, limit):
    if not 0 < found < limit:
        raise Mismatch(f"{what}: {found} bytes on the wire, not below {limit}")


def not_offered(server):
    """--no-compress: nothing is negotiated, nothing compressed."""

    def case(peer):
        arguments = ("--no-compress", "--count", len(SMALL))
        outcome = peer.run(peer.echo, *arguments, stdin=lines(SMALL))
        events = [connected(peer.base + peer.echo, None, None), *map(text, SMALL)]
        outcome.expect(0, *events, closed(1000))
        if server.relay.up < sum(map(len, SMALL)):
            raise Mismatch(f"{server.relay.up} bytes are too few for what was sent")

    case.__name__ = "not_offered"
    return case


def lines(texts):
    return "".join(f"{line}\n" for line in texts).encode()


def disobedient(words):
    """A server that does not keep to the offer is refused, and the reason said."""

    def case(peer):
        outcome = peer.run(peer.echo, "--deflate", words)
        outcome.expect(
            3, error("handshake", re.compile("does not keep to the offered"), status=101)
        )

    case.__name__ = f"disobeys {words!r}"
    return case
