#!/usr/bin/env bash
# Core's unit tests in Miri: no undefined behaviour, no dependence on uninitialised memory,
# with strict provenance.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_miri

run rustup run nightly rustc -V
export MIRIFLAGS='-Zmiri-strict-provenance'
run cargo +nightly miri test --locked -p hybi-core --lib --features std,embedded-io-async,deflate
