"""`probe`: the command line on a microcontroller."""

import json
import time

from harness import Run

# What the firmware offers and the server takes.
DEFLATE = "permessage-deflate; server_max_window_bits=10"


def probe(lab, server):
    """The command line's arguments, events and exit status."""

    def expect(status, *arguments, path, events, err="", stdin=""):
        url = server.url(path)
        connected = {"event": "connected", "url": url, "status": 101, "subprotocol": None}
        connected |= {"extensions": DEFLATE, "attempt": 0}
        run = Run(lab.firmware / "probe", *arguments, url, stdin=stdin)
        assert run.status == status, f"exit status {run.status} instead of {status}"
        found = [json.loads(line) for line in run.out.splitlines()]
        wanted = [connected, *events] if err == "" else events
        # The server answers a Ping when it reads it, a message when its handler runs.
        for pongs in (found, wanted):
            pongs.sort(key=lambda event: event["event"] == "pong")
        assert found == wanted, f"{found} instead of {wanted}"
        assert err in run.err, f"stderr without {err!r}"

    def closed(code, reason, initiator):
        ended = {"event": "closed", "code": code, "reason": reason}
        return ended | {"initiator": initiator, "clean": True}

    def error(kind, close_code, message):
        ended = {"event": "error", "kind": kind, "close_code": close_code, "status": None}
        return ended | {"message": message}

    orders = ["-t", 'say "hi", ☃', "-b", "00ff10", "--ping", "yo", "-t", "", "--count", 3]
    events = [
        {"event": "text", "data": 'say "hi", ☃'},
        {"event": "binary", "base64": "AP8Q"},
        {"event": "pong", "base64": "eW8="},
        {"event": "text", "data": ""},
        closed(1000, "", "local"),
    ]
    expect(0, *orders, path="/echo", events=events)
    ping = {"event": "ping", "base64": "YXJlIHlvdSB0aGVyZQ=="}
    expect(0, path="/ping", events=[ping, closed(1000, "pong seen", "peer")])
    between = {"event": "ping", "base64": "YmV0d2Vlbg=="}
    text = {"event": "text", "data": "Hello, wörld"}
    expect(0, path="/fragments", events=[between, text, closed(1000, "", "peer")])
    expect(7, path="/close", events=[closed(4001, "go away", "peer")])
    # The words depend on whether the end of TCP or a reset comes first.
    lost = Run(lab.firmware / "probe", server.url("/drop"))
    assert lost.status == 1 and '"kind":"io","close_code":null' in lost.out
    broken = error("protocol", 1002, "the peer sent a fragmented control frame")
    expect(5, path="/violate", events=[broken])
    late = Run(lab.firmware / "probe", "--idle-timeout", "0.5", server.url("/echo"))
    assert late.status == 6 and '"kind":"timeout","close_code":1001' in late.out
    wrong = error("usage", None, "unknown option")
    expect(2, "--bogus", path="/", events=[wrong], err="usage: ")
    # The input: an empty line is an empty message.
    lines = "one\r\n\nthe last: é"
    events = [{"event": "text", "data": line} for line in ("one", "", "the last: é")]
    ended = closed(1000, "", "local")
    arguments = ["--stdin", "--eof-wait", 2]
    expect(0, *arguments, path="/echo", events=[*events, ended], stdin=lines)
    # Compressed, through a window of 2^10 bytes.
    answer = {"ack": 1, "note": "a note that is worth compressing, " * 8}
    text = {"event": "text", "data": json.dumps(answer, separators=(",", ":"))}
    expect(0, "-t", '{"seq":1}', "--count", 1, path="/telemetry", events=[text, ended])


def reconnect(lab, server):
    """Losses are reported, waits keep to their bounds, and what is final ends it."""

    def events(run):
        return [json.loads(line) for line in run.out.splitlines()]

    server.stop()
    again = ["--reconnect=3", "--backoff", "0.2..0.4", server.url("/echo")]
    run = Run(lab.firmware / "probe", *again)
    *losses, last = events(run)
    assert run.status == 1 and last["kind"] == "connect", last
    assert [loss["attempt"] for loss in losses] == [1, 2, 3, 4], losses
    waits = [loss["retry_in_ms"] for loss in losses]
    assert waits.pop() is None and all(200 <= wait <= 400 for wait in waits), waits

    def meanwhile():
        time.sleep(1)
        server.start()

    again = ["--reconnect", "--backoff", "0.1..0.5", "-t", "hello", "--count", 1]
    run = Run(lab.firmware / "probe", *again, server.url("/echo"), meanwhile=meanwhile)
    *losses, connected, text, closed = events(run)
    assert run.status == 0 and closed["event"] == "closed", closed
    assert all(loss["kind"] == "connect" for loss in losses), losses
    assert connected["attempt"] == len(losses) > 0, connected
    assert text == {"event": "text", "data": "hello"}, text

    run = Run(lab.firmware / "probe", "--reconnect", server.url("/missing"))
    loss, last = events(run)
    assert run.status == 3 and last["status"] == 404, last
    assert loss["event"] == "disconnected" and loss["retry_in_ms"] is None, loss


def probe_tls(lab, server):
    """Certificates with every kind of key, and those that will not do."""
    hello = ["-t", "hello", "--count", 1]
    trusting = [*hello, "--ca", lab.certificates / "ca.der"]

    def last(*arguments):
        run = Run(lab.firmware / "probe", *arguments, server.url("/echo"))
        return run.status, json.loads(run.out.splitlines()[-1])

    for name in ["ec", "p384", "rsa", "rsa4096", "ed25519", "chained"]:
        server.restart(lab.certificates / name)
        status, event = last(*trusting)
        assert status == 0 and event["code"] == 1000, f"{name}: {event}"
    for name in ["wronghost", "untrusted", "selfsigned", "expired", "notyet", "leafsigned"]:
        server.restart(lab.certificates / name)
        status, event = last(*trusting, "--reconnect")
        assert status == 4 and event["kind"] == "tls", f"{name}: {event}"
    server.restart(lab.certificates / "wronghost")
    status, event = last(*trusting, "--servername", "example.invalid")
    assert status == 0, event
    server.restart(lab.certificates / "untrusted")
    status, event = last(*hello, "--insecure")
    assert status == 0, event
    status, event = last(*hello)
    assert status == 2 and event["kind"] == "usage", event
