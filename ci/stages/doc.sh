#!/usr/bin/env bash
# The documentation builds without a warning: no broken link, no missing page.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"

export RUSTDOCFLAGS='-D warnings'
run cargo doc --locked --workspace --no-deps --all-features
