#!/usr/bin/env bash
# Unit, integration and documentation tests on this machine, with all features; then the examples
# that need no network, run as a user would.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"

say 'tests'
run cargo test --locked --workspace --all-features
say 'core without features'
run cargo test --locked -p hybi-core --lib
say 'examples'
run cargo run --locked --release -p quickstart
run cargo run --locked --release -p sans-io
run cargo run --locked --release -p std-app
run cargo run --locked --release -p std-tokio
run cargo run --locked --release -p telemetry
