#!/usr/bin/env bash
# The firmware of examples/cortex-m in QEMU, a Cortex-M4 and a Cortex-M3 with Ethernet, against real
# servers and servers that break TLS: what it prints, its exit status, what the server saw; what a
# client costs; then the Autobahn suite, driven from there.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_tools
bare=(thumbv6m-none-eabi riscv32imac-unknown-none-elf thumbv7em-none-eabihf)
need_targets "${bare[@]}" thumbv7m-none-eabi
need_command qemu-system-arm qemu-system-arm
need_command openssl openssl
need_venv embedded websockets==17.4
need_python
need_autobahn

firmware=$TARGET/thumbv7em-none-eabihf/release
export CARGO_TARGET_DIR=$TARGET
say 'each feature on bare metal: without an FPU, without compare-and-swap, on RISC-V'
for target in "${bare[@]}"; do
    run cargo hack check --locked -p hybi-core -p hybi-embedded --lib --target "$target" \
        --each-feature --exclude-features default,std
    run cargo check --locked -p hybi-embedded --lib --target "$target" --all-features
done
cd examples/cortex-m
say 'form and lints'
run cargo fmt --all --check
run cargo fmt --manifest-path "$ROOT/ci/embedded/peers/Cargo.toml" --check
run cargo clippy --locked --release --workspace -- -D warnings
run cargo clippy --locked --release -p telemetry-smoltcp --target thumbv7m-none-eabi --features lm3s6965evb -- -D warnings
run cargo deny --locked --log-level error --config "$ROOT/deny.toml" check bans licenses sources
say 'firmware'
run cargo build --locked --release --workspace
run cargo build --locked --release -p telemetry-smoltcp --target thumbv7m-none-eabi --features lm3s6965evb
cd "$ROOT"
run cargo build --locked --release -p tls-attacks
certificates=$TARGET/embedded-certificates
rm -rf "$certificates"
run bash ci/tls/make.sh "$certificates"
run openssl x509 -in "$certificates/ca.pem" -outform DER -out "$certificates/ca.der"
run "$CACHE/embedded/bin/python" ci/embedded/run.py --built "$TARGET" \
    --certificates "$certificates" --attacks "$TARGET/release/tls-attacks"
say 'flash, RAM and stack'
run "$CACHE/embedded/bin/python" ci/embedded/budget.py --certificates "$certificates"
say 'Autobahn on a Cortex-M4'
run python3 ci/autobahn/run.py --server "$CACHE/autobahn/python" --sections 1-10 \
    --reports "$TARGET/autobahn-cortex-m" --agent hybi-cortex-m4 \
    -- examples/cortex-m/qemu.sh "$firmware/autobahn" 'ws://10.0.2.2:{port}' --agent '{agent}'
