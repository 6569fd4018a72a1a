"""What the cases share: a server on this machine, and firmware that runs in QEMU."""

import json
import queue
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
QEMU = HERE.parents[1] / "examples/cortex-m/qemu.sh"
# This machine's 127.0.0.1, as the firmware sees it.
HOST = "10.0.2.2"
# What runs what is built for a target.
MACHINES = {"thumbv7em-none-eabihf": "mps2-an386", "thumbv7m-none-eabi": "lm3s6965evb"}


@dataclass(frozen=True)
class Lab:
    """What the cases work with."""

    # Cargo's target folder.
    built: Path
    # What ci/tls/make.sh made, and ca.der.
    certificates: Path
    # The program `tls-attacks`.
    attacks: Path
    target: str = "thumbv7em-none-eabihf"

    @property
    def firmware(self):
        return self.built / self.target / "release"


class Server:
    """server.py: its port, and its reports as they come. `certificate` makes it speak TLS."""

    def __init__(self, certificate=None):
        self.lines = queue.Queue()
        self.port = 0
        self.certificate = certificate
        self.start()

    def start(self):
        """Starts it; on the same port as the first time."""
        command = [sys.executable, HERE / "server.py", str(self.port)]
        if self.certificate:
            command.append(self.certificate)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())
        threading.Thread(target=self._read, args=[self.process.stdout], daemon=True).start()

    def restart(self, certificate):
        """Another certificate, another port."""
        self.stop()
        self.port, self.certificate = 0, certificate
        self.start()

    def _read(self, output):
        for line in output:
            self.lines.put(line)

    def report(self, seconds=30):
        return json.loads(self.lines.get(timeout=seconds))

    def url(self, path):
        return f"{'wss' if self.certificate else 'ws'}://{HOST}:{self.port}{path}"

    def saw(self, **wanted):
        """The next connection that ended had these properties."""
        report = self.report()
        print(f"  the server saw {report}")
        found = {name: report[name] for name in wanted}
        assert found == wanted, f"the server saw {found} instead of {wanted}"

    def reports(self):
        """All that have come, without waiting."""
        while not self.lines.empty():
            yield json.loads(self.lines.get())

    def stop(self):
        self.process.kill()
        self.process.wait()


class Run:
    """One run of a firmware, to its end; `meanwhile` is called while it runs."""

    def __init__(self, firmware, *arguments, timeout=120, stdin="", meanwhile=lambda: None):
        started = time.monotonic()
        machine = MACHINES[firmware.parent.parent.name]
        command = [QEMU, "-M", machine, firmware, *map(str, arguments)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        try:
            meanwhile()
            self.out, self.err = process.communicate(stdin, timeout=timeout)
            # What QEMU says of the lm3s6965evb before anything runs.
            self.err = self.err.removeprefix("Timer with period zero, disabling\n")
            self.status = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            self.out, self.err = process.communicate()
            self.status = f"none within {timeout} s"
        finally:
            process.kill()
        self.seconds = time.monotonic() - started
        print(f"{machine}$ {firmware.name} {' '.join(map(str, arguments))}")
        for line in (self.out + self.err).splitlines():
            print(f"  {line}")
        print(f"  exit status {self.status}, {self.seconds:.1f} s")

    def expect(self, status, *lines, err=""):
        """The exit status; and lines of the output, as regular expressions, all of them in order.
        Numbers that differ from run to run are `#` there."""
        assert self.status == status, f"exit status {self.status} instead of {status}"
        found = self.out.splitlines()
        assert len(found) == len(lines), f"{len(found)} lines instead of {len(lines)}"
        for line, wanted in zip(found, lines, strict=True):
            pattern = re.escape(wanted).replace(r"\#", r"\d+")
            assert re.fullmatch(pattern, line), f"{line!r} instead of {wanted!r}"
        assert err in self.err, f"stderr without {err!r}"
