#!/usr/bin/env bash
# By hand: dependencies against the RustSec advisories. Fetches that database, so it needs the
# internet, and its result can change without a change here.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_tools

run cargo deny --locked --all-features check advisories
