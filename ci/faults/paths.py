"""The workload through the fault proxy: a real server on the other side, over ws and wss."""

import sys

import client
import programs
from client import Mismatch
from proxy import Proxy

MESSAGES = ["one", "zwölf", "x" * 300, "", "y" * 20000]
# A deadline for each way to hang.
DEADLINES = ["--handshake-timeout", "2", "--connect-timeout", "2", "--close-timeout", "1"]
# In seconds. Over TLS a byte counts once its record is complete.
IDLE, PATIENT = 0.7, 8
# No run may take longer.
PATIENCE = 15


def start_server(folder, certificates):
    """Python `websockets` echoes; (program, ports)."""
    script = programs.SERVERS / "websockets_server.py"
    return programs.talking(folder, "websockets", [sys.executable, script, certificates])


class Path:
    """`hybi` to a server by way of the proxy."""

    def __init__(self, hybi, ports, certificates):
        self.hybi, self.ports, self.certificates = hybi, ports, certificates

    def run(self, scheme, *rules, idle=IDLE):
        port = self.ports["ws" if scheme == "ws" else "ec"]
        with Proxy(port, *rules) as proxy:
            arguments = [*DEADLINES, "--idle-timeout", idle, "--count", len(MESSAGES)]
            for message in MESSAGES:
                arguments += ["-t", message]
            if scheme == "wss":
                arguments += ["--ca", self.certificates / "ca.pem"]
            url = f"{scheme}://localhost:{proxy.port}/echo"
            return client.run(self.hybi, *arguments, url, timeout=PATIENCE)


def received(outcome):
    return [event["data"] for event in outcome.events if event["event"] == "text"]


def check(outcome, *statuses, whole=True):
    """One end, the last event, with the status that belongs to it; and no message that was not
    sent so."""
    ends = [event for event in outcome.events if event["event"] in ("closed", "error")]
    if len(ends) != 1 or outcome.events[-1] is not ends[0]:
        raise Mismatch(f"not one end, as the last event\n{brief(outcome)}")
    if outcome.status not in statuses:
        raise Mismatch(f"expected exit {statuses}\n{brief(outcome)}")
    if "panicked" in outcome.errors:
        raise Mismatch(f"it panicked\n{brief(outcome)}")
    messages = received(outcome)
    if whole and messages != MESSAGES[: len(messages)]:
        raise Mismatch(f"a message is torn, lost or came twice\n{brief(outcome)}")
    if outcome.status == 0 and len(messages) != len(MESSAGES):
        raise Mismatch(f"it ended well without all messages\n{brief(outcome)}")


def brief(outcome):
    ends = [str(event)[:300] for event in outcome.events if event["event"] != "text"]
    texts = [len(text) for text in received(outcome)]
    return f"exit {outcome.status}, texts of {texts}, {ends} {outcome.errors[:300]}"


# (rules, exit statuses)
ALL_WELL = (
    (("chunk=1",), (0,)),
    (("chunk=3", "delay=0.0002"), (0,)),
    (("chunk=7", "up:chunk=5"), (0,)),
    (("up:chunk=1",), (0,)),
    (("delay=0.1", "up:delay=0.1"), (0,)),
    (("chunk=1000", "delay=0.05"), (0,)),
)
NO_WAY = ((("refuse",), (1,)), (("hangup",), (1, 4)))


def cases(step):
    """(scheme, rules, statuses, whether messages must be whole): cuts and the like at each
    `step`th byte of both directions."""
    for scheme in ("ws", "wss"):
        for rules, statuses in (*ALL_WELL, *NO_WAY):
            yield scheme, rules, statuses, True
        size = 21000 if scheme == "ws" else 23500
        early = range(0, 620 if scheme == "ws" else 3000, step)
        places = [*early, *range(early[-1], size, step * 40)]
        for at in places:
            yield scheme, (f"cut={at}",), (0, 1, 4), True
            yield scheme, (f"reset={at}",), (0, 1, 4), True
            yield scheme, (f"half={at}",), (0, 1, 4), True
            yield scheme, (f"up:reset={at}",), (0, 1, 4, 6), True
            # Over TLS nothing that was changed gets through; without, nobody can know.
            yield scheme, (f"flip={at}",), (0, 1, 3, 4, 5, 6, 7), scheme == "wss"
            yield scheme, (f"up:flip={at}",), (0, 1, 3, 4, 5, 6, 7), scheme == "wss"
        for at in places[:: max(1, len(places) // 12)]:
            yield scheme, (f"stall={at}",), (0, 1, 4, 6), True
            yield scheme, (f"up:stall={at}",), (0, 1, 4, 6), True
            yield scheme, (f"up:half={at}",), (0, 1, 4, 6), True
            yield scheme, (f"up:cut={at}",), (0, 1, 4, 6), True


def run(path, step, jobs):
    """The number of runs; raises Mismatch for the first that is not as it should be."""
    from concurrent.futures import ThreadPoolExecutor

    def one(case):
        scheme, rules, statuses, whole = case
        try:
            idle = PATIENT if statuses == (0,) else IDLE
            check(path.run(scheme, *rules, idle=idle), *statuses, whole=whole)
        except Mismatch as problem:
            return f"{scheme} {' '.join(rules)}: {problem}"
        return None

    with ThreadPoolExecutor(jobs) as pool:
        every = list(cases(step))
        problems = [problem for problem in pool.map(one, every) if problem]
    if problems:
        raise Mismatch(f"{len(problems)} of {len(every)}:\n" + "\n".join(problems[:10]))
    return f"{len(every)} runs through the fault proxy: no hang, no torn message, one end each"
