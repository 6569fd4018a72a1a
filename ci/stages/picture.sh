#!/usr/bin/env bash
# Draws docs/session.svg anew: a session of the command line, recorded in a real terminal. By hand,
# where what `hybi` prints has changed.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_venv picture pyte==0.8.2 websockets==17.4

run cargo build --locked -p hybi-std --bin hybi
run "$CACHE/picture/bin/python" ci/picture.py "$TARGET/debug/hybi"
