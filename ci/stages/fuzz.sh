#!/usr/bin/env bash
# Every fuzz target of ci/fuzz for a number of executions that is always the same, from its seeds
# and from what earlier runs found. `HYBI_FUZZ_RUNS=5000000 ci/run fuzz` looks longer.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_fuzz

export CARGO_TARGET_DIR=$TARGET/fuzz
# cargo-fuzz does not take --locked: a lock file that would change fails here.
run cargo +nightly metadata --locked --format-version 1 --manifest-path ci/fuzz/Cargo.toml >/dev/null
run cargo +nightly fuzz build --fuzz-dir ci/fuzz --target-dir "$CARGO_TARGET_DIR"
runs=${HYBI_FUZZ_RUNS:-200000}
for target in ci/fuzz/targets/*.rs; do
    target=$(basename "$target" .rs)
    case $target in
        # Two compressors are made, or thousands of futures, for each execution.
        deflate_round_trip | workload_async) count=$((runs / 10)) ;;
        *) count=$runs ;;
    esac
    # What is found stays outside the tree: libFuzzer writes to the first folder.
    mkdir -p "$CARGO_TARGET_DIR"/{corpus,artifacts}/"$target"
    run cargo +nightly fuzz run --fuzz-dir ci/fuzz --target-dir "$CARGO_TARGET_DIR" "$target" \
        "$CARGO_TARGET_DIR/corpus/$target" "ci/fuzz/seeds/$target" -- \
        -seed=1 -runs="$count" -max_len=2048 -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
        -artifact_prefix="$CARGO_TARGET_DIR/artifacts/$target/" -print_final_stats=1
done
