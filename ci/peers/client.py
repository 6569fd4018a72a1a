"""Runs the `hybi` program and compares what it prints with its contract: the events of --json,
key by key and in order, and the exit status."""

import base64
import json
import os
import re
import subprocess

# Any value will do.
ANY = object()
# stdin that is a pipe without a byte in it; None is /dev/null, where hybi stays connected.
EMPTY = b""


class Mismatch(AssertionError):
    """The program did not keep the contract."""


class Outcome:
    def __init__(self, command, status, output, errors):
        self.command, self.status, self.output, self.errors = command, status, output, errors
        try:
            self.events = [json.loads(line) for line in output.splitlines()]
        except ValueError as error:
            raise Mismatch(f"stdout is not JSON lines: {error}\n{self}") from None

    def __str__(self):
        return "\n".join(
            [
                " ".join(self.command),
                f"exit {self.status}",
                shorten(self.output),
                shorten(self.errors),
            ]
        )

    def expect(self, status, *events):
        """The exit status and the events, all of them."""
        matched = len(events) == len(self.events) and all(map(matches, events, self.events))
        if not matched or status != self.status:
            wanted = "\n".join(shorten(str(event)) for event in events)
            raise Mismatch(f"expected exit {status} and\n{wanted}\ngot\n{self}")

    def expect_exactly(self, status, *events):
        """The same, and each line byte by byte."""
        lines = [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events]
        if status != self.status or lines != self.output.splitlines():
            wanted = "\n".join(lines)
            raise Mismatch(f"expected exit {status} and exactly\n{wanted}\ngot\n{self}")


def run(hybi, *arguments, stdin=None, timeout=30, environment=()):
    """`hybi --json ARGUMENTS`, in an environment free of proxies and certificate overrides but for
    those given."""
    command = [str(hybi), "--json", *map(str, arguments)]
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    try:
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            timeout=timeout,
            env=clean_environment() | dict(environment),
            **source,
        )
    except subprocess.TimeoutExpired as late:
        printed = shorten((late.stdout or b"").decode(errors="replace"))
        said = f"{' '.join(command)}\ndid not end within {timeout} s; it printed\n{printed}"
        raise Mismatch(said) from None
    return Outcome(command, result.returncode, result.stdout.decode(), result.stderr.decode())


def clean_environment():
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("SSL_CERT_", "RUST_"))
    }


def matches(expected, event):
    if list(expected) != list(event):
        return False
    for key, value in expected.items():
        if isinstance(value, re.Pattern):
            if not value.search(str(event[key])):
                return False
        elif value is not ANY and value != event[key]:
            return False
    return True


def shorten(text):
    return "\n".join(line if len(line) < 300 else f"{line[:300]} …" for line in text.splitlines())


def encode(payload):
    return base64.b64encode(payload).decode()


# The events of the contract.


def connected(url, subprotocol=None, extensions=None):
    return {
        "event": "connected",
        "url": url,
        "status": 101,
        "subprotocol": subprotocol,
        "extensions": extensions,
        "attempt": 0,
    }


def text(data):
    return {"event": "text", "data": data}


def binary(payload):
    return {"event": "binary", "base64": encode(payload)}


def ping(payload):
    return {"event": "ping", "base64": encode(payload)}


def pong(payload):
    return {"event": "pong", "base64": encode(payload)}


def closed(code, reason="", initiator="local", clean=True):
    return {
        "event": "closed",
        "code": code,
        "reason": reason,
        "initiator": initiator,
        "clean": clean,
    }


def error(kind, message=ANY, status=None, close_code=None):
    return {
        "event": "error",
        "kind": kind,
        "close_code": close_code,
        "status": status,
        "message": message,
    }
