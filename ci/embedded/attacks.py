"""Servers that break TLS, one by one, against firmware."""

import hashlib
import subprocess
from pathlib import Path

from harness import Run

FOLDER = Path(__file__).parent / "attacks"
RESULTS = Path(__file__).parent / "results"
INTRODUCTION = """\
# Servers that break TLS

Each against the firmware `attacked`: a Cortex-M4 in QEMU, blocking on smoltcp.
Written by `ci/run embedded`, where any other outcome is a failure.
"""
# The pre-shared key that the servers know.
PSK = ["--psk", "sensor 7", "hybi attack tests pre-shared key"]


class Attack:
    """`tls-attacks NAME`, and what a client should make of it."""

    def __init__(self, program, line):
        self.program = program
        self.name, fault, _, psk, self.what = line.split("\t")
        self.fault = None if fault == "-" else fault
        self.psk = psk == "psk"

    def __enter__(self):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([self.program, self.name], stdout=pipe, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def pin():
    """The SHA-256 of the key of the server `pinned`, as SubjectPublicKeyInfo."""
    command = ["openssl", "pkey", "-in", FOLDER / "pinned.key", "-pubout", "-outform", "DER"]
    return hashlib.sha256(subprocess.check_output(command)).hexdigest()


def tls_attacks(lab, _):
    """Every attack on TLS is refused with its error; servers that behave are accepted."""
    firmware, program = lab.firmware, lab.attacks
    listed = subprocess.check_output([program, "--list"], text=True)
    rows = []
    for line in listed.splitlines():
        with Attack(program, line) as attack:
            trust = PSK if attack.psk else [FOLDER / "ca.der"]
            rows.append(check(firmware, attack, trust, attack.fault))
            if attack.name == "pinned":
                rows.append(check(firmware, attack, ["--pin", pin()], None))
                rows.append(
                    check(firmware, attack, ["--pin", "0" * 64], "Certificate(PinMismatch)")
                )
            if attack.name.startswith("pinned-"):
                rows.append(check(firmware, attack, ["--pin", pin()], attack.fault))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "tls-attacks.md").write_text(table(rows))
    print(f"  {len(rows)} servers")


def check(firmware, attack, trust, fault):
    """Runs the firmware against a server; a row of the table."""
    run = Run(firmware / "attacked", attack.port, *trust)
    words = run.out.splitlines()[-1] if run.out else ""
    if fault is None:
        assert run.status == 0 and words == "accepted", f"{attack.name} is not accepted"
        words = "**accepted**"
    else:
        assert run.status == 4, f"{attack.name}: exit status {run.status} instead of 4"
        found, _, words = words.partition(": ")
        assert found == fault, f"{attack.name}: {found} instead of {fault}"
    proof = {"--pin": "its key", "--psk": "a shared key"}.get(str(trust[0]), "a certificate")
    if fault == "Certificate(PinMismatch)":
        proof = "another key"
    return f"| {attack.name} | {attack.what} | {proof} | {words} |"


def table(rows):
    return "\n".join(
        [
            INTRODUCTION,
            "| attack | the server | to prove itself by | the Cortex-M4 says |",
            "| --- | --- | --- | --- |",
        ]
        + [*rows, ""]
    )
