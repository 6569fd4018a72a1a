#!/usr/bin/env python3
"""Python's WebSocket clients over the benchmark's server: websocket-client with wsaccel, and
websockets (its sync client). Prints lines of row, client, metric, median, lowest, highest."""

import statistics
import sys
import time
from contextlib import contextmanager
from typing import Any

import websocket
import websockets.sync.client
import wsaccel  # noqa: F401  # websocket-client masks with it where it is there

PORT = int(sys.argv[1])
QUICK = "--quick" in sys.argv[2:]
ROUNDS = 3 if QUICK else 7


@contextmanager
def websocket_client(path: str) -> Any:
    socket = websocket.create_connection(
        f"ws://127.0.0.1:{PORT}{path}", timeout=20, enable_multithread=False
    )
    try:
        yield socket.recv, socket.send_binary
    finally:
        socket.shutdown()


@contextmanager
def python_websockets(path: str) -> Any:
    socket = websockets.sync.client.connect(
        f"ws://127.0.0.1:{PORT}{path}",
        max_size=None,
        compression=None,
        close_timeout=0.1,
        legacy=True,
    )
    try:
        yield socket.recv, socket.send
    finally:
        socket.socket.close()


CLIENTS = {"websocket-client": websocket_client, "websockets": python_websockets}


def measure(name: str, path: str, size: int, count: int, receive: bool) -> list[float]:
    message = bytes(range(256)) * (size // 256 + 1)
    message = message[:size]
    taken = []
    with CLIENTS[name](path) as (recv, send):
        for round_ in range(ROUNDS + 1):
            start = time.process_time()
            if receive:
                for _ in range(count):
                    recv()
            else:
                for _ in range(count):
                    send(message)
            spent = time.process_time() - start
            if round_:
                taken.append(spent * 1e9 / count / (size / 1024 if size > 1024 else 1))
    return taken


def main() -> None:
    share = 5 if QUICK else 1
    rows = [
        ("receive 64 B binary", "/send/binary/64", 64, 4000, True),
        ("receive 64 B ASCII text", "/send/ascii/64", 64, 4000, True),
        ("receive 16 KiB binary", "/send/binary/16384", 16384, 500, True),
        ("receive 1 MiB binary", "/send/binary/1048576", 1048576, 20, True),
        ("receive 1 MiB ASCII text", "/send/ascii/1048576", 1048576, 20, True),
        ("send 64 B", "/sink", 64, 4000, False),
        ("send 1 KiB", "/sink", 1024, 2000, False),
        ("send 16 KiB", "/sink", 16384, 500, False),
        ("send 1 MiB", "/sink", 1048576, 20, False),
    ]
    for title, path, size, count, receive in rows:
        for name in CLIENTS:
            taken = measure(name, path, size, max(4, count // share), receive)
            figures = [statistics.median(taken), min(taken), max(taken)]
            print(title, name, "ns", *(f"{figure:.3f}" for figure in figures), sep="\t")


if __name__ == "__main__":
    main()
