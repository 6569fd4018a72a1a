#!/usr/bin/env python3
"""Writes results.md from the reports of run.py.

    scoreboard.py NAME-AND-VERSION=REPORT.json… >results.md

What begins with hybi was held to its whole contract, the others to what they let through.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

TEXT = """# Hostile servers: the scoreboard

By `ci/run scoreboard` on {day}. A case is passed if every run of it is (cuts at each byte are one case).

- `hybi` is held to its whole contract: the events in order, the kind of the error, the code of its Close frame on the wire, the exit status, time and memory.
- The others are judged by what any client owes: to open or not, to hand over the right messages and no other, to tell a good end from a bad one, in time. Behind the slash: the cases in which the right Close code went out too, or none was due.
- The firmware runs in QEMU, with the tables that fit it, three cuts of each message instead of all, and without what is longer than 12 KiB.
- A case that needs an option that a client lacks counts neither way, nor do those about what only `hybi` promises. So the columns have different sums.

{table}

What a group is about stands at the top of its file in `tables/`; `run.py --list` prints each case with its reason.

## Where the others fail

{failures}

tungstenite answers a Close frame with a forbidden code by 1002, but hands its own answer to the program as if the peer had closed so: counted as failed. websocket-client has neither limits nor compression, and lets the caller look for what a frame breaks.
"""


def cell(row, whole):
    if not row or not row[2]:
        return "–"
    passed, told, of, _ = row
    return f"{passed} of {of}" if whole else f"{passed} / {told} of {of}"


def main():
    named = [word.rpartition("=") for word in sys.argv[1:]]
    reports = [(name, json.loads(Path(file).read_text())) for name, _, file in named]
    groups = list(reports[0][1]["groups"])
    lines = ["| group | " + " | ".join(name for name, _ in reports) + " |"]
    lines.append("| --- |" + " ---: |" * len(reports))
    for group in groups:
        cells = [
            cell(report["groups"].get(group), name.startswith("hybi")) for name, report in reports
        ]
        lines.append(f"| {group} | " + " | ".join(cells) + " |")
    sums = []
    for name, report in reports:
        total = [sum(column) for column in zip(*report["groups"].values(), strict=True)]
        sums.append(f"**{cell(total, name.startswith('hybi'))}**")
    lines.append("| **all** | " + " | ".join(sums) + " |")
    failures = []
    for name, report in reports:
        if report["failed"]:
            found = sorted(report["failed"])
            failures.append(f"<details><summary>{name}: {len(found)}</summary>\n")
            failures.extend(f"- `{case.encode('unicode_escape').decode()}`" for case in found)
            failures.append("\n</details>\n")
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    print(TEXT.format(day=day, table="\n".join(lines), failures="\n".join(failures)), end="")


if __name__ == "__main__":
    main()
