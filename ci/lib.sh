# shellcheck shell=bash
# What every stage sources: strict mode, the folders, and a few words.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Tools and environments, kept between runs and outside the tree.
CACHE=${HYBI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hybi}
# Where cargo puts what it builds.
export TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
mkdir -p "$CACHE"
cd "$ROOT"
if [[ ${CI:-} == true ]]; then export CARGO_INCREMENTAL=0; fi

say() { printf '\n== %s\n' "$*"; }

# Prints a command, then runs it.
run() {
    printf '+ %s\n' "$*"
    "$@"
}

die() {
    printf 'ci: %s\n' "$*" >&2
    exit 1
}

# The command must fail and its output must hold TEXT: for checks of the checks.
must_fail_with() {
    local text=$1 output
    shift
    printf '+ (must fail) %s\n' "$*"
    if output=$("$@" 2>&1); then die "this should have failed: $*"; fi
    grep -qF -- "$text" <<<"$output" || die "failed, but without saying '$text': $output"
}
