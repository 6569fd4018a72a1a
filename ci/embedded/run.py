#!/usr/bin/env python3
"""Runs firmware in QEMU against a real server on this machine and compares what it prints, its exit
status and what the server saw.

    run.py --built FOLDER --certificates FOLDER --attacks PROGRAM [NAME…]

The firmware is in cargo's target folder, certificates are those of ci/tls/make.sh with ca.der, the
program is `tls-attacks`. NAMEs choose among the cases below.
"""

import argparse
import queue
import sys
from pathlib import Path

from attacks import tls_attacks
from harness import Lab, Server
from probe import probe, probe_tls, reconnect
from telemetry import (
    failures,
    large,
    restarts,
    restarts_tls,
    second_board,
    silence,
    telemetry,
    telemetry_smoltcp,
    telemetry_tls,
)

CASES = [
    telemetry_smoltcp,
    large,
    second_board,
    failures,
    telemetry,
    telemetry_tls,
    restarts,
    restarts_tls,
    silence,
    probe,
    probe_tls,
    reconnect,
    tls_attacks,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ["--built", "--certificates", "--attacks"]:
        parser.add_argument(option, required=True, type=Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    lab = Lab(arguments.built, arguments.certificates, arguments.attacks)
    failed = 0
    for case in CASES:
        if arguments.names and case.__name__ not in arguments.names:
            continue
        print(f"\n{case.__name__}: {case.__doc__}")
        server = Server()
        try:
            case(lab, server)
            print("  ok")
        except (AssertionError, queue.Empty) as problem:
            failed += 1
            print(f"  FAILED: {problem or 'the server reported nothing'}")
        finally:
            server.stop()
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
