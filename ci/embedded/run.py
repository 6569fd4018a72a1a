#!/usr/bin/env python3
"""Runs firmware in QEMU against a real server on this machine and compares what it prints, its exit
status and what the server saw.

    run.py --built FOLDER [NAME…]

FOLDER is cargo's target folder with the firmware, NAMEs choose among the cases below.
"""

import argparse
import queue
import sys
from pathlib import Path

from harness import Server
from probe import probe, reconnect
from telemetry import failures, large, restarts, second_board, silence, telemetry, telemetry_smoltcp

CASES = [
    telemetry_smoltcp,
    large,
    second_board,
    failures,
    telemetry,
    restarts,
    silence,
    probe,
    reconnect,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--built", required=True, type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    failed = 0
    for case in CASES:
        if arguments.names and case.__name__ not in arguments.names:
            continue
        print(f"\n{case.__name__}: {case.__doc__}")
        server = Server()
        try:
            case(arguments.built / "thumbv7em-none-eabihf/release", server)
            print("  ok")
        except (AssertionError, queue.Empty) as problem:
            failed += 1
            print(f"  FAILED: {problem or 'the server reported nothing'}")
        finally:
            server.stop()
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
