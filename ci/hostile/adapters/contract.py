"""What the adapters of other clients share: the options of `hybi` that they know, the events."""

import argparse
import base64
import json
import os
import sys

# For run.py: an option that this client has nothing for.
UNSUPPORTED = 64


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(message, file=sys.stderr)
        sys.exit(UNSUPPORTED)


def parse(*more):
    """The options of every adapter, and `more` that this one has."""
    parser = Parser(allow_abbrev=False)
    parser.add_argument("--json", action="store_true", required=True)
    parser.add_argument("-t", "--text", action="append", default=[])
    parser.add_argument("-s", "--subprotocol", action="append", default=[])
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-o", "--origin")
    parser.add_argument("-p", "--proxy")
    parser.add_argument("--count", type=int)
    parser.add_argument("--ca")
    parser.add_argument("--max-message", type=int)
    parser.add_argument("--handshake-timeout", type=float, default=10)
    parser.add_argument("--max-redirects", type=int, default=0)
    for name in more:
        parser.add_argument(name)
    parser.add_argument("url")
    return parser.parse_args()


def event(name, **fields):
    print(json.dumps({"event": name, **fields}), flush=True)


def message(payload):
    if isinstance(payload, str):
        event("text", data=payload)
    else:
        event("binary", base64=base64.b64encode(payload).decode())


def connected():
    event("connected")


def closed(code):
    event("closed", code=None if code == 1005 else code)
    leave(0)


def error(words):
    event("error", kind="other", message=str(words)[:500])
    leave(1)


def leave(status):
    """At once: threads and loops of the library have no say."""
    sys.stdout.flush()
    os._exit(status)
