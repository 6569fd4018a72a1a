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
            --extern "hybi_core=$folder/libhybi_core.rlib" \
            -L "dependency=$folder/deps" -L "dependency=$TARGET/debug/deps" \
            -o "$work/libproof.a" "$work/proof.rs"
}

without='embedded-io embedded-io-async deflate defmt log'
for features in '' $without "${without// /,}"; do
    prove "$features" || die "with features '$features', core cannot be linked without an allocator"
    echo "links without an allocator: features '$features'"
done
must_fail_with 'no global memory allocator found' prove alloc

# The same seen from the dependencies: the whole list is known, so a new one is looked at first,
# and none is built with its own std or alloc.
tree() {
    cargo tree --locked -p hybi-core --target "$target" --prefix none "$@"
}
known='base64 byteorder hash32 heapless httparse hybi-core rand_core sha1_smol stable_deref_trait'
found=$(tree -e no-dev --format '{p}' | cut -d' ' -f1 | sort -u | tr '\n' ' ')
echo "dependencies of core: $found"
for package in $found; do
    [[ " $known " == *" $package "* ]] ||
        die "core has a new dependency, $package: does it use alloc? If not, list it in $0"
done
switched_on() {
    tree -e no-dev --format '{p} [{f}]' "$@" | grep -E '\[(.*,)?(std|alloc|with-alloc)[],]'
}
if switched_on; then die 'a dependency of core is built with its std or alloc'; fi
switched_on --features std >/dev/null || die 'the check above finds nothing'
