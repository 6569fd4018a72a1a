#!/usr/bin/env bash
# Core in every set of its features, with the oldest compiler we promise, and on the targets we
# promise; that it needs neither std nor an allocator; the platform crates on their targets.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_tools
bare=(thumbv7em-none-eabihf thumbv6m-none-eabi riscv32imac-unknown-none-elf)
need_targets "${bare[@]}" wasm32-wasip2

say 'every set of features'
run cargo hack clippy --locked -p hybi-core --lib --feature-powerset --exclude-features default -- -D warnings
run cargo hack clippy --locked -p hybi-embedded --lib --each-feature -- -D warnings

say 'the oldest compiler promised'
msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
[[ $msrv =~ ^[0-9]+\.[0-9]+(\.[0-9]+)?$ ]] || die "no rust-version in Cargo.toml: '$msrv'"
if [[ $msrv != *.*.* ]]; then msrv+=.0; fi
if need_toolchain "$msrv"; then
    run env CARGO_TARGET_DIR="$TARGET/msrv" cargo "+$msrv" check --locked --workspace --all-features
elif [[ ${CI:-} == true ]]; then
    die "Rust $msrv cannot be installed: the promised rust-version is NOT checked"
else
    printf '\n!!!! Rust %s cannot be installed: the promised rust-version is NOT checked.\n\n' "$msrv" >&2
fi

say 'core on bare metal and WASI'
for target in "${bare[@]}" wasm32-wasip2; do
    run cargo build --locked -p hybi-core --target "$target"
    run cargo build --locked -p hybi-core --target "$target" --features embedded-io-async,deflate,defmt,log
done

say 'core without an allocator'
bash ci/no_alloc.sh

say 'platform crates on their targets'
for target in "${bare[@]}"; do
    for features in '' embassy-net,embedded-nal-async,ipv6,smoltcp-dns tls tls,p384,rsa,ed25519,defmt; do
        run cargo build --locked -p hybi-embedded --target "$target" --features "$features"
    done
done
run cargo build --locked -p hybi-wasi --target wasm32-wasip2
