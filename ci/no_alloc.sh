#!/usr/bin/env bash
# Proves that core needs no allocator. A final artifact that contains the `alloc` crate without a
# global allocator is an error in rustc, whoever pulled it in. So: core as a static library for
# thumbv6m without an allocator, in every feature set that promises to need none; and, so that
# the proof can fail, with the feature `alloc`, where it must.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
target=thumbv6m-none-eabi
need_targets "$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/proof.rs" <<'RUST'
#![no_std]
use hybi_core as _;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
RUST

# prove FEATURES: core with these, and a static library from it.
prove() {
    local folder=$TARGET/$target/debug
    cargo build --quiet --locked -p hybi-core --target "$target" --features "$1" &&
        rustc --edition 2024 --crate-type staticlib --target "$target" -C panic=abort \
            --extern "hybi_core=$folder/libhybi_core.rlib" -L "dependency=$folder/deps" \
            -o "$work/libproof.a" "$work/proof.rs"
}

without='embedded-io embedded-io-async defmt log'
for features in '' $without "${without// /,}"; do
    prove "$features" || die "with features '$features', core cannot be linked without an allocator"
    echo "links without an allocator: features '$features'"
done
must_fail_with 'no global memory allocator found' prove alloc

# The same seen from the dependencies: the whole list is known, so a new one is looked at first.
known='base64 byteorder const-default hash32 heapless httparse hybi-core rand_core sha1_smol stable_deref_trait'
tree=$(cargo tree --locked -p hybi-core -e no-dev --target "$target" --prefix none --format '{p}' |
    cut -d' ' -f1 | sort -u | tr '\n' ' ')
echo "dependencies of core: $tree"
for package in $tree; do
    [[ " $known " == *" $package "* ]] || die "core has a new dependency, $package: does it use alloc? then list it in $0"
done
# None of them may be switched to std or alloc by core's default features.
if cargo tree --locked -p hybi-core -e no-dev,features --target "$target" --prefix none |
    grep -E 'feature "(std|alloc)"'; then
    die 'a dependency of core is built with its std or alloc feature'
fi
