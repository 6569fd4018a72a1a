#!/usr/bin/env bash
# Instructions a message, counted by callgrind, against those of ci/bench/callgrind/expected.json.
# After a change that is meant to move them: ci/bench/callgrind/run.py --update
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_command valgrind valgrind
need_python

run env CARGO_TARGET_DIR="$TARGET/callgrind" python3 ci/bench/callgrind/run.py
