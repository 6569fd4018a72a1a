#!/usr/bin/env python3
"""Builds and runs the clients for small machines: as firmware in QEMU, where instructions are
counted, and as a WASI component in wasmtime. Writes ../results/raw/cortex-m.tsv and wasi.tsv.
`run.py WASMTIME` names the program."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "results/raw"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
QEMU = [
    *("qemu-system-arm", "-M", "mps2-an386", "-icount", "shift=0", "-display", "none"),
    *("-monitor", "none", "-serial", "none", "-semihosting-config", "enable=on,target=native"),
]


def build(target: str, rustflags: str = "") -> Path:
    command = ["cargo", "build", "--locked", "--release", "--target", target]
    env = os.environ | {"CARGO_TARGET_DIR": str(TARGET)}
    if rustflags:
        env["RUSTFLAGS"] = rustflags
    subprocess.run(command, cwd=HERE, env=env, check=True)
    return TARGET / target / "release/hybi-bench-small"


def run(command: list[str]) -> list[tuple[str, str, str, float]]:
    print("+", *command, flush=True)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600)
    rows = []
    for line in done.stdout.splitlines():
        row, client, metric, value = line.split("\t")
        rows.append((row, client, metric, float(value)))
    return rows


def save(name: str, rows: list[tuple[str, str, str, float]]) -> None:
    if not rows:
        sys.exit(f"{name}: nothing was measured")
    OUT.mkdir(parents=True, exist_ok=True)
    lines = [
        "\t".join([row, client, metric, *[f"{value:.6f}"] * 3])
        for row, client, metric, value in rows
    ]
    (OUT / f"{name}.tsv").write_text("".join(f"{line}\n" for line in lines))


def main() -> None:
    firmware = build("thumbv7em-none-eabihf")
    save("cortex-m", run([*QEMU, "-kernel", str(firmware)]))
    wasmtime = [sys.argv[1], "run"]
    plain = run([*wasmtime, f"{build('wasm32-wasip2')}.wasm"])
    simd = run([*wasmtime, f"{build('wasm32-wasip2', '-C target-feature=+simd128')}.wasm"])
    save("wasi", plain + [(f"{row}, SIMD", *rest) for row, *rest in simd])


if __name__ == "__main__":
    main()
