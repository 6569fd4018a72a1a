#!/usr/bin/env python3
"""Runs `hybi-load` with each client against a fresh server and writes a table.

load.py --program BINARY [--connections N] [--threads N] [--messages N] [--report FILE]
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

CLIENTS = ("hybi-tokio", "tokio-tungstenite", "tokio-websockets")
# Of each process, beside the connections.
SPARE = 200


def one(program, client, connections, messages):
    """One client's figures; it fails if a connection or an echo does."""
    server = subprocess.Popen([program, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        command = [str(program), client, port, str(connections), str(messages)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)
    finally:
        server.kill()
        server.wait()
    if done.returncode:
        raise SystemExit(f"{client} failed: {done.stderr}")
    figures = json.loads(done.stdout)
    print(f"  {figures}", flush=True)
    return figures


def table(rows):
    yield (
        "| client | connections | echoes | opening | echoing | echoes/s | heap, open | heap, used"
        " | resident, open | resident, used |"
    )
    yield "| --- |" + " ---: |" * 9
    for row in rows:
        rate = row["messages"] / max(row["echoing_s"], 0.01)
        memory = (
            row[name] for name in ("heap_idle", "heap_used", "resident_idle", "resident_used")
        )
        cells = [
            row["client"],
            f"{row['connections']:,}",
            f"{row['messages']:,}",
            f"{row['opening_s']:.2f} s",
            f"{row['echoing_s']:.2f} s",
            f"{rate:,.0f}",
            *(f"{size:,} B" for size in memory),
        ]
        yield "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=1_000)
    parser.add_argument("--messages", type=int, default=10)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < arguments.connections + SPARE:
        raise SystemExit(f"{arguments.connections} connections need more than {hard} descriptors")
    rows = [
        one(arguments.program, client, arguments.connections, arguments.messages)
        for client in CLIENTS
    ]
    rows.append(one(arguments.program, "hybi-threads", arguments.threads, arguments.messages))
    lines = list(table(rows))
    print("\n".join(lines))
    if arguments.report:
        day = datetime.now(UTC).strftime("%Y-%m-%d")
        machine = f"{os.cpu_count()} cores, {platform.system()}"
        text = [
            "# Many connections in one process",
            "",
            (
                f"By `ci/run load` on {day}; {machine}; at most {hard} descriptors a process. Memory is"
                " that of the client's process for each connection: on the heap, and resident in all,"
                " with every connection open and after every echo of 100 bytes. `hybi-threads` has a"
                " thread for each connection, whose stack is resident too."
            ),
            "",
            *lines,
            "",
        ]
        arguments.report.parent.mkdir(exist_ok=True)
        arguments.report.write_text("\n".join(text))


if __name__ == "__main__":
    sys.exit(main())
