#!/usr/bin/env bash
# By hand: other clients beside this one, in one run; prints Markdown and keeps it in
# ci/bench/results/. Let nothing else run meanwhile.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"

run env CARGO_TARGET_DIR="$TARGET/bench" cargo build --locked --release --manifest-path ci/bench/Cargo.toml
sets=(deflate)
for set in "${sets[@]}"; do
    say "$set"
    "$TARGET/bench/release/hybi-bench" "$set" | tee "ci/bench/results/$set.md"
done
