"""Faults of the machine that the client runs on: a full disk, a closed stdout, no descriptors left,
clocks that jump."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from client import Mismatch, clean_environment

HOSTILE = Path(__file__).parents[1] / "hostile"
sys.path.append(str(HOSTILE))

import wire
from peer import Log, Peer

PATIENCE = 15
LIBFAKETIME = "libfaketime.so.1"


class Server:
    """One script of ci/hostile/peer.py for whoever connects, in a thread of its own."""

    def __init__(self, serve):
        self.serve = serve
        self.logs = []
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.ready.wait()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._handle, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def _handle(self, reader, writer):
        log = Log(None)
        self.logs.append(log)
        try:
            await self.serve(Peer(reader, writer, log))
        except (OSError, EOFError, asyncio.CancelledError):
            log.notes["gone"] = True
        finally:
            writer.close()

    def close(self):
        def stop():
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_later(0.1, self.loop.stop)

        self.loop.call_soon_threadsafe(stop)
        self.thread.join()


async def pours(peer):
    """Messages until the client goes away, or it is enough."""
    await peer.accept()
    for _ in range(400):
        await peer.send(wire.text("x" * 1000))
        await asyncio.sleep(0.001)
    await peer.send(wire.close())
    await peer.until_end()


async def pings(peer):
    """A message each 100 ms; answers Pings and Close."""
    await peer.accept()

    async def answers():
        with contextlib.suppress(OSError, EOFError):
            while True:
                opcode, payload = await peer.frame()
                if opcode == wire.PING:
                    await peer.send(wire.frame(wire.PONG, payload))
                if opcode == wire.CLOSE:
                    await peer.send(wire.frame(wire.CLOSE, payload))
                    return

    answering = asyncio.create_task(answers())
    while not answering.done():
        await peer.send(wire.text("tick"))
        await asyncio.sleep(0.1)


def shell(command, hybi, *arguments, environment=()):
    """What a shell makes of `command`, in which "$@" is the program: (status, stdout, stderr)."""
    words = ["bash", "-c", command, "bash", str(hybi), *map(str, arguments)]
    try:
        done = subprocess.run(
            words,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            env=clean_environment() | dict(environment),
        )
    except subprocess.TimeoutExpired:
        raise Mismatch(f"{command} did not end within {PATIENCE} s") from None
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def full_disk(hybi):
    """/dev/full takes nothing: the program ends, says why on stderr, and drops the connection."""
    server = Server(pours)
    url = f"ws://127.0.0.1:{server.port}/"
    for options in (("--json",), ("--raw",), ()):
        status, _, errors = shell('"$@" >/dev/full', hybi, *options, url)
        if status != 1 or "No space left" not in errors or "panicked" in errors:
            raise Mismatch(f"/dev/full with {options}: exit {status}: {errors}")
    # With nowhere to say it either.
    status, _, _ = shell('"$@" >/dev/full 2>/dev/full', hybi, "--json", url)
    if status != 1:
        raise Mismatch(f"/dev/full twice: exit {status}")
    server.close()
    return "a full disk: exit 1 and the reason on stderr"


def closed_stdout(hybi):
    """Whoever read has gone: quiet, and at once."""
    server = Server(pours)
    url = f"ws://127.0.0.1:{server.port}/"
    for name, command in (
        ("a reader that goes", '"$@" | head -n 3 >/dev/null; exit "${PIPESTATUS[0]}"'),
        ("closed from the start", '"$@" >&-'),
        ("all three closed", '"$@" >&- 2>&- <&-'),
    ):
        started = time.monotonic()
        status, _, errors = shell(command, hybi, "--json", url)
        took = time.monotonic() - started
        # A closed stdout is /dev/null to a Rust program: it runs until the server has enough.
        if status not in (0, 1) or "panicked" in errors or took > PATIENCE / 2:
            raise Mismatch(f"stdout, {name}: exit {status} after {took:.1f} s: {errors}")
    server.close()
    return "a closed stdout: the program ends"


def no_descriptors(hybi):
    """At each number of descriptors: an end that is an event, no panic, no hang."""
    server = Server(pings)
    url = f"ws://127.0.0.1:{server.port}/"
    ends = {}
    for limit in range(4, 20):
        command = f'ulimit -n {limit}; exec "$@"'
        for options in (("--count", 1), ("--count", 1, "--reconnect=2", "--backoff", "0.01..0.05")):
            status, output, errors = shell(command, hybi, "--json", *options, url)
            if "cannot open shared object" in errors:
                continue
            events = [json.loads(line) for line in output.splitlines()]
            if not events or events[-1]["event"] not in ("closed", "error"):
                raise Mismatch(f"{limit} descriptors: exit {status}, {output} {errors}")
            if status not in (0, 1) or "panicked" in errors:
                raise Mismatch(f"{limit} descriptors: exit {status}, {output} {errors}")
            ends[limit] = status
    server.close()
    enough = min(limit for limit, status in ends.items() if status == 0)
    return f"descriptors: from {min(ends)} on an error event, from {enough} on it works"


def clocks(hybi):
    """Jumps of the wall clock, and of the one that deadlines are counted by."""
    library = find_faketime()
    server = Server(pings)
    url = f"ws://127.0.0.1:{server.port}/"
    alive = ["--ping-interval", "0.3", "--ping-timeout", "2", "--idle-timeout", "5", "--count", 25]
    reports = []
    for name, jump, monotonic, statuses in (
        ("the wall clock a day on", "+1d", False, (0,)),
        ("the wall clock a day back", "-1d", False, (0,)),
        ("the wall clock ten years on", "+10y", False, (0,)),
        # As after a long sleep: deadlines are over, and that is said.
        ("every clock an hour on", "+1h", True, (0, 6)),
        ("every clock an hour back", "-1h", True, (0, 6)),
    ):
        status, output, errors = jumping(hybi, library, jump, monotonic, *alive, url)
        time_shown, _, last = output.splitlines()[-1].partition(" ") if output else ("0", "", "{}")
        last = json.loads(last)
        if (
            status not in statuses
            or "panicked" in errors
            or last.get("event")
            not in (
                "closed",
                "error",
            )
        ):
            raise Mismatch(f"{name}: exit {status}, {last} {errors}")
        # The program must have seen it, or this shows nothing.
        if jump == "+1h" and float(time_shown) < 3000:
            raise Mismatch(f"{name}: {library} did not shift it: {time_shown}")
        reports.append(f"{name}: exit {status}")
    server.close()
    return "clocks: " + "; ".join(reports)


def find_faketime():
    found = sorted(Path("/usr/lib").glob(f"**/faketime/{LIBFAKETIME}"))
    if not found:
        raise Mismatch(f"{LIBFAKETIME} is not installed: no clock can jump")
    return found[0]


def jumping(hybi, library, jump, monotonic, *arguments):
    """The clock jumps after a second."""
    offset = Path(os.environ.get("TMPDIR", "/tmp")) / f"hybi-clock-{os.getpid()}"
    offset.write_text("+0")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "0" if monotonic else "1",
        # Waits of the kernel are as long as ever.
        "FAKETIME_FAKE_MONOTONIC_SLEEP": "0",
    }
    timer = threading.Timer(1, offset.write_text, [jump])
    timer.start()
    try:
        arguments = ("--json", "--timings", *arguments)
        return shell('exec "$@"', hybi, *arguments, environment=environment)
    finally:
        timer.cancel()
        offset.unlink()


def run(hybi):
    for check in (full_disk, closed_stdout, no_descriptors, clocks):
        yield check(hybi)
