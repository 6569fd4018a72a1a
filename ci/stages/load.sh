#!/usr/bin/env bash
# Ten thousand connections in one process through the async API, a thousand through threads, each
# echoing; memory for each connection; other clients beside it. Results in ci/faults/results.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_python

cd ci/faults/load
CARGO_TARGET_DIR=$TARGET run cargo build --locked --release
cd "$ROOT"
run python3 ci/faults/load.py --program "$TARGET/release/hybi-load" --report ci/faults/results/load.md
