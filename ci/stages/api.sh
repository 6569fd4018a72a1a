#!/usr/bin/env bash
# The public API of the crates against ci/api/*.txt, so that no change of it goes unseen. After a
# change that is meant: `ci/run api` with UPDATE=1, and look at the difference before you commit.
# Needs a nightly compiler: only that one describes a crate's API in JSON.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_toolchain nightly || die "listing the API needs a nightly compiler"
rustup target add --toolchain nightly wasm32-wasip2 || die "no WASI for the nightly compiler"
need_public_api

# list CRATE ARGUMENT…: one line for each public item, without blanket implementations and auto traits.
list() {
    local crate=$1
    shift
    printf "+ cargo public-api -p %s %s\n" "$crate" "$*"
    cargo +nightly public-api -p "$crate" -ss --color never "$@" >"$TARGET/api/$crate.txt"
}

mkdir -p "$TARGET/api"
list hybi-core --all-features
list hybi-common --all-features
list hybi-std --features tokio
list hybi-embedded --all-features
list hybi-wasi --all-features --target wasm32-wasip2
if [[ ${UPDATE:-} ]]; then
    cp "$TARGET"/api/*.txt ci/api/
    wc -l ci/api/*.txt
    exit
fi
changed=''
for crate in "$TARGET"/api/*.txt; do
    diff -u "ci/api/${crate##*/}" "$crate" || changed+=" ${crate##*/}"
done
[[ ! $changed ]] || die "the public API has changed:$changed; meant? UPDATE=1 ci/run api"
