#!/usr/bin/env bash
# By hand, for daily work: the same cases and the same comparison as the autobahn stage, by kosoku,
# which runs Autobahn's case files without Python 2 and about twice as fast.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_venv kosoku kosoku==0.1.0

run cargo build --locked --release -p autobahn-client
run python3 ci/autobahn/run.py --server "$CACHE/kosoku/bin/kosoku" --sections "${HYBI_AUTOBAHN_SECTIONS:-1-10}" \
    --reports "$TARGET/kosoku" --agent hybi-std \
    -- "$TARGET/release/autobahn-client" '{url}' --agent '{agent}'
