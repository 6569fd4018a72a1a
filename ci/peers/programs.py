"""Starts the servers of the peers stage, on 127.0.0.1 and free ports, and ends them by their pid."""

import json
import queue
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

SERVERS = Path(__file__).parent / "servers"


class Program:
    """One running server. What it prints on stdout, line by line, is JSON (or of no interest)."""

    def __init__(self, folder, name, command):
        self.name = name
        self.log = folder / f"{name}.log"
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log.open("w"),
            text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def next_report(self, seconds=10):
        """The next line as a value."""
        try:
            return json.loads(self.lines.get(timeout=seconds))
        except queue.Empty:
            said = self.log.read_text()[-2000:]
            raise RuntimeError(f"{self.name} said nothing for {seconds} s\n{said}") from None

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def talking(folder, name, command):
    """A server that chooses its ports and prints them first: the program and {name: port}."""
    program = Program(folder, name, command)
    try:
        return program, program.next_report()
    except BaseException:
        program.stop()
        raise


def silent(folder, name, command, scheme="ws", prepare=None):
    """A server that must be told its port, the {} in its command: the program and {scheme: port}.
    Another process may take that port meanwhile, so a server that ends at once gets a new one."""
    for _ in range(3):
        port = free_port()
        if prepare:
            prepare(port)
        program = Program(folder, name, command.format(port).split())
        deadline = time.monotonic() + 10
        while program.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return program, {scheme: port}
            except OSError:
                time.sleep(0.05)
        program.stop()
    raise RuntimeError(f"{name} does not start:\n{program.log.read_text()[-2000:]}")


def nginx(folder, certificates, behind):
    """nginx in front of {name: port}."""
    configuration = folder / "nginx.conf"
    locations = "\n".join(
        f"        location /{name}/ {{ proxy_pass http://127.0.0.1:{port}/; }}"
        for name, port in behind.items()
    )

    def configure(port):
        text = (SERVERS / "nginx.conf").read_text()
        for word, value in (
            ("@FOLDER@", folder),
            ("@PORT@", port),
            ("@CERTIFICATES@", certificates),
            ("@LOCATIONS@", locations),
        ):
            text = text.replace(word, str(value))
        configuration.write_text(text)

    # Debian keeps servers out of a user's PATH.
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return silent(folder, "nginx", f"{program} -c {configuration}", "wss", configure)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
