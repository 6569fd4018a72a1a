#!/usr/bin/env python3
"""Runs `hybi` against real servers of other people, over ws and wss, and checks its events.

    run.py --hybi BINARY --node-modules DIR [--deflate] [--only WORD] [-v]

The Python that runs this has websockets, aiohttp and socketify; nginx, lighttpd, websocketd,
libwebsockets-test-server, node and openssl are on the machine. Beside BINARY, the example "cookies"
is in the folder examples. --deflate turns permessage-deflate on in the servers that have
it; --only runs the peers and cases whose name contains WORD.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import access
import extension
import programs
import proxies
from client import Mismatch
from matrix import matrix

MAKE_CERTIFICATES = Path(__file__).parent.parent / "tls" / "make.sh"


class Servers:
    """All of them, running, until the stack is left."""

    def __init__(self, stack, folder, node_modules, deflate):
        self.stack = stack
        self.certificates = folder / "tls"
        self.programs, self.ports = {}, {}
        subprocess.run(["bash", MAKE_CERTIFICATES, self.certificates], check=True)

        words = ["deflate"] if deflate else []
        for name in ("websockets", "aiohttp"):
            script = programs.SERVERS / f"{name}_server.py"
            command = [sys.executable, script, self.certificates, *words]
            self.keep(name, programs.talking(folder, name, command))
        command = ["node", programs.SERVERS / "ws_server.js", node_modules, *words]
        self.keep("ws", programs.talking(folder, "ws", command))
        for name, command in (
            ("websocketd", "websocketd --address=127.0.0.1 --port={} cat"),
            ("libwebsockets", "libwebsockets-test-server -i lo -p {}"),
        ):
            self.keep(name, programs.silent(folder, name, command))
        # asyncio's servers drop the connection where a TLS alert should say why; this one says it.
        command = (
            f"openssl s_server -quiet -accept 127.0.0.1:{{}} -Verify 1 -verify_return_error"
            f" -CAfile {self.certificates}/ca.pem"
            f" -cert {self.certificates}/ec.pem -key {self.certificates}/ec.key"
        )
        behind = {name: ports["ws"] for name, ports in self.ports.items()}
        self.keep("openssl", programs.silent(folder, "openssl", command, "wss"))
        self.keep("nginx", programs.nginx(folder, self.certificates, behind))
        self.keep("lighttpd", access.start(folder, self.ports["aiohttp"]["ws"]))
        self.proxies = proxies.start(stack, folder, self.certificates)
        # Servers in every way to configure the extension.
        self.extended = (
            extension.start(stack, folder, self.certificates, node_modules) if deflate else []
        )

    def keep(self, name, started):
        self.programs[name], self.ports[name] = started
        self.stack.callback(self.programs[name].stop)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hybi", required=True, type=Path)
    parser.add_argument("--node-modules", required=True, type=Path)
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    # Servers must end with this process, whatever ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = Servers(stack, Path(folder), arguments.node_modules, arguments.deflate)
        for peer, checks in matrix(servers, arguments.hybi, arguments.deflate):
            results = []
            for check in checks:
                if arguments.only not in f"{peer.name} {check.__name__}":
                    continue
                started = time.monotonic()
                try:
                    check(peer)
                    results.append(True)
                except (Mismatch, RuntimeError) as problem:
                    results.append(False)
                    print(f"FAILED {peer.name}: {check.__name__}: {problem}\n")
                if arguments.verbose:
                    took = time.monotonic() - started
                    print(f"  {peer.name}: {check.__name__}: {results[-1]}, {took:.2f} s")
            if results:
                print(f"{peer.name:<24} {results.count(True):>3} of {len(results)} cases")
            passed += results.count(True)
            failed += results.count(False)
    print(f"{passed} passed, {failed} failed")
    # Nothing run is no success.
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
