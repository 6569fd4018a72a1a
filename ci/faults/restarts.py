"""kill -9 and restart of a real server at random moments under load, `hybi --reconnect` on the other
side, and an account of every message.

The server is `ws` on node, and logs each message before it sends it back: whatever kills it, the
log has what reached it. `hybi` is fed numbered lines with a checksum each."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import zlib
from pathlib import Path

from client import Mismatch, clean_environment

# A server that is up again must be found within so many seconds.
DEADLINE = 10
# A message has a slot of the log, see echo_log.js.
LONGEST, SLOT = 900, 1024
SCRIPT = Path(__file__).parent / "echo_log.js"


class Server:
    def __init__(self, node_modules, folder, log):
        self.port = quiet_port()
        self.command = ["node", SCRIPT, node_modules, str(self.port), log]
        self.process = None
        self.errors = (folder / "server.log").open("w")

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
        )

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def wait_until_up(self):
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.002)
        raise Mismatch("the server does not start")


def quiet_port():
    """A port that no outgoing connection gets while the server is down: below the range of those."""
    chance = random.Random()
    while True:
        port = chance.randrange(15000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Client:
    """`hybi`, fed and read by a thread each."""

    def __init__(self, hybi, port, folder):
        command = [str(hybi), "--json", "--reconnect", "--backoff", "0.005..0.05"]
        command += ["--close-timeout", "2", "--no-compress", f"ws://127.0.0.1:{port}/"]
        self.errors = (folder / "hybi.log").open("w+")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=clean_environment(),
        )
        self.sent = 0
        self.connected = 0
        # Losses of an open connection, and attempts that failed.
        self.losses = self.failed = 0
        self.echoes = []
        self.last = None
        self.torn = []
        self.feeding = threading.Event()
        self.feeding.set()
        self.running = True
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=work) for work in (self._feed, self._read)]
        for thread in self.threads:
            thread.start()

    def _feed(self):
        chance = random.Random(7)
        try:
            while self.running:
                if self.feeding.wait(0.1):
                    self.process.stdin.write(line(self.sent, chance))
                    self.process.stdin.flush()
                    self.sent += 1
                    if self.sent % 8 == 0:
                        time.sleep(0.001)
        except OSError:
            pass

    def _read(self):
        for text in self.process.stdout:
            event = json.loads(text)
            self.last = event
            with self.changed:
                match event["event"]:
                    case "connected":
                        self.connected += 1
                    case "disconnected" if event["attempt"] == 1:
                        self.losses += 1
                    case "disconnected":
                        self.failed += 1
                    case "text":
                        self.echoes.append(number(event["data"].encode(), self.torn))
                self.changed.notify_all()

    def wait_for(self, count):
        """Until it has connected so many times."""
        with self.changed:
            return self.changed.wait_for(lambda: self.connected >= count, DEADLINE)

    def usage(self):
        """(descriptors, resident KiB) of the process."""
        folder = Path(f"/proc/{self.process.pid}")
        status = (folder / "status").read_text()
        resident = int(status.split("VmRSS:")[1].split()[0])
        return len(os.listdir(folder / "fd")), resident

    def finish(self):
        self.running = False
        self.threads[0].join(DEADLINE)
        self.process.stdin.close()
        status = self.process.wait(DEADLINE)
        self.threads[1].join(DEADLINE)
        return status


def line(at, chance):
    words = f"{at}:" + "x" * chance.choice((0, 10, 100, 1000, LONGEST))
    return f"{words}:{zlib.crc32(words.encode()):08x}\n".encode()


def number(text, torn):
    words, _, checksum = text.rstrip(b"\n").rpartition(b":")
    if checksum != f"{zlib.crc32(words):08x}".encode():
        torn.append(text[:80])
        return -1
    return int(words.split(b":")[0])


def run(hybi, node_modules, folder, cycles, seed):
    """Returns the account in words; raises Mismatch where it does not add up."""
    log = folder / "received.log"
    log.touch()
    chance = random.Random(seed)
    server = Server(node_modules, folder, log)
    server.start()
    server.wait_until_up()
    client = Client(hybi, server.port, folder)
    started = time.monotonic()
    slowest, early = 0, None
    try:
        for cycle in range(1, cycles + 1):
            up = time.monotonic()
            if not client.wait_for(cycle):
                raise Mismatch(f"cycle {cycle}: not connected within {DEADLINE} s: {client.last}")
            slowest = max(slowest, time.monotonic() - up)
            time.sleep(chance.uniform(0, 0.05))
            if cycle == min(100, cycles // 2):
                early = client.usage()
            server.kill()
            # Now and then an attempt finds nobody.
            time.sleep(chance.choice((0, 0, 0.03)))
            server.start()
        if not client.wait_for(cycles + 1):
            raise Mismatch(f"not connected after the last restart: {client.last}")
        client.feeding.clear()
        time.sleep(1)
        late = client.usage()
        status = client.finish()
    finally:
        client.process.kill()
        client.running = False
        client.feeding.set()
        server.kill()
    took = time.monotonic() - started
    return account(client, log, cycles, status, early, late, slowest, took)


def account(client, log, cycles, status, early, late, slowest, took):
    torn = list(client.torn)
    data = log.read_bytes()
    slots = (data[at : at + SLOT] for at in range(0, len(data), SLOT))
    logged = [number(slot.split(b"\n")[0], torn) for slot in slots]
    problems = []

    def check(good, words):
        if not good:
            problems.append(words)

    check(not torn, f"torn: {torn[:3]}")
    check(rising(logged), "the server got a message twice, or out of order")
    check(rising(client.echoes), "a message was handed over twice, or out of order")
    check(set(client.echoes) <= set(logged), "an echo of what the server never got")
    check(client.connected == cycles + 1, f"{client.connected} connections, {cycles + 1} expected")
    check(client.losses == cycles, f"{client.losses} losses reported of {cycles}")
    check(status == 0, f"exit {status}: {client.last}")
    check(late[0] <= early[0], f"descriptors grew from {early[0]} to {late[0]}")
    check(late[1] <= early[1] + 2048, f"memory grew from {early[1]} to {late[1]} KiB")
    words = (
        f"{cycles} cycles in {took:.0f} s: {client.sent} messages sent, {len(logged)} reached the"
        f" server, {len(client.echoes)} came back, none twice, none torn;"
        f" {client.losses} losses reported, {client.failed} attempts failed;"
        f" the longest wait for a connection {slowest:.2f} s;"
        f" descriptors {early[0]} and {late[0]}, resident {early[1]} and {late[1]} KiB"
    )
    if problems:
        raise Mismatch("\n  ".join([*problems, words]))
    return words


def rising(numbers):
    return all(one < other for one, other in itertools.pairwise(numbers))
