#!/usr/bin/env python3
"""Builds examples/cortex-m/footprint, the same client on other libraries (peers/) and the firmware
`stack`, and measures flash, state, buffers and stack. Writes results/budget.md.

    budget.py --certificates FOLDER

The certificates are those of ci/tls/make.sh with ca.der.

Flash is everything that is loaded (vectors, code, constants, initial data) beyond `baseline`, a
program that does nothing. Fails where a number is beyond its bound below.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from harness import Run, Server
from size import Elf

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "examples/cortex-m"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or FIRMWARE / "target")
SMALL = TARGET / "thumbv7em-none-eabihf/small"

# What it may cost at most: a step backwards shall not go unseen.
BOUNDS = {"plain": 22_500, "TLS": 75_000, "TLS handshake": 26_000}

# (features, program, what)
CLIENTS = [
    ("", "plain", "opening handshake and echo, the machine driven by hand"),
    ("", "driver", "the same over the blocking driver"),
    ("deflate", "inflating", "the same, receiving permessage-deflate"),
]
SECURE = [
    ("tls", "pinned", "the blocking driver over TLS, the server known by its key (P-256)"),
    ("tls", "secure", "the same, by a certificate: P-256 only"),
    ("p384", "secure", "P-256 and P-384"),
    ("rsa", "secure", "P-256 and RSA"),
    ("p384,rsa", "secure", "P-256, P-384 and RSA"),
]
# What each does of what a client must do (RFC 6455): read in its source.
PEERS = [
    ("ws-framer", "ws-framer 0.4", "whole message", "no", "no", "–", "no"),
    ("embedded-websocket", "embedded-websocket 0.9.5", "whole message", "no", "yes", "–", "no"),
    ("websocketz", "websocketz 0.2", "whole message", "yes", "yes", "Upgrade, Connection", "no"),
    ("edge-ws", "edge-ws 0.8, edge-http 0.8", "no", "no", "no", "Upgrade, Connection", "no"),
]
STATES = [
    ("HANDSHAKE", "while opening"),
    ("CONNECTION", "an open connection, buffers apart"),
    ("WEBSOCKET", "that in the blocking driver"),
    ("TLS", "TLS beneath it, buffers apart"),
    ("DEFLATE", "receiving permessage-deflate, besides a window of 256 to 32,768 bytes"),
]


def build(folder, *arguments):
    command = ["cargo", "build", "--locked", "-q", "--profile", "small", *arguments]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    subprocess.run(command, cwd=folder, check=True, env=environment)


def flash(features, program):
    build(FIRMWARE, "-p", "footprint", "--features", features)
    return Elf(SMALL / program).flash() - Elf(SMALL / "baseline").flash()


def plain_table():
    columns = [
        "client, thumbv7em, opt-level z, fat LTO",
        "flash",
        "UTF-8 of text",
        "close codes",
        "Pings and Close by the library",
        "checked of the response, besides status and Accept",
        "deadlines, limits",
    ]
    yield f"| {' | '.join(columns)} |\n| --- | ---: | --- | --- | --- | --- | --- |\n"
    ours = flash("", "plain")
    checked = "version, Upgrade, Connection, extensions, subprotocol, repeated headers"
    yield f"| **hybi** | **{ours:,}** | as it arrives | yes | yes | {checked} | yes |\n"
    build(HERE / "peers")
    baseline = Elf(SMALL / "baseline").flash()
    for program, name, *does in PEERS:
        size = Elf(SMALL / program).flash() - baseline
        yield f"| {name} | {size:,} | {' | '.join(does)} |\n"


def flash_table(sizes):
    yield "| hybi, thumbv7em, opt-level z, fat LTO | flash, bytes | TLS by itself |\n"
    yield "| --- | ---: | ---: |\n"
    for features, program, what in CLIENTS + SECURE:
        size = sizes[features, program] = flash(features, program)
        tls = "–"
        if (features, program, what) in SECURE:
            tls = f"{size - sizes['', 'driver']:,}"
        yield f"| {what} | {size:,} | {tls} |\n"


def state_table():
    build(FIRMWARE, "-p", "footprint", "--features", "deflate,tls")
    state = Elf(SMALL / "state")
    yield "| state, 32-bit | RAM, bytes |\n| --- | ---: |\n"
    for name, what in STATES:
        yield f"| {what} | {state.size_of(name):,} |\n"


def static_table():
    build(FIRMWARE, "-p", "telemetry")
    firmware = Elf(SMALL / "telemetry")
    buffers = firmware.size_of("BUFFERS")
    yield "| `telemetry`, static RAM | bytes |\n| --- | ---: |\n"
    yield "| buffers: TCP 2 × 1,024; TLS 4,096 and 2 × 768; frames 1,024 and 512; "
    yield f"message 512 | {buffers:,} |\n"
    yield "| everything: that, embassy and its network, the task with TLS and the decompressor in "
    yield f"it | {firmware.ram():,} |\n"


def stack_table(certificates, depths):
    build(FIRMWARE, "-p", "stack")
    columns = []
    for certificate in [None, certificates / "ec"]:
        server = Server(certificate)
        try:
            arguments = [certificates / "ca.der"] if certificate else []
            run = Run(SMALL / "stack", server.url("/telemetry"), *arguments)
        finally:
            server.stop()
        assert run.status == 0, f"exit status {run.status}"
        columns.append(
            {
                name: int(size)
                for name, size in re.findall(r"^([^:]+): (\d+)$", run.out, re.MULTILINE)
            }
        )
    plain, secure = columns
    depths.update(secure)
    yield "| stack, with smoltcp and the driver of the network card | plain | over TLS |\n"
    yield "| --- | ---: | ---: |\n"
    for name, size in secure.items():
        over = f"{plain[name]:,}" if name in plain else "–"
        yield f"| {name} | {over} | {size:,} |\n"


TEXT = """\
# What a client costs on a Cortex-M4

Written by `ci/embedded/budget.py`; bytes. Flash is what a program takes beyond
an empty one. The transport goes nowhere, so no TCP stack is counted. TLS is
built with `--cfg aes_compact` and the feature `force-soft-compact` of the crate
`sha2`, which an application may choose, too.

## The same client on five libraries

{plain}
Each does the opening handshake with `Sec-WebSocket-Accept` checked, sends every
message back, and answers Pings and Close; where a library leaves that to its
user, the program does it. hybi also checks what the last four columns say,
keeps deadlines, skips interim responses, reads the body of a refusal, and takes
a message of any size through a small buffer. Of its flash, SHA-1 takes 2.8 KB,
`memcpy` and `memmove` 2.6, httparse 1.8, base64 0.7: libraries that it does not
replace by code of its own.

## hybi, part by part

{flash}
{state}
{static}
## Stack

By painting, in QEMU, `opt-level` z; beyond the depth of the caller.

{stack}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", required=True, type=Path)
    certificates = parser.parse_args().certificates
    sizes, depths = {}, {}
    text = TEXT.format(
        plain="".join(plain_table()),
        flash="".join(flash_table(sizes)),
        state="".join(state_table()),
        static="".join(static_table()),
        stack="".join(stack_table(certificates, depths)),
    )
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "budget.md").write_text(text)
    print(text)
    found = {
        "plain": sizes["", "plain"],
        "TLS": sizes["tls", "secure"] - sizes["", "driver"],
        "TLS handshake": depths["TLS handshake"],
    }
    over = [
        f"{name}: {found[name]} > {most}" for name, most in BOUNDS.items() if found[name] > most
    ]
    sys.exit("\n".join(over) or 0)


if __name__ == "__main__":
    main()
