#!/usr/bin/env python3
"""Faults on the way, in the machine and in the server, and an account of what `hybi` made of them.

    run.py --hybi BINARY --node-modules DIR [--cycles N] [--step N] [--only WORD]

The Python that runs this has `websockets`. --cycles: how often the server is killed and started
again. --step: the fault proxy does its harm at each Nth byte. Root is needed for the kernel faults.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CI = Path(__file__).parents[1]
sys.path.append(str(CI / "peers"))

import local
import network
import paths
import programs
import restarts
from client import Mismatch


def through_the_proxy(arguments, folder):
    server, ports = paths.start_server(folder, folder / "tls")
    try:
        yield paths.run(
            paths.Path(arguments.hybi, ports, folder / "tls"), arguments.step, arguments.jobs
        )
    finally:
        server.stop()


def of_the_kernel(arguments, folder):
    script = programs.SERVERS / "websockets_server.py"
    yield from network.run(arguments.hybi, script, folder / "tls")


def of_the_machine(arguments, _):
    yield from local.run(arguments.hybi)


def of_the_server(arguments, folder):
    node_modules = arguments.node_modules.resolve()
    yield restarts.run(arguments.hybi, node_modules, folder, arguments.cycles, arguments.seed)


GROUPS = (of_the_machine, of_the_kernel, through_the_proxy, of_the_server)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hybi", required=True, type=Path)
    parser.add_argument("--node-modules", required=True, type=Path)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["bash", CI / "tls" / "make.sh", folder / "tls"], check=True)
        for group in GROUPS:
            if arguments.only not in group.__name__:
                continue
            started = time.monotonic()
            try:
                for words in group(arguments, folder):
                    print(f"  {words}", flush=True)
                passed += 1
            except Mismatch as problem:
                failed += 1
                print(f"FAILED {group.__name__}: {problem}")
            print(f"{group.__name__}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"{passed} groups passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
