#!/usr/bin/env bash
# The real Autobahn test suite against `autobahn-client`, compared case by case with
# ci/autobahn/expected.json: all 517 cases. HYBI_AUTOBAHN_SECTIONS=1-10 leaves out compression,
# which takes nearly all of the time.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_python
need_autobahn

run cargo build --locked --release -p autobahn-client
run python3 ci/autobahn/run.py --server "$CACHE/autobahn/python" --sections "${HYBI_AUTOBAHN_SECTIONS:-1-13}" \
    --reports "$TARGET/autobahn" --agent hybi-std \
    -- "$TARGET/release/autobahn-client" '{url}' --agent '{agent}'
