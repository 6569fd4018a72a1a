#!/usr/bin/env python3
"""Counts the instructions of each scenario with callgrind and compares them with expected.json.

    run.py [--update] [SCENARIO…]

A scenario runs with N messages and with 2 N; the difference over N is what a message costs once the
connection is warm. The counts do not depend on the machine's load; they do on the compiler, so the
tolerance is wider where that is another one. More than the tolerance fails. Less is good news:
`--update` writes the new counts down.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).parent
EXPECTED = FOLDER / "expected.json"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or FOLDER / "target")

SAME_COMPILER = 0.03
OTHER_COMPILER = 0.15

# rep movsb would be counted once a byte; and every machine with AVX2 shall take the same paths.
TUNABLES = (
    "glibc.cpu.x86_rep_movsb_threshold=0x40000000:glibc.cpu.x86_rep_stosb_threshold=0x40000000"
)


def build():
    command = ["cargo", "build", "--locked", "--release", "--quiet"]
    subprocess.run(
        [*command, "--manifest-path", FOLDER / "Cargo.toml", "--target-dir", TARGET], check=True
    )
    return TARGET / "release/hybi-callgrind"


def count(binary, scenario, messages):
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        "--toggle-collect=hybi_callgrind::counted*",
        binary,
        scenario,
        str(messages),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "GLIBC_TUNABLES": TUNABLES},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found or found[1] == "0":
        sys.exit(f"{scenario} {messages} failed: {done.stdout}{done.stderr}")
    return int(found[1])


def measure(binary, scenario, messages):
    return (count(binary, scenario, 2 * messages) - count(binary, scenario, messages)) / messages


def compiler():
    out = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout
    return " ".join(out.split()[:2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write the counts to expected.json")
    parser.add_argument("scenarios", nargs="*")
    arguments = parser.parse_args()
    cpu = Path("/proc/cpuinfo")
    if platform.machine() != "x86_64" or not re.search(r"\bavx2\b", cpu.read_text()):
        sys.exit("the stored counts are those of x86-64 with AVX2; this machine is another")

    binary = build()
    listed = subprocess.run([binary], check=True, capture_output=True, text=True).stdout
    scenarios = {name: int(messages) for name, messages in map(str.split, listed.splitlines())}
    if unknown := set(arguments.scenarios) - set(scenarios):
        sys.exit(
            f"no such scenario: {', '.join(sorted(unknown))}; there are: {' '.join(scenarios)}"
        )
    chosen = {
        name: n for name, n in scenarios.items() if name in (arguments.scenarios or scenarios)
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = pool.map(lambda item: measure(binary, *item), chosen.items())
        found = {name: round(value, 1) for name, value in zip(chosen, counts, strict=True)}

    stored = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {"instructions": {}}
    same = stored.get("compiler") == compiler()
    tolerance = SAME_COMPILER if same else OTHER_COMPILER
    print(f"{compiler()}, expected by {stored.get('compiler')}: at most {tolerance:.0%} more\n")
    print("| scenario | instructions a message | expected | difference |")
    print("| --- | ---: | ---: | ---: |")
    worse = []
    for name, value in found.items():
        expected = stored["instructions"].get(name)
        change = value / expected - 1 if expected else None
        shown = "new" if change is None else f"{change:+.1%}"
        print(f"| {name} | {value:,.1f} | {expected or 0:,.1f} | {shown} |")
        if change is None or change > tolerance:
            worse.append(name)
    if arguments.update:
        stored["compiler"] = compiler()
        stored["instructions"] = {
            name: found.get(name, stored["instructions"].get(name)) for name in scenarios
        }
        EXPECTED.write_text(json.dumps(stored, indent=2) + "\n")
    elif worse:
        sys.exit(f"\nmore instructions than expected, or no expectation: {', '.join(worse)}")


if __name__ == "__main__":
    main()
