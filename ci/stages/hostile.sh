#!/usr/bin/env bash
# The `hybi` program against servers that break every rule: what it takes, what it refuses, what it
# says, in which time and memory. `ci/run scoreboard` has it as a component and as
# firmware too, and other clients.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_packages time
need_command openssl openssl
need_python

run cargo build --locked --release -p hybi-std --bin hybi
run python3 ci/hostile/run.py --client "$TARGET/release/hybi" --verbose
