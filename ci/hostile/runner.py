"""Runs a case against a client: the server here, the client as a process, then the verdict."""

import asyncio
import os
import signal
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

import peer as server
from case import ANY, client

# How a client says that it lacks an option.
UNSUPPORTED = 64


@dataclass
class Client:
    """How to start one, and what it can be held to."""

    name: str
    command: list
    # The whole contract: kinds, exit status, memory. Others are judged by what they let through.
    strict: bool = True
    # WASI 0.2 tells only zero from non-zero.
    exit_is_zero_or_not: bool = False
    measure_memory: bool = True
    # It does not tell the status of a 101 that breaks the rules.
    firmware: bool = False
    # What it has to call this machine.
    host: str = "127.0.0.1"
    # Time that it needs to start, more than a native program does.
    slow: float = 0


@dataclass
class Verdict:
    # None: the client lacks an option that the case needs.
    passed: bool | None
    problems: list = field(default_factory=list)
    # The Close code was right, for clients that are not held to the whole contract.
    told: bool = True
    seconds: float = 0
    resident: float = 0
    processor: float = 0


async def run(case, value, one, folder):
    """One run of a case."""
    log = server.Log(value)
    handlers = set()

    async def connected(reader, writer):
        handlers.add(asyncio.current_task())
        log.connections += 1
        await serve(case, server.Peer(reader, writer, log))

    context = None
    if case.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = folder / "tls" / case.tls
        context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, limit=1 << 26)
    log.port = listener.sockets[0].getsockname()[1]
    fill = {"port": log.port, "ca": folder / "tls" / "ca.pem"}
    here = ("//127.0.0.1", f"//{one.host}")
    # Not format: braces and control characters are a case's own business.
    arguments = [filled(word.replace(*here), fill) for word in (*case.options, case.url)]
    loop = asyncio.get_running_loop()
    try:
        outcome = await loop.run_in_executor(
            None, start, one, arguments, case.stdin, case.seconds + one.slow + 8
        )
        if handlers:
            await asyncio.wait(handlers, timeout=1)
    finally:
        listener.close()
        for handler in handlers:
            handler.cancel()
    # Floods print much: reading it must not hold up the servers.
    return await loop.run_in_executor(None, judge, case, value, one, outcome, log)


def filled(word, fill):
    for name, value in fill.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


async def serve(case, peer):
    try:
        async with asyncio.timeout(server.PATIENCE + case.seconds):
            await case.serve(peer)
    except (OSError, EOFError, TimeoutError, server.Violation, asyncio.LimitOverrunError):
        # How the client ends is not the server's business, and the log has what it broke.
        pass
    except asyncio.CancelledError:
        # The client has ended, and the run with it.
        pass
    finally:
        peer.writer.close()


@dataclass
class Ended:
    command: list
    status: int | None
    output: str
    errors: str
    seconds: float
    resident: float = 0
    processor: float = 0


def start(one, arguments, stdin, patience):
    command = [*one.command, "--json", *arguments]
    measured = ["/usr/bin/time", "-q", "-f", "%M %U %S", "-o"]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        with tempfile.NamedTemporaryFile("r") as figures, tempfile.TemporaryFile() as source:
            if stdin:
                source.write(stdin)
                source.seek(0)
            started = time.monotonic()
            process = subprocess.Popen(
                [*measured, figures.name, *command],
                stdin=subprocess.DEVNULL if stdin is None else source,
                stdout=output,
                stderr=errors,
                env=client.clean_environment(),
                start_new_session=True,
            )
            try:
                status = process.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = None
            seconds = time.monotonic() - started
            words = figures.read().split()
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    ended = Ended(command, status, *texts, seconds)
    if len(words) == 3:
        ended.resident = float(words[0]) / 1024
        ended.processor = float(words[1]) + float(words[2])
    return ended


