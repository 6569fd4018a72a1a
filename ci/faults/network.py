"""Faults of the kernel in a network namespace of our own: loss, a small MTU, a slow link, a black
hole, resets, sockets that are killed."""

import json
import os
import subprocess
import sys
import threading
import time

import client
from client import Mismatch
from paths import MESSAGES, check, received

NAME = f"hybi-faults-{os.getpid()}"
PATIENCE = 40
LONG = ["--handshake-timeout", "20", "--connect-timeout", "20", "--idle-timeout", "20"]
SHORT = ["--handshake-timeout", "2", "--connect-timeout", "2", "--idle-timeout", "2"]


class Namespace:
    """Its own loopback; `websockets` listens in it on a port of its choice."""

    def __init__(self, script, certificates):
        self.script, self.certificates = script, certificates

    def __enter__(self):
        if os.geteuid() != 0:
            raise Mismatch("the kernel faults need root, for a network namespace")
        made = subprocess.run(["ip", "netns", "add", NAME], check=False, capture_output=True)
        if made.returncode:
            said = made.stderr.decode().strip()
            raise Mismatch(f"no network namespace can be made here: {said}")
        command = [sys.executable, str(self.script), str(self.certificates)]
        self.run("ip", "link", "set", "lo", "up")
        self.server = subprocess.Popen(
            ["ip", "netns", "exec", NAME, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = json.loads(self.server.stdout.readline())["ws"]
        threading.Thread(target=self.server.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        subprocess.run(["ip", "netns", "del", NAME], check=True)

    def run(self, *words):
        command = ["ip", "netns", "exec", NAME, *map(str, words)]
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode:
            said = done.stderr.decode().strip()
            raise Mismatch(f"this kernel has not what the fault needs: {command}: {said}")
        return done.stdout.decode()

    def rule(self, words):
        self.run("nft", "add table inet f")
        self.run("nft", "add chain inet f in { type filter hook input priority 0 ; }")
        self.run("nft", f"add rule inet f in {words.format(port=self.port)}")

    def calm(self):
        """No fault any more."""
        self.run("nft", "flush ruleset")
        self.run("ip", "link", "set", "lo", "mtu", "65536")

    def talk(self, hybi, deadlines, messages=MESSAGES, more=0):
        """`more` messages are waited for that nobody sends."""
        arguments = [*deadlines, "--close-timeout", "5", "--count", len(messages) + more]
        for message in messages:
            arguments += ["-t", message]
        # `ip` is the command, so that the client runs inside.
        inside = ["netns", "exec", NAME, str(hybi), "--json", *map(str, arguments)]
        command = ["ip", *inside, f"ws://127.0.0.1:{self.port}/echo"]
        try:
            done = subprocess.run(
                command,
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=PATIENCE,
                env=client.clean_environment(),
            )
        except subprocess.TimeoutExpired:
            raise Mismatch(f"it did not end within {PATIENCE} s") from None
        return client.Outcome(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def loss(space, hybi):
    """One packet of ten is lost, in each direction: TCP mends that."""
    space.rule("tcp dport {port} numgen random mod 100 < 10 drop")
    space.rule("tcp sport {port} numgen random mod 100 < 10 drop")
    check(space.talk(hybi, LONG), 0)


def small_mtu(space, hybi):
    """Segments of 248 bytes."""
    space.run("ip", "link", "set", "lo", "mtu", "300")
    check(space.talk(hybi, LONG), 0)


def slow_link(space, hybi):
    """1 Mbit/s in small bursts: half a second for what the messages are there and back."""
    limit = ("rate", "1mbit", "burst", "70kb", "latency", "400ms")
    space.run("tc", "qdisc", "add", "dev", "lo", "root", "tbf", *limit)
    try:
        check(space.talk(hybi, LONG), 0)
        started = time.monotonic()
        large = ["z" * 100000]
        if received(space.talk(hybi, LONG, large)) != large or time.monotonic() - started < 0.5:
            raise Mismatch("the link is not slow, or lost something")
    finally:
        space.run("tc", "qdisc", "del", "dev", "lo", "root")


def black_hole(space, hybi):
    """After 10 kB nothing arrives any more, and nobody says so."""
    space.rule("tcp dport {port} quota over 10 kbytes drop")
    outcome = space.talk(hybi, SHORT)
    check(outcome, 6)
    if received(outcome) != MESSAGES[:4]:
        raise Mismatch(f"what came before the hole is not there: {received(outcome)}")


def rejected(space, hybi):
    """After 10 kB the path answers with resets."""
    space.rule("tcp dport {port} quota over 10 kbytes reject with tcp reset")
    check(space.talk(hybi, SHORT), 1)


def unreachable(space, hybi):
    """SYNs are dropped: the connect deadline counts."""
    space.rule("tcp dport {port} drop")
    started = time.monotonic()
    outcome = space.talk(hybi, SHORT)
    check(outcome, 6)
    if time.monotonic() - started > 4:
        raise Mismatch("the connect deadline of 2 s is late")


def refused(space, hybi):
    space.rule("tcp dport {port} reject with icmpx type admin-prohibited")
    check(space.talk(hybi, SHORT), 1)


def killed(space, hybi):
    """`ss -K` destroys the sockets of a connection that waits: told once, at once."""
    killer = threading.Timer(1, space.run, ["ss", "-K", "dport", "=", space.port])
    killer.start()
    started = time.monotonic()
    outcome = space.talk(hybi, SHORT[:4], more=1)
    killer.join()
    check(outcome, 1)
    if time.monotonic() - started > 3 or received(outcome) != MESSAGES:
        raise Mismatch(f"it was told late, or messages are missing: {outcome}")


def mended(space, hybi):
    """Half a second of nothing, then all is well: no loss is invented."""
    space.rule("tcp dport {port} drop")
    timer = threading.Timer(0.5, space.calm)
    timer.start()
    outcome = space.talk(hybi, LONG)
    timer.join()
    check(outcome, 0)


FAULTS = (loss, small_mtu, slow_link, black_hole, rejected, unreachable, refused, killed, mended)


def run(hybi, script, certificates):
    with Namespace(script, certificates) as space:
        for fault in FAULTS:
            started = time.monotonic()
            fault(space, hybi)
            space.calm()
            took = time.monotonic() - started
            yield f"{fault.__name__}: as it should be, {took:.1f} s"
