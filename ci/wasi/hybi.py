#!/usr/bin/env python3
"""The component `hybi.wasm` in wasmtime, as if it were the program `hybi`: for the checks that run
the program against servers.

    HYBI_WASMTIME=wasmtime HYBI_COMPONENT=hybi.wasm ci/wasi/hybi.py --json ARGUMENT…

WASI 0.2 tells zero from non-zero only. So the exit status is made here from the last event, by the
contract of the command line, and must be zero exactly where the component's was.

Nor does WASI tell a pipe that ends at once from no input at all, for which a component takes it. So
a pipe's end is said with --eof-wait here.
"""

import json
import os
import stat
import subprocess
import sys

EXITS = {
    "usage": 2,
    "url": 2,
    "resolve": 1,
    "connect": 1,
    "io": 1,
    "handshake": 3,
    "redirect": 3,
    "proxy": 3,
    "tls": 4,
    "protocol": 5,
    "utf8": 5,
    "too_big": 5,
    "timeout": 6,
}


def status_of(event):
    if event["event"] == "error":
        return EXITS[event["kind"]]
    if not event["clean"]:
        return 6
    return 0 if event["code"] in (None, 1000, 1001) else 7


def main():
    arguments = sys.argv[1:]
    is_pipe = stat.S_ISFIFO(os.fstat(0).st_mode)
    if is_pipe and not {"--eof-wait", "--count"} & set(arguments):
        arguments += ["--eof-wait", "0"]
    # The files of --ca, --cert, --key and -b @FILE are anywhere.
    command = [
        os.environ["HYBI_WASMTIME"],
        "run",
        "-S",
        "inherit-network,allow-ip-name-lookup,inherit-env",
        "--dir",
        "/",
        os.environ["HYBI_COMPONENT"],
        *arguments,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        last = b""
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            last = line
    if "--json" not in sys.argv or not last:
        return process.returncode
    status = status_of(json.loads(last))
    if (status == 0) != (process.returncode == 0):
        print(f"exit {process.returncode} after {last.decode()}", file=sys.stderr)
        return 125
    return status


sys.exit(main())
