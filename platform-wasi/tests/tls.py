#!/usr/bin/env python3
"""The example `tls` in wasmtime against OpenSSL: every suite, curve and kind of certificate in both
versions of TLS; client certificates; updates of keys; what has to be refused, and with which words.

    tls.py WASMTIME COMPONENT

Prints a line for each case and fails if one does.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
PEER = HERE / "tls_peer.py"
MAKE_CERTIFICATES = HERE.parent.parent / "ci" / "tls" / "make.sh"
ECHOED = "connected\ntext: over TLS\nclosed: 1000\n"
SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# What the server shows, and what the client has to say about it.
REFUSED = {
    "wronghost": "is for another name than localhost: it is for example.invalid",
    "expired": "expired on 2021-01-01 00:00:00 UTC",
    "notyet": "is not valid yet, only from 20",
    "untrusted": "was issued by an authority that is not trusted here",
    "selfsigned": "is self-signed and not trusted here",
    "leafsigned": "was issued by an authority that is not trusted here",
    "forclients": "is not meant for a server",
    "weak": "carries a signature that is wrong or of a kind not accepted",
}


class Cases:
    def __init__(self, command, certificates):
        self.command, self.certificates = command, certificates
        self.number = self.failed = 0

    def client(self, url, *options, trust=True):
        trust = ("--root", "certificates/ca.pem") if trust else ()
        command = [*self.command, url, *trust, *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def done(self, name, passed, done):
        self.number += 1
        said = done.stderr.strip() or done.stdout.strip().replace("\n", ", ")
        print(f"{'ok  ' if passed else 'FAIL'} {name}: {said}", flush=True)
        self.failed += not passed

    def accepted(self, name, port, *options, prints=ECHOED, host="localhost", trust=True):
        done = self.client(f"wss://{host}:{port}/", *options, trust=trust)
        self.done(name, (done.returncode, done.stdout) == (0, prints), done)

    def refused(self, name, port, words, *options, trust=True):
        done = self.client(f"wss://localhost:{port}/", *options, trust=trust)
        self.done(name, done.returncode == 1 and re.search(words, done.stderr), done)


def serve(stack, certificates, kind, suite=None):
    """Starts servers; their ports."""
    environment = dict(os.environ)
    environment.pop("OPENSSL_CONF", None)
    if suite:
        settings = certificates.parent / f"{suite}.cnf"
        settings.write_text(
            "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
            f"[c]\nCiphersuites = {suite}\n"
        )
        environment["OPENSSL_CONF"] = str(settings)
    command = [sys.executable, PEER, certificates, kind]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    stack.callback(running.wait)
    stack.callback(running.kill)
    return json.loads(running.stdout.readline())


def versions_and_suites(stack, cases):
    for name, port in serve(stack, cases.certificates, "suites").items():
        cases.accepted(f"TLS 1.2 {name}", port)
    for suite in SUITES:
        for curve, port in serve(stack, cases.certificates, "suites", suite).items():
            cases.accepted(f"TLS 1.3 {suite} {curve}", port)
            if curve == "X25519":
                options = ("--size", "3000000")
                prints = "connected\nthe same bytes\nclosed: 1000\n"
                cases.accepted(f"3 MB over {suite}", port, *options, prints=prints)


def certificates_of_servers(cases, ports):
    for version in ("1.2", "1.3"):
        for kind in ("ec", "p384", "rsa", "rsa4096", "ed25519", "chained"):
            cases.accepted(f"TLS {version} certificate {kind}", ports[f"{kind}-{version}"])
        for kind, words in REFUSED.items():
            cases.refused(f"TLS {version} {kind}", ports[f"{kind}-{version}"], words)
    good = ports["ec-1.3"]
    cases.accepted("an address", good, host="127.0.0.1")
    cases.refused("bundled roots alone", good, REFUSED["untrusted"], trust=False)
    cases.accepted("another name asked for", ports["wronghost-1.3"], "--name", "example.invalid")
    cases.accepted("no verification", ports["expired-1.3"], "--insecure", trust=False)
    own = ("--root", "certificates/selfsigned.pem")
    cases.accepted("a server's own certificate as a root", ports["selfsigned-1.3"], *own)


def certificates_of_clients(cases, ports):
    for version in ("1.2", "1.3"):
        for kind in ("client", "client-p384", "client-ed25519"):
            shown = (f"certificates/{kind}.pem", f"certificates/{kind}.key")
            port = ports[f"mtls-{version}"]
            cases.accepted(f"TLS {version} shows {kind}", port, "--certificate", *shown)
    shown = ("certificates/client-rsa.pem", "certificates/client-rsa.key")
    cases.refused("shows RSA", ports["mtls-1.3"], "RSA is not offered", "--certificate", *shown)


def faults(cases, ports):
    cases.refused("a cut", ports["cut"], "ended it without a Close frame")
    cases.refused("no TLS there", ports["plain"], "in the middle of the TLS handshake")
    cases.refused("noise", ports["noise"], "does not speak TLS")
    start = time.monotonic()
    cases.refused("silence", ports["silent"], "time ran out during TLS handshake", "--seconds", "1")
    taken = time.monotonic() - start
    if not 1 <= taken < 5:
        print(f"FAIL silence took {taken:.1f} s")
        cases.failed += 1


def nothing_shown(stack, cases):
    """asyncio drops the connection where a TLS alert should say why; `openssl s_server` says it."""
    for version in ("1.2", "1.3"):
        asks = ("-Verify", "1", "-verify_return_error", "-CAfile", cases.certificates / "ca.pem")
        _, port = openssl(stack, cases, *asks, f"-tls{version.replace('.', '_')}")
        cases.refused(f"TLS {version} shows nothing", port, "asks for a client certificate")


def updates_of_keys(stack, cases):
    """`openssl s_server` asks for new keys, and goes on under them."""
    server, port = openssl(stack, cases)
    url = f"wss://localhost:{port}/"
    options = ("--root", "certificates/ca.pem", "--messages", "3")
    client = subprocess.Popen(
        [*cases.command, url, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stack.callback(client.kill)
    key = read_until(server, rb"(?i)sec-websocket-key: (\S+)")
    accept = base64.b64encode(hashlib.sha1(key + GUID.encode()).digest())
    answer = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    write(server, answer + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    for text in (b"first", b"second", b"third"):
        # A line with K asks for an update in return, one with k does not.
        write(server, b"k\n" if text == b"third" else b"K\n")
        write(server, bytes((0x81, len(text))) + text)
    time.sleep(1)
    write(server, b"\x88\x02\x03\xe8")
    stdout, stderr = client.communicate(timeout=30)
    done = subprocess.CompletedProcess([], client.returncode, stdout, stderr)
    prints = "connected\ntext: first\ntext: second\ntext: third\nclosed: 1000\n"
    cases.done("updates of keys", (done.returncode, stdout) == (0, prints), done)


def openssl(stack, cases, *options):
    """Starts `openssl s_server`; it, and its port."""
    certificate = ("-cert", cases.certificates / "ec.pem", "-key", cases.certificates / "ec.key")
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", *certificate, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    stack.callback(server.wait)
    stack.callback(server.kill)
    return server, int(read_until(server, rb"ACCEPT .*:(\d+)\n"))


def read_until(server, pattern):
    read = b""
    while not (found := re.search(pattern, read)):
        more = os.read(server.stdout.fileno(), 4096)
        if not more:
            raise EOFError(read)
        read += more
    return found[1]


def write(server, data):
    """One read of the server's: it looks for commands at the start of each."""
    time.sleep(0.2)
    os.write(server.stdin.fileno(), data)


def main():
    wasmtime, component = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        folder = Path(folder)
        certificates = folder / "certificates"
        subprocess.run(["bash", MAKE_CERTIFICATES, certificates], check=True)
        # Once, not for each case.
        compiled = folder / "tls.cwasm"
        subprocess.run([wasmtime, "compile", component, "-o", compiled], check=True)
        grants = ["-S", "inherit-network,allow-ip-name-lookup"]
        dirs = ["--dir", f"{certificates}::certificates"]
        cases = Cases(
            [wasmtime, "run", "--allow-precompiled", *grants, *dirs, compiled], certificates
        )
        versions_and_suites(stack, cases)
        ports = serve(stack, certificates, "leaves")
        certificates_of_servers(cases, ports)
        certificates_of_clients(cases, ports)
        faults(cases, serve(stack, certificates, "faults"))
        nothing_shown(stack, cases)
        updates_of_keys(stack, cases)
    print(f"tls: {cases.number} cases, {cases.failed} failed")
    return bool(cases.failed)


if __name__ == "__main__":
    sys.exit(main())
