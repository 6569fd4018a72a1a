#!/usr/bin/env bash
# By hand: how large a component with the client is: the example `echo`, without TLS, with it, and
# with redirects, Basic and Digest too; as `--release` builds it and at opt-level "z", both stripped.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_targets wasm32-wasip2

component=$TARGET/wasm32-wasip2/release/examples/echo.wasm
for level in 3 '"z"'; do
    for features in '' tls tls,http; do
        cargo build --locked --quiet --release -p hybi-wasi --target wasm32-wasip2 --example echo \
            --no-default-features --features "$features" \
            --config "profile.release.opt-level=$level" --config 'profile.release.strip=true'
        printf '%-10s opt-level %-4s %9d bytes\n' "${features:-plain}" "$level" "$(stat -c %s "$component")"
    done
done
