#!/usr/bin/env python3
"""Runs a client against every hostile server of tables/ and compares what it does.

    run.py --client 'target/release/hybi' [--name NAME] [--peer] [--only WORD] [--jobs N] [-v]

The client takes the options of `hybi` and prints the events of --json. --peer: it is another
client behind an adapter, judged by what it opens, hands over and how it ends; an option that it
lacks makes a case count neither way. --lacks-deflate: it has no compression. --zero-or-not: its exit status tells no more. --firmware:
it runs in QEMU, and tells the status of a refusal only. --slow SECONDS:
what it takes to start. --host: what it has to call this machine. --few: three of the values of a
case that has many. --groups: the tables to run. --report FILE gets the result as JSON. --list prints the table.
"""

import argparse
import asyncio
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import runner
from tables import all_cases

# The sizes of a flood. Four times as much may take at most so many times as long, and so many
# seconds: the start of the program counts in the one, a busy machine in the other.
SIZES, MOST, NOISE = (1, 4), 8, 0.15
MAKE_CERTIFICATES = Path(__file__).parents[1] / "tls" / "make.sh"


async def run_all(cases, one, jobs, folder, verbose):
    """A list of (case, verdict) in the order of the table."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(jobs + 4))
    gate = asyncio.Semaphore(jobs)
    results = [None] * len(cases)

    async def run_case(at, case):
        verdict, processor = None, []
        for value in case.each:
            async with gate:
                this = await runner.run(case, value, one, folder)
            runs["runs"] += 1
            if verdict is None or not this.passed:
                verdict = this
            if this.passed is False:
                this.problems.insert(0, f"value {str(value)[:200]}")
            if not this.passed:
                break
            verdict.told &= this.told
            processor.append(this.processor)
        if case.each == SIZES and len(processor) == 2 and one.strict:
            floods[case.name] = processor
            if processor[1] > MOST * processor[0] + NOISE:
                verdict.passed = False
                verdict.problems.append(f"not linear: {processor} s of processor time")
        results[at] = (case, verdict)
        if verdict.passed is False:
            print(f"FAILED {case.name} ({case.reason})")
            print("\n".join(f"    {line}" for line in verdict.problems if line), flush=True)
        elif verbose:
            figures = f"{verdict.seconds:.2f} s, {verdict.resident:.0f} MiB"
            print(f"  {case.name}: {verdict.passed}, {figures}", flush=True)

    runs, floods = Counter(), {}
    await asyncio.gather(*(run_case(at, case) for at, case in enumerate(cases)))
    return results, runs["runs"], floods


def few(values):
    """The first, one in the middle, the last."""
    return tuple(dict.fromkeys((values[0], values[len(values) // 2], values[-1])))


def summary(results):
    """group: [passed, told, of, without]."""
    groups = {}
    for case, verdict in results:
        row = groups.setdefault(case.groups[0], [0, 0, 0, 0])
        if verdict.passed is None:
            row[3] += 1
            continue
        row[0] += verdict.passed
        row[1] += verdict.passed and verdict.told
        row[2] += 1
    return groups


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", default="target/release/hybi")
    parser.add_argument("--name", default="hybi")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--lacks-deflate", action="store_true")
    parser.add_argument("--zero-or-not", action="store_true")
    parser.add_argument("--firmware", action="store_true")
    parser.add_argument("--slow", type=float, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--groups", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    cases = [case for case in all_cases() if arguments.only in f"{case.groups[0]} {case.name}"]
    if arguments.peer:
        cases = [case for case in cases if not case.own]
    if arguments.lacks_deflate:
        cases = [case for case in cases if not (case.deflate or case.groups[0] == "deflate")]
    if arguments.firmware:
        cases = [case for case in cases if not case.large]
    if arguments.groups:
        cases = [case for case in cases if case.groups[0] in arguments.groups.split(",")]
    if arguments.few:
        cases = [replace(case, each=few(case.each)) for case in cases]
    if arguments.list:
        for case in cases:
            print(f"{case.groups[0]:<12} {case.name:<60} {case.reason}")
        return len(cases) == 0
    one = runner.Client(
        arguments.name,
        shlex.split(arguments.client),
        strict=not arguments.peer,
        exit_is_zero_or_not=arguments.zero_or_not,
        host=arguments.host,
        firmware=arguments.firmware,
        measure_memory=not (arguments.peer or arguments.zero_or_not or arguments.firmware),
        slow=arguments.slow,
    )
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if any(case.tls or "{ca}" in case.options for case in cases):
            subprocess.run(["bash", MAKE_CERTIFICATES, f"{folder}/tls"], check=True)
        results, runs, floods = asyncio.run(
            run_all(cases, one, arguments.jobs, Path(folder), arguments.verbose)
        )
    groups = summary(results)
    for group, (passed, told, of, without) in groups.items():
        more = f", the Close code right in {told}" if arguments.peer else ""
        more += f"; {without} need an option that it lacks" if without else ""
        print(f"{group:<12} {passed:>3} of {of}{more}")
    if floods and arguments.verbose:
        print("processor time, once and four times as much:")
        for name, (once, four_times) in floods.items():
            print(f"  {name:<44} {once:.2f} s {four_times:.2f} s")
    passed, told, of, without = (sum(column) for column in zip(*groups.values(), strict=True))
    took = time.monotonic() - started
    print(f"{arguments.name}: {passed} of {of} cases passed, {runs} runs in {took:.0f} s")
    if arguments.report:
        failed = [case.name for case, verdict in results if verdict.passed is False]
        report = {"name": arguments.name, "groups": groups, "runs": runs}
        report |= {"failed": failed, "floods": floods}
        arguments.report.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if of and (passed == of or arguments.peer) else 1


if __name__ == "__main__":
    sys.exit(main())
