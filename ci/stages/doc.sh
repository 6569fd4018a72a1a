#!/usr/bin/env bash
# The documentation of the crates builds without a warning, and so does the guide: no broken link,
# no missing page, no sample that has drifted from the file it was taken from. (The guide's other
# samples are compiled and run by the stage `test`.)
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_python
need_mdbook
need_targets wasm32-wasip2

say 'the crates'
export RUSTDOCFLAGS='-D warnings'
run cargo doc --locked --workspace --no-deps --all-features
# On other targets hybi-wasi is empty.
run cargo doc --locked -p hybi-wasi --target wasm32-wasip2 --no-deps --all-features
say 'the guide'
run python3 ci/guide.py
run env MDBOOK_LOG=warn mdbook build docs --dest-dir "$TARGET/guide"
[[ -f $TARGET/guide/start-std.html ]] || die "the guide was not built"
