#!/usr/bin/env python3
"""Runs a client through Autobahn's fuzzing server and compares the verdicts, case by case, with
expected.json. Anything else fails: another behaviour, another close behaviour (UNCLEAN, WRONG
CODE), a case missing or too many, a client that fails or does not end, one that does not compress
where compression was negotiated (sections 12 and 13).

    run.py --server PYTHON2|KOSOKU --sections 1-7,9,10 --reports DIR --agent NAME
           -- CLIENT '{url}' '{agent}'

A client that sees this machine by another address is told the '{port}' alone.
The server is the Python of ci/autobahn/install.sh or the program `kosoku`.
"""

import argparse
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
# Sections that exist; 8 and 11 do not.
SECTIONS = [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13]


def parse_sections(text):
    """`1-7,9,10` as numbers."""
    chosen = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        chosen.update(range(int(first), int(last or first) + 1))
    return [section for section in SECTIONS if section in chosen]


def section_of(case):
    return int(case.split(".")[0])


def compare(found, expected):
    """The differences between two {case: [behavior, behaviorClose]}, as lines."""

    def order(case):
        return [int(part) for part in case.split(".")]

    for case in sorted(found.keys() | expected.keys(), key=order):
        if case not in found:
            yield f"{case}: did not run"
        elif case not in expected:
            yield f"{case}: is not in expected.json"
        elif found[case] != expected[case]:
            yield f"{case}: {'/'.join(found[case])} instead of {'/'.join(expected[case])}"


def table(found, expected):
    """One line a section: as expected and OK, as expected and informational, otherwise, all."""
    rows = [("section", "OK", "informational", "wrong", "total")]
    cases = found.keys() | expected.keys()
    groups = [(str(s), [c for c in cases if section_of(c) == s]) for s in SECTIONS]
    for name, group in [*groups, ("all", list(cases))]:
        if group:
            right = [found[c] for c in group if found.get(c) == expected.get(c)]
            ok = right.count(["OK", "OK"])
            rows.append((name, ok, len(right) - ok, len(group) - len(right), len(group)))
    return "\n".join("{:>7} {:>5} {:>13} {:>6} {:>6}".format(*row) for row in rows)


def not_compressed(index, reports):
    """The cases in which the client's messages were no shorter than their payload, as lines.
    Small ones (below 256 bytes on average) may be: noise, or not worth it."""
    for case, one in index.items():
        if section_of(case) >= 12:
            # The index names the page for people; the file beside it has the figures.
            report = (reports / one["reportfile"]).with_suffix(".json")
            traffic = json.loads(report.read_text())["trafficStats"]
            if traffic is None:
                continue  # the case failed before there was any
            messages = traffic["incomingWebSocketMessages"]
            size = traffic["incomingOctetsAppLevel"]
            if size >= 256 * messages and not traffic["incomingCompressionRatio"] < 1:
                yield f"{case}: {messages} messages of {size} bytes in all came uncompressed"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(server, reports, sections):
    """The server and its port, once it listens."""
    patterns = [f"{section}.*" for section in sections]
    if Path(server).name == "kosoku":
        port = free_port()
        include = [word for pattern in patterns for word in ("-i", pattern)]
        command = [server, "-m", "fuzzingserver", "-o", reports, f"127.0.0.1:{port}", *include]
    else:
        port = None  # it chooses one and says so
        command = [server, "-u", HERE / "fuzzingserver.py", reports, *patterns]
    log = reports / "server.log"
    process = subprocess.Popen(command, stdout=log.open("w"), stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        if said := re.search(r"^listening on (\d+)$", log.read_text(), re.MULTILINE):
            port = int(said[1])
        if port and can_connect(port):
            return process, port
        time.sleep(0.05)
    stop(process)
    sys.exit(f"the server did not start:\n{log.read_text()}")


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


def read_index(reports, agent):
    """The verdicts about an agent. The server may still be writing when the client has ended."""
    for _ in range(100):
        try:
            return json.loads((reports / "index.json").read_text())[agent]
        except (OSError, KeyError, ValueError):
            time.sleep(0.1)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--sections", default="1-13")
    parser.add_argument("--reports", required=True, type=Path)
    parser.add_argument("--agent", required=True)
    parser.add_argument("--timeout", type=float, default=1800)
    parser.add_argument("--sends-uncompressed", action="store_true", help="it never compresses")
    parser.add_argument("client", nargs="+")
    arguments = parser.parse_args()
    sections = parse_sections(arguments.sections)
    reports = arguments.reports.resolve()
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)

    server, port = start_server(arguments.server, reports, sections)
    names = {"url": f"ws://127.0.0.1:{port}", "port": port, "agent": arguments.agent}
    command = [word.format(**names) for word in arguments.client]
    started = time.monotonic()
    try:
        with open(reports / "client.log", "w") as log:
            status = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=arguments.timeout,
            ).returncode
        problem = f"the client ended with status {status}" if status else None
        seconds = time.monotonic() - started
        index = read_index(reports, arguments.agent)
    except subprocess.TimeoutExpired:
        problem = f"the client did not end within {arguments.timeout:g} s"
        index = None
    finally:
        stop(server)

    if index is None:
        print("\n".join((reports / "client.log").read_text().splitlines()[-20:]))
        sys.exit(f"no report about {arguments.agent}: {problem or 'the client did not ask for it'}")
    found = {case: [one["behavior"], one["behaviorClose"]] for case, one in index.items()}
    everything = json.loads((HERE / "expected.json").read_text())
    expected = {case: v for case, v in everything.items() if section_of(case) in sections}

    print(table(found, expected))
    print(f"{len(found)} cases in {seconds:.1f} s; reports in {reports}")
    problems = [
        *compare(found, expected),
        *([] if arguments.sends_uncompressed else not_compressed(index, reports)),
        *([problem] if problem else []),
    ]
    for line in problems:
        print(line)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
