#!/usr/bin/env python3
"""Builds examples/cortex-m/footprint and prints, as Markdown, what the client costs: flash beyond an
empty program, and the state that it keeps in RAM.

    size.py

Flash is everything that is loaded (vectors, code, constants, initial data); what `baseline`, a
program that does nothing, takes of it is subtracted.
"""

import os
import struct
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples/cortex-m"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or FOLDER / "target")
BUILT = TARGET / "thumbv7em-none-eabihf/small"

CLIENTS = [
    ("plain", "", "opening handshake, echo, Pings and Close answered; the machine driven by hand"),
    ("driver", "", "the same over the blocking driver"),
    ("inflating", "deflate", "that, and receiving permessage-deflate"),
]
STATES = [
    ("HANDSHAKE", "while opening"),
    ("CONNECTION", "an open connection, buffers apart"),
    ("WEBSOCKET", "that in the blocking driver"),
    ("DEFLATE", "receiving permessage-deflate, besides a window of 512 to 32,768 bytes"),
]


class Elf:
    """The little of a 32-bit ELF file that matters here."""

    def __init__(self, path):
        self.data = path.read_bytes()
        (start,) = struct.unpack_from("<I", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 46)
        self.sections = [
            struct.unpack_from("<10I", self.data, start + n * size) for n in range(count)
        ]

    def flash(self):
        """The bytes of all sections that are loaded and not only reserved."""
        alloc, nobits = 2, 8
        return sum(s[5] for s in self.sections if s[2] & alloc and s[1] != nobits)

    def symbols(self):
        """The size of each symbol, by its name."""
        for section in self.sections:
            if section[1] == 2:  # SHT_SYMTAB
                names = self.sections[section[6]][4]
                for at in range(section[4], section[4] + section[5], 16):
                    name, _, size = struct.unpack_from("<3I", self.data, at)
                    end = self.data.index(b"\0", names + name)
                    yield self.data[names + name : end].decode(), size


def build(features):
    command = ["cargo", "build", "--locked", "-q", "--profile", "small", "-p", "footprint"]
    subprocess.run([*command, "--features", features], cwd=FOLDER, check=True)


def main():
    rows = []
    for feature in ["", "deflate"]:
        build(feature)
        baseline = Elf(BUILT / "baseline").flash()
        for name, wanted, what in CLIENTS:
            if wanted == feature:
                rows.append((what, Elf(BUILT / name).flash() - baseline))
    print("| client for thumbv7em, opt-level z, fat LTO | flash, bytes |\n| --- | ---: |")
    for what, size in rows:
        print(f"| {what} | {size:,} |")
    print("\n| state, 32-bit | RAM, bytes |\n| --- | ---: |")
    symbols = list(Elf(BUILT / "state").symbols())
    for state, what in STATES:
        sizes = {size for name, size in symbols if state in name}
        print(f"| {what} | {max(sizes):,} |")


if __name__ == "__main__":
    main()