def judge(case, value, one, ended, log):
    verdict = Verdict(
        True, seconds=ended.seconds, resident=ended.resident, processor=ended.processor
    )
    if ended.status == UNSUPPORTED:
        verdict.passed = None
        return verdict
    expect = case.expected(value)
    problems = verdict.problems
    try:
        events = client.Outcome(ended.command, ended.status, ended.output, ended.errors).events
    except client.Mismatch as error:
        events = []
        problems.append(str(error).splitlines()[0])
    bound = case.seconds + one.slow
    if ended.status is None:
        problems.append(f"still running after {ended.seconds:.1f} s")
    elif ended.seconds > bound:
        problems.append(f"took {ended.seconds:.2f} s of {bound:.2f} s")
    elif ended.seconds < case.at_least:
        problems.append(f"took {ended.seconds:.2f} s, less than {case.at_least:.2f} s")
    if one.strict:
        whole_contract(case, expect, one, ended, events, problems)
    else:
        behaviour(expect, events, problems)
    code = log.close_code
    if expect.wire is not ANY and code != expect.wire:
        if one.strict:
            problems.append(f"the server saw a Close with {code}, not {expect.wire}")
        verdict.told = False
    problems.extend(f"the server saw: {words}" for words in log.violations)
    if any(request.header("X-Injected") for request in log.requests):
        problems.append("an option became a header of its own")
    applies = one.strict or not getattr(case.check, "own", False)
    if case.check and applies and ended.status is not None:
        try:
            words = case.check(log)
        except IndexError:
            words = "the server saw no request"
        if words:
            problems.append(words)
    if problems:
        problems.append(f"exit {ended.status}: {client.shorten(ended.output)[:1500]}")
        problems.append(client.shorten(ended.errors)[-600:])
        verdict.passed = False
    return verdict


def whole_contract(case, expect, one, ended, events, problems):
    first = [event for event in events if event["event"] == "connected"]
    rest = [event for event in events if event["event"] != "connected"]
    if bool(first) != expect.opened:
        problems.append("it opened a connection" if first else "it opened no connection")
    if expect.end is not ANY:
        wanted = [expect.end] if expect.events is ANY else [*expect.events, expect.end]
        found = rest[-1:] if expect.events is ANY else rest
        if one.firmware and wanted[-1].get("status") == 101:
            wanted[-1] = wanted[-1] | {"status": None}
        if len(found) != len(wanted) or not all(map(client.matches, wanted, found)):
            problems.append(f"expected {client.shorten(str(wanted))[:1000]}")
    good = expect.exit if isinstance(expect.exit, tuple) else (expect.exit,)
    status = ended.status
    if one.exit_is_zero_or_not and status is not None:
        status, good = bool(status), tuple(map(bool, good))
    if ANY not in good and status not in good:
        problems.append(f"expected exit {good}")
    if one.measure_memory and ended.resident > case.memory:
        problems.append(f"held {ended.resident:.0f} MiB of {case.memory} MiB")


def behaviour(expect, events, problems):
    """What any client must do: open or not, hand over the right messages and no others, and tell
    a good end from a bad one."""
    opened = any(event["event"] == "connected" for event in events)
    if opened != expect.opened:
        problems.append("it opened a connection" if opened else "it opened no connection")
    data = ("text", "binary")
    messages = [event for event in events if event["event"] in data]
    wanted = expect.events if expect.events is not ANY else ()
    wanted = [event for event in wanted if event["event"] in data]
    if messages != wanted and expect.events is not ANY:
        problems.append(f"expected {client.shorten(str(wanted))[:1000]}")
    if expect.end is ANY:
        return
    end = events[-1] if events else {"event": None}
    if end["event"] != expect.end["event"]:
        problems.append(f"it ended in {end['event']}, not {expect.end['event']}")
    elif end["event"] == "closed" and end["code"] != expect.end["code"]:
        problems.append(f"it closed with {end['code']}, not {expect.end['code']}")
