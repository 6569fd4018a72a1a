#!/usr/bin/env bash
# Form, lints, the import order, licences and sources of dependencies, spelling; and that the
# project's own checks do catch what they are for.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_packages shellcheck
need_tools

say 'rustfmt'
run cargo fmt --all --check
say 'clippy'
run cargo clippy --locked --workspace --all-targets -- -D warnings
run cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
say 'layers'
run python3 ci/layers.py
say 'licences, bans, sources'
run cargo deny --locked --log-level error --all-features check bans licenses sources
say 'spelling'
run typos
say 'the scripts of ci/'
mapfile -t scripts < <(find ci .ci platform-* -name '*.sh' -o -path ci/run -o -path .ci/run)
run shellcheck -x "${scripts[@]}"
run ruff check --no-cache ci
run ruff format --no-cache --check ci
say 'the checks themselves'
run python3 -m unittest discover -s ci/tests
