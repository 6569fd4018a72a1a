"""A server that sends 1 GiB of zeros in 1 MiB: hybi must stop at its limit, in little memory."""

import base64
import hashlib
import socket
import subprocess
import threading
import time
import zlib

from client import Mismatch, Outcome, connected, error

GIBIBYTE = 1 << 30
LIMIT = 1 << 20
# What hybi may take in all, in KiB.
MAX_RESIDENT = 16 << 10


class Bomber:
    """Sends the bomb to whoever connects; keeps the code of the Close frame that comes back."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.code = None
        self.size = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        frame = bomb()
        self.size = len(frame)
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as reader:
            connection.sendall(answer(reader))
            threading.Thread(target=self._send, args=(connection, frame), daemon=True).start()
            first, second = reader.read(2)
            mask, payload = reader.read(4), reader.read(second & 0x7F)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
            if first == 0x88:
                self.code = int.from_bytes(payload[:2], "big")

    def _send(self, connection, frame):
        try:
            for at in range(0, len(frame), 1 << 14):
                connection.sendall(frame[at : at + (1 << 14)])
        except OSError:
            pass


def bomb():
    """One compressed message of 1 GiB of zeros, as a frame."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(1 << 24)
    payload = b"".join(deflate.compress(zeros) for _ in range(GIBIBYTE >> 24))
    payload += deflate.flush(zlib.Z_SYNC_FLUSH)[:-4]
    return b"\xc2\x7f" + len(payload).to_bytes(8, "big") + payload


def answer(reader):
    key = None
    while line := reader.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            key = value.strip()
    accept = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
    )


def a_gibibyte_against_a_limit_of_one_mebibyte(peer):
    bomber = Bomber()
    while not bomber.size:
        time.sleep(0.01)
    url = f"ws://127.0.0.1:{bomber.port}/"
    # wait4 here would count this Python in, as it was before exec.
    measured = ["/usr/bin/time", "-q", "-f", "%M %U %S"]
    command = [str(peer.hybi), "--json", "--max-message", str(LIMIT), url]
    started = time.monotonic()
    result = subprocess.run(
        [*measured, *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
    seconds = time.monotonic() - started
    *errors, figures = result.stderr.splitlines()
    resident, user, system = map(float, figures.split())
    bomber.thread.join(10)
    outcome = Outcome(command, result.returncode, result.stdout, "\n".join(errors))
    outcome.expect(5, connected(url, None, "permessage-deflate"), error("too_big", close_code=1009))
    if bomber.code != 1009:
        raise Mismatch(f"the server saw a Close with {bomber.code}")
    print(
        f"  1 GiB in {bomber.size} bytes: refused in {seconds:.3f} s, {resident:.0f} KiB resident"
        f" at most, {user + system:.2f} s of CPU"
    )
    if resident > MAX_RESIDENT or seconds > 5:
        raise Mismatch("that is too much")
