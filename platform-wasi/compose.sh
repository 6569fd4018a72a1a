#!/usr/bin/env bash
# compose.sh WASMTIME PORT: the component that exports hybi:websocket/client, plugged into a guest in
# Rust and one in Python, against the echo server at PORT and one with TLS. Called by ci.sh.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../ci/setup.sh"
need_targets wasm32-wasip2
need_venv componentize componentize-py==0.25.1
wasmtime=$1 ws_port=$2
grant=(-S "inherit-network,allow-ip-name-lookup")
built=$TARGET/wasm32-wasip2/debug

# Compiled once: there is no wheel of it.
wac=$CACHE/wac/bin/wac
if [[ $("$wac" --version 2>/dev/null) != *' 0.12.0' ]]; then
    run cargo install --locked --root "$CACHE/wac" --no-default-features --features wit \
        wac-cli@0.12.0 || die 'cargo could not install wac, so nothing can be composed'
fi

work=$(mktemp -d)
server=''
finish() {
    if [[ $server ]]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

say 'components'
run cargo build --locked -p hybi-wasi-component -p wasi-guest --target wasm32-wasip2
run "$CACHE/componentize/bin/componentize-py" -d platform-wasi/wit -w command componentize \
    -p examples/wasi-guest/python app -o "$work/python.wasm"
cp "$built/wasi-guest.wasm" "$work/rust.wasm"
for guest in rust python; do
    run "$wac" plug "$work/$guest.wasm" --plug "$built/hybi_websocket.wasm" -o "$work/both.wasm"
    # Once, not for each run; debugging information and all, so quick rather than good.
    run "$wasmtime" compile -O opt-level=0 "$work/both.wasm" -o "$work/$guest.cwasm"
done

# expect COMPONENT ARGUMENT…: standard input is what it must print.
expect() {
    run timeout 120 "$wasmtime" run --allow-precompiled "${grant[@]}" --dir "$work" \
        "$work/$1.cwasm" "${@:2}" | tee "$work/out"
    diff - <(tail -n +2 "$work/out") || die "$1 should have printed this"
}

say 'a guest in Rust, through WIT alone'
rust='connected
text: hello through WIT
binary: 100000 bytes
pong: are you there
nothing more
closed: Some(1000) clean: true'
expect rust "ws://localhost:$ws_port/" <<<"$rust"

say 'the same over TLS'
bash ci/tls/make.sh "$work/certificates"
"$CACHE/wasi/bin/python" platform-wasi/tests/tls_peer.py "$work/certificates" leaves >"$work/ports" &
server=$!
for _ in {1..100}; do
    if [[ -s $work/ports ]]; then break; fi
    sleep 0.1
done
tls_port=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["ec-1.3"])' <"$work/ports")
expect rust "wss://localhost:$tls_port/" "$work/certificates/ca.pem" <<<"$rust"
must_fail_with 'an authority that is not trusted here' \
    "$wasmtime" run --allow-precompiled "${grant[@]}" "$work/rust.cwasm" "wss://localhost:$tls_port/"

say 'a guest in Python'
expect python "ws://localhost:$ws_port/" <<'EXPECTED'
connected
text: hello from Python
binary: 100000 bytes
pong: are you there
closed: 1000 clean: True
EXPECTED

say 'what the host denies, told through WIT'
must_fail_with '-S inherit-network' \
    "$wasmtime" run --allow-precompiled "$work/rust.cwasm" "ws://127.0.0.1:$ws_port/"
