"""Sensor readings: `telemetry` on embassy and `telemetry-smoltcp`."""

import re
import signal
import time
from dataclasses import replace

from harness import HOST, Run


def telemetry_smoltcp(lab, server):
    """Readings come back one by one, and the closing handshake is clean."""
    Run(lab.firmware / "telemetry-smoltcp", server.url("/echo"), 3).expect(
        0,
        "connected after # ms",
        '{"seq":1,"celsius":20.7}',
        '{"seq":2,"celsius":21.4}',
        '{"seq":3,"celsius":22.1}',
        'closed: Some(1000) "done"',
        "stack: at most # of # bytes",
    )
    server.saw(path="/echo", messages=3, closed=1000, reason="done")


def second_board(lab, server):
    """The same, on a Cortex-M3 with 64 KiB of RAM and another Ethernet controller."""
    small = replace(lab, target="thumbv7m-none-eabi")
    telemetry_smoltcp(small, server)
    large(small, server)


def large(lab, server):
    """16 MiB there and back through buffers of 2 KiB."""
    size = 16 << 20
    Run(
        lab.firmware / "telemetry-smoltcp", server.url("/echo"), "--large", size, timeout=300
    ).expect(
        0,
        "connected after # ms",
        f"sent {size} bytes in # ms",
        "received it in # ms",
        "through buffers of 2048 bytes each way, and 2048 each way for TCP",
        'closed: Some(1000) "done"',
        "stack: at most # of # bytes",
    )
    server.saw(path="/echo", messages=1, largest=size, closed=1000)


def failures(lab, server):
    """What goes wrong reaches the host: words on stderr and another exit status than 0."""
    program = lab.firmware / "telemetry-smoltcp"
    Run(program).expect(1, err="usage: ")
    # A panic: its place and words, and 101.
    Run(program, "x" * 2000).expect(101, err="the host gives no arguments, or more than fit")
    Run(program, f"ws://{HOST}:1/").expect(1, err="nobody listens")
    Run(program, server.url("/drop")).expect(1, "connected after # ms", err="failed: ")
    server.saw(path="/drop")
    Run(program, server.url("/close")).expect(
        1, "connected after # ms", err="the server closed with 4001"
    )
    server.saw(path="/close", closed=4001)
    Run(program, server.url("/violate")).expect(1, "connected after # ms", err="failed: ")
    server.saw(path="/violate", closed=1002)


def telemetry(lab, server):
    """Async, with DHCP; the answers come compressed through a window of 2^10 bytes."""
    arguments = [5, 200]
    if server.certificate:
        arguments.append(lab.certificates / "ca.der")
    Run(lab.firmware / "telemetry", server.url("/telemetry"), *arguments).expect(
        0,
        "connected, compressed with 10 bits",
        "closed: Some(1000)",
        "5 readings, 5 acknowledged, 0 lost",
        "stack: at most # of # bytes",
    )
    readings = [server.report()["reading"] for _ in range(5)]
    assert readings == [1, 2, 3, 4, 5], readings
    server.saw(path="/telemetry", closed=1000, reason="done")


def telemetry_tls(lab, server):
    """The same over TLS; a server that cannot prove who it is gets nothing."""
    server.restart(lab.certificates / "ec")
    telemetry(lab, server)
    for name, words in [
        ("untrusted", "the certificate comes from nobody that is trusted"),
        ("wronghost", "the certificate is for another host"),
        ("forclients", "the certificate is not for servers"),
    ]:
        server.restart(lab.certificates / name)
        arguments = [server.url("/telemetry"), 5, 200, lab.certificates / "ca.der"]
        Run(lab.firmware / "telemetry", *arguments).expect(4, f"disconnected: {words}")


def restarts(lab, server):
    """The server is killed and started again ten times: each reading arrives or is reported lost."""
    count = 240
    arrived = set()

    def note(reports):
        arrived.update(report["reading"] for report in reports if "reading" in report)

    def meanwhile():
        for _ in range(10):
            # Connected, or it would not be a loss.
            note([server.report(60)])
            server.stop()
            time.sleep(0.2)
            note(server.reports())
            server.start()

    arguments = [server.url("/telemetry"), count, 250]
    if server.certificate:
        arguments.append(lab.certificates / "ca.der")
    run = Run(lab.firmware / "telemetry", *arguments, timeout=300, meanwhile=meanwhile)
    assert run.status == 0, f"exit status {run.status}"
    note(server.reports())
    lost = {int(number) for number in re.findall(r"^lost (\d+)$", run.out, re.MULTILINE)}
    missing = set(range(1, count + 1)) - arrived - lost
    assert not missing, f"neither arrived nor reported lost: {missing}"
    losses = run.out.count("disconnected: ")
    print(f"  {len(arrived)} arrived, {len(lost)} reported lost, {losses} losses")
    assert losses >= 10, "the server was to be lost ten times"


def restarts_tls(lab, server):
    """The same over TLS."""
    server.restart(lab.certificates / "ec")
    restarts(lab, server)


def silence(lab, server):
    """A server that falls silent is found out by the Ping that it does not answer."""

    def meanwhile():
        # Connected, or there is nothing to be silent about.
        server.report(60)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(17)
        server.process.send_signal(signal.SIGCONT)

    run = Run(lab.firmware / "telemetry", server.url("/telemetry"), 100, 200, meanwhile=meanwhile)
    assert run.status == 0, f"exit status {run.status}"
    assert "disconnected: the peer did not answer a keepalive Ping" in run.out
    assert run.out.count("connected, compressed") >= 2
