#!/usr/bin/env python3
"""The command line as a component, in wasmtime, against `client_peer.py` and, over TLS, OpenSSL:
what it prints with --json, and its exit status as ci/wasi/hybi.py makes it.

    cli.py WASMTIME COMPONENT

Prints a line for each case and fails if one does.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "ci" / "peers"))

from client import ANY, Mismatch, binary, closed, connected, error, ping, pong, run, text

HYBI = ROOT / "ci" / "wasi" / "hybi.py"
DEFLATE = re.compile("permessage-deflate|None")


def serve(stack, *command):
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process.stdout.readline()


def opened(url, **others):
    return connected(url, extensions=DEFLATE, **others)


def cases(good, raw, secure, folder):
    """Each as its name, the arguments of `run`, and what `expect` is to see."""
    echo, bye = f"{good}/echo", closed(1000)
    ca = ("--ca", folder / "tls" / "ca.pem")
    hi = ("--count", "1", "-t", "hi")
    yield "ws", (*hi, echo), {}, (0, opened(echo), text("hi"), bye)
    by_name = echo.replace("127.0.0.1", "localhost")
    yield "ws by name", (*hi, "-4", by_name), {}, (0, opened(by_name), text("hi"), bye)
    yield "wss", (*hi, *ca, secure), {}, (0, opened(secure), text("hi"), bye)
    yield "wss, unknown authority", (*hi, secure), {}, (4, error("tls"))
    lines = {"stdin": b"a\r\nb\n\nc"}
    spoken = [text(line) for line in ("a", "b", "", "c")]
    yield (
        "lines of stdin",
        ("--eof-wait", "2", "--count", "4", echo),
        lines,
        (
            0,
            opened(echo),
            *spoken,
            bye,
        ),
    )
    wrong = {"stdin": b"\xff\n"}
    yield (
        "stdin that is not UTF-8",
        (echo,),
        wrong,
        (
            2,
            opened(echo),
            error("usage", close_code=1000),
        ),
    )
    (folder / "file").write_bytes(bytes(300_000))
    sent = ("--ping", "x", "-b", "00ff", "-b", f"@{folder}/file", "--count", "2", echo)
    got = [pong(b"x"), binary(b"\x00\xff"), binary(bytes(300_000))]
    yield (
        "binary, a file, a ping",
        (*sent, "--no-compress"),
        {},
        (
            0,
            connected(echo),
            *got,
            bye,
        ),
    )
    greet = f"{good}/greet"
    yield (
        "a peer that closes",
        (greet,),
        {},
        (
            7,
            opened(greet),
            ping(b"there?"),
            text("hello"),
            closed(4000, "later", "peer"),
        ),
    )
    redirect, there = f"{good}/redirect", f"{good}/headers"
    yield (
        "a redirect",
        ("--count", "1", "--max-redirects", "1", redirect),
        {},
        (
            0,
            opened(there),
            text(ANY),
            bye,
        ),
    )
    yield "a redirect not followed", (redirect,), {}, (3, error("redirect", status=302))
    for path in ("basic", "digest"):
        url = f"{good}/{path}"
        login = ("-u", "user:secret", "--count", "1", url)
        yield path, login, {}, (0, opened(url), text(re.compile("Authorization")), bye)
        yield f"{path}, wrong", ("-u", "user:no", url), {}, (3, error("handshake", status=401))
    reserved, mute, silent = f"{raw}/reserved", f"{raw}/mute", f"{raw}/silent"
    yield (
        "a reserved opcode",
        (reserved,),
        {},
        (
            5,
            connected(reserved),
            error("protocol", close_code=1002),
        ),
    )
    yield (
        "silence",
        ("--idle-timeout", "0.3", mute),
        {},
        (
            6,
            connected(mute),
            error("timeout", close_code=1001),
        ),
    )
    yield (
        "no pong",
        ("--ping-interval", "0.2", "--ping-timeout", "0.2", mute),
        {},
        (
            6,
            connected(mute),
            error("timeout", close_code=1001),
        ),
    )
    unanswered = ("--close-timeout", "0.3", "--eof-wait", "0", "-t", "x", mute)
    yield (
        "a Close that is not answered",
        unanswered,
        {},
        (
            6,
            connected(mute),
            closed(None, clean=False),
        ),
    )
    yield "no response", ("--handshake-timeout", "0.3", silent), {}, (6, error("timeout"))
    drop = f"{raw}/drop"
    yield "a connection dropped", (drop,), {}, (1, connected(drop), error("io"))
    nobody = "ws://127.0.0.1:1"
    loss = {"event": "disconnected", "kind": "connect", "attempt": 1, "retry_in_ms": ANY}
    losses = [{**loss, "attempt": n, "message": ANY} for n in (1, 2, 3)]
    again = ("--reconnect=2", "--backoff", "0.01..0.02", nobody)
    yield "nobody, three times", again, {}, (1, *losses, error("connect"))
    yield "no Unix sockets", ("--unix", "/x", echo), {}, (2, error("usage", re.compile("--unix")))
    option = ("--sockopt", "TCP:NODELAY=0", echo)
    yield "no socket options", option, {}, (2, error("usage", re.compile("--sockopt")))
    yield "a proxy that nobody is", ("-p", "http://127.0.0.1:1", echo), {}, (3, error("proxy"))
    environment = {"environment": {"ws_proxy": "socks5://127.0.0.1:1"}}
    yield "one of the environment", (echo,), environment, (3, error("proxy"))
    direct = ("--no-proxy", *hi, echo)
    yield "which is left out", direct, environment, (0, opened(echo), text("hi"), bye)
    yield "no URL", ("http://x",), {}, (2, error("url"))


def denied(wasmtime, component, url):
    """Without a grant: the flag that is missing, and a status that is not 0."""
    for grant, target, flag in (
        ((), url, "-S inherit-network"),
        (("-S", "inherit-network"), url.replace("127.0.0.1", "localhost"), "-S allow-ip-name-"),
    ):
        command = [wasmtime, "run", *grant, component, "--json", target]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        said = json.loads(done.stdout)
        if done.returncode == 0 or flag not in said["message"]:
            raise Mismatch(f"exit {done.returncode}: {done.stdout}")


def late(wasmtime, component, url):
    """A line that comes while the socket is silent, and one that ends nowhere."""
    grant = ("-S", "inherit-network,allow-ip-name-lookup")
    command = [wasmtime, "run", *grant, component, "--json", "--eof-wait", "1", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        events = [json.loads(process.stdout.readline())]
        for line in (b"one\n", b"two"):
            process.stdin.write(line)
            process.stdin.flush()
            if line == b"two":
                process.stdin.close()
            events.append(json.loads(process.stdout.readline()))
        events.append(json.loads(process.stdout.readline()))
    wanted = ["connected", "one", "two", "closed"]
    if [event.get("data", event["event"]) for event in events] != wanted or process.returncode:
        raise Mismatch(f"exit {process.returncode}: {events}")


def main():
    wasmtime, component = sys.argv[1:]
    os.environ |= {"HYBI_WASMTIME": wasmtime, "HYBI_COMPONENT": component}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subprocess.run(["bash", ROOT / "ci/tls/make.sh", folder / "tls"], check=True)
        good, raw = serve(stack, HERE / "client_peer.py").split()
        leaves = json.loads(serve(stack, HERE / "tls_peer.py", folder / "tls", "leaves"))
        good, raw = f"ws://127.0.0.1:{good}", f"ws://127.0.0.1:{raw}"
        secure = f"wss://localhost:{leaves['ec-1.3']}/"
        checks = [
            (name, lambda a=arguments, o=options, e=expected: run(HYBI, *a, **o).expect(*e))
            for name, arguments, options, expected in cases(good, raw, secure, folder)
        ]
        checks.append(("denied", lambda: denied(wasmtime, component, f"{good}/echo")))
        checks.append(("lines that come late", lambda: late(wasmtime, component, f"{good}/echo")))
        failed = 0
        for name, check in checks:
            try:
                check()
                print(f"ok   {name}", flush=True)
            except Mismatch as problem:
                failed += 1
                print(f"FAIL {name}: {problem}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
