"""Proxies of other people on the way to a server: which there are, and what hybi must do through
each."""

import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cases
import client
import programs
from client import closed, connected, error, text

TINYPROXY = """
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
BasicAuth user pass
LogLevel Critical
"""
SQUID = """
http_port 127.0.0.1:{port}
pid_filename none
cache_log /dev/null
cache_access_log none
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
auth_param digest program /usr/lib/squid/digest_file_auth {folder}/passwords
auth_param digest realm the realm
auth_param digest children 1
acl known proxy_auth REQUIRED
http_access allow known
"""


@dataclass
class Proxy:
    name: str
    schemes: tuple  # what it speaks
    command: str  # {} stands for the port
    refused: dict  # how hybi is to report a target that does not listen
    nobody: dict | None = None  # and a proxy that wants to know who it is
    wrong: dict | None = None  # and a wrong password
    configuration: str = ""  # for {file} in the command
    port: int = 0

    def url(self, scheme, password="pass"):
        login = f"user:{password}@" if self.nobody and password else ""
        return f"{scheme}://{login}127.0.0.1:{self.port}"


def known(certificates):
    """All proxies, not running."""

    def status(code):
        return error("proxy", status=code)

    def words(expected):
        return error("proxy", re.compile(expected))

    def of_root(name):
        # Debian keeps servers out of a user's PATH.
        return shutil.which(name) or f"/usr/sbin/{name}"

    python = Path(sys.executable).parent
    proxy_py = f"{python}/proxy --hostname 127.0.0.1 --port {{}} --basic-auth user:pass"
    proxy_py += " --num-workers 1 --num-acceptors 1"
    tls = f" --cert-file {certificates}/ec.pem --key-file {certificates}/ec.key"
    answers = (status(502), status(407), status(407))
    yield Proxy("proxy.py", ("http",), proxy_py, *answers)
    yield Proxy("proxy.py TLS", ("https",), proxy_py + tls, *answers)
    # It answers a wrong password as a server would.
    answers = (status(500), status(407), status(401))
    command = f"{of_root('tinyproxy')} -d -c {{file}}"
    yield Proxy("tinyproxy", ("http",), command, *answers, TINYPROXY)
    answers = (status(503), status(407), status(407))
    command = f"{of_root('squid')} -N -f {{file}}"
    yield Proxy("squid Digest", ("http",), command, *answers, SQUID)
    refused, socks5 = words("code 5: connection refused"), ("socks5", "socks5h")
    answers = (refused, words("wants credentials"), words("not accept user and password"))
    command = "microsocks -i 127.0.0.1 -p {}"
    yield Proxy("microsocks", socks5, command, refused)
    yield Proxy("microsocks login", socks5, command + " -u user -P pass", *answers)
    command = f"{python}/twistd -n --pidfile= socks -i 127.0.0.1 -p {{}}"
    yield Proxy("twistd", ("socks4", "socks4a"), command, words("code 91: rejected or failed"))


def start(stack, folder, certificates):
    """All of them, running until the stack is left."""
    # As root, squid is another user, who cannot read our folder.
    readable = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    readable.chmod(0o755)
    (readable / "passwords").write_text("user:pass\n")
    started = []
    for proxy in known(certificates):
        file = readable / f"{proxy.name.replace(' ', '-')}.conf"

        def configure(port, proxy=proxy, file=file):
            file.write_text(proxy.configuration.format(port=port, folder=readable))

        command = proxy.command.replace("{file}", str(file))
        program, ports = programs.silent(folder, proxy.name, command, "proxy", configure)
        stack.callback(program.stop)
        proxy.port = ports["proxy"]
        started.append(proxy)
    return started


def matrix(proxies, server, hybi, extensions):
    """(peer, its cases) for every proxy and what it speaks. `server` says where to go with which
    options: {"ws": (base, options), "wss": (base, options)}."""
    talk = [cases.line_from_stdin, cases.one_mebibyte_binary, cases.pong_for_our_ping]
    for proxy in proxies:
        for scheme in proxy.schemes:
            for way, (base, options) in server.items():
                through = (*options, "-p", proxy.url(scheme))
                name = f"{way} {scheme} {proxy.name}"
                yield cases.Peer(name, base, hybi, through, extensions=extensions), talk
            base, options = server["ws"]
            peer = cases.Peer(f"{scheme} {proxy.name}", base, hybi, options, extensions=extensions)
            checks = [
                by_environment(proxy.url(scheme)),
                refusal(
                    "a_target_that_refuses", proxy.url(scheme), proxy.refused, "ws://127.0.0.1:9/"
                ),
            ]
            if proxy.nobody:
                checks += [
                    refusal("without_a_login", proxy.url(scheme, None), proxy.nobody),
                    refusal("with_a_wrong_password", proxy.url(scheme, "wrong"), proxy.wrong),
                ]
            yield peer, checks


def by_environment(url):
    def case(peer):
        target = peer.base + peer.echo
        arguments = (*peer.options, "-t", "x", "--count", 1, target)
        for variable in ("http_proxy", "all_proxy", "ALL_PROXY"):
            outcome = client.run(peer.hybi, *arguments, environment={variable: url})
            outcome.expect(0, peer.connected(peer.echo), text("x"), closed(1000))
        # Nobody is at that one.
        elsewhere = {"http_proxy": "socks5h://127.0.0.1:9", "no_proxy": "127.0.0.0/8,localhost"}
        outcome = client.run(peer.hybi, *arguments, environment=elsewhere)
        outcome.expect(0, connected(target, None, peer.extensions), text("x"), closed(1000))

    case.__name__ = "by_environment"
    return case


def refusal(name, url, expected, target=None):
    def case(peer):
        arguments = (*peer.options, "-p", url, "-t", "x", target or peer.base + peer.echo)
        outcome = client.run(peer.hybi, *arguments)
        outcome.expect(3, expected)
        if "user:" in outcome.output + outcome.errors:
            raise client.Mismatch(f"the login shows\n{outcome}")

    case.__name__ = name
    return case
