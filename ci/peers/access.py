"""lighttpd in front of a server: redirects and HTTP authentication; and cookies, by a program that
keeps them."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import cases
import client
import programs
from client import Mismatch, closed, connected, error, text


def start(folder, behind):
    """lighttpd in front of a port."""
    (folder / "lighttpd-users").write_text("user:pass:word\n")
    configuration = folder / "lighttpd.conf"

    def configure(port):
        text = (programs.SERVERS / "lighttpd.conf").read_text()
        for word, value in (("@FOLDER@", folder), ("@PORT@", port), ("@BEHIND@", behind)):
            text = text.replace(word, str(value))
        configuration.write_text(text)

    # Debian keeps servers out of a user's PATH.
    program = shutil.which("lighttpd") or "/usr/sbin/lighttpd"
    return programs.silent(folder, "lighttpd", f"{program} -D -f {configuration}", "ws", configure)


def matrix(base, behind, hybi, extensions):
    """(peer, its cases) for redirects and authentication by the server at `base`."""
    lighttpd = cases.Peer("lighttpd", base, hybi, extensions=extensions)
    yield lighttpd, [by_option, by_url, wrong_password, redirects, limit, away(behind)]
    # By the program that stands beside hybi: hybi itself keeps no cookies. There is none beside a
    # component.
    if hybi.suffix != ".py":
        program = hybi.parent / "examples" / "cookies"
        yield cases.Peer("cookies", behind, program), [cookies]


def by_option(peer):
    """Basic, Digest with MD5 and with SHA-256."""
    for way in ("basic", "md5", "sha"):
        path = f"/{way}/echo"
        outcome = peer.run(path, "-u", "user:pass:word", "-t", "x", "--count", 1)
        outcome.expect(0, peer.connected(path), text("x"), closed(1000))
        secretive(outcome)


def by_url(peer):
    for way in ("basic", "md5", "sha"):
        path = f"/{way}/echo?a=b,c"
        url = peer.base.replace("ws://", "ws://us%65r:pass%3aword@") + path
        outcome = client.run(peer.hybi, "-vv", "-t", "x", "--count", 1, url)
        shown = peer.base.replace("ws://", "ws://***@") + path
        outcome.expect(0, connected(shown, None, peer.extensions), text("x"), closed(1000))
        secretive(outcome)


def wrong_password(peer):
    for way in ("basic", "md5", "sha"):
        for login in ("user:wrong", "nobody:pass:word"):
            outcome = peer.run(f"/{way}/echo", "-u", login)
            outcome.expect(3, error("handshake", status=401))
            secretive(outcome)


def redirects(peer):
    for start, end in (("/to/1/echo", "/echo"), ("/to/3/sha/echo", "/sha/echo")):
        login = ("-u", "user:pass:word")
        outcome = peer.run(start, "--max-redirects", 3, *login, "-t", "x", "--count", 1)
        outcome.expect(0, peer.connected(end), text("x"), closed(1000))


def limit(peer):
    for path, options in (
        ("/to/1/echo", ()),
        ("/to/3/echo", ("--max-redirects", 2)),
        ("/loop", ("--max-redirects", 20)),
    ):
        peer.run(path, *options).expect(3, error("redirect", status=307))


def away(behind):
    """To another port, where nothing secret goes."""

    def case(peer):
        secrets = ("-u", "user:pass:word", "--cookie", "own=1", "-H", "Authorization: mine")
        for path in ("/away/request", "/basic/away/request"):
            options = ("--max-redirects", 1, *secrets, "-H", "X-Kept: yes")
            outcome = peer.run(path, *options)
            kinds = [event["event"] for event in outcome.events]
            if kinds != ["connected", "text", "closed"]:
                raise Mismatch(f"expected connected, text, closed\n{outcome}")
            if outcome.events[0]["url"] != f"{behind}/request":
                raise Mismatch(f"connected to somewhere else\n{outcome}")
            headers = dict(json.loads(outcome.events[1]["data"])["headers"])
            if {"authorization", "cookie"} & headers.keys() or headers["x-kept"] != "yes":
                raise Mismatch(f"the wrong headers went along: {headers}")

    case.__name__ = "away"
    return case


def secretive(outcome):
    for secret in ("pass:word", "pass%3aword", "dXNlcjpwYXNzOndvcmQ"):
        if secret in outcome.output + outcome.errors:
            raise Mismatch(f"{secret} shows\n{outcome}")


def cookies(peer):
    """The jar is empty, then filled by the server, written to a file and read back."""
    with tempfile.TemporaryDirectory() as folder:
        jar, seen = Path(folder) / "jar.json", []
        for path in ("/cookies", "/request", "/elsewhere", "/cookies/gone", "/request"):
            command = [peer.hybi, peer.base + path, jar]
            result = subprocess.run(
                command,
                check=False,
                capture_output=True,
                timeout=30,
                text=True,
                env=client.clean_environment(),
            )
            if result.returncode:
                raise Mismatch(f"{command} failed:\n{result.stderr}")
            headers = json.loads(result.stdout)["headers"]
            seen.append([value for name, value in headers if name == "cookie"])
        both = "lasting=1; session=2"
        expected = [[], [both], [f"deeper=3; {both}"], [both], ["session=2"]]
        if seen != expected:
            raise Mismatch(f"the server saw the cookies {seen}, not {expected}")
