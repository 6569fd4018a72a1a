#!/usr/bin/env bash
# Sections 12 and 13 of the Autobahn suite, compression, driven from a Cortex-M4 in QEMU: it receives
# compressed messages through the largest window and sends uncompressed ones. By hand, on a machine
# that does nothing else: the suite gives 60 s for 1,000 messages there and back. Writes
# ci/embedded/results/autobahn-deflate.md.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_targets thumbv7em-none-eabihf
need_command qemu-system-arm qemu-system-arm
need_python
need_autobahn

export CARGO_TARGET_DIR=$TARGET
(cd examples/cortex-m && run cargo build --locked --release -p autobahn)
results=ci/embedded/results/autobahn-deflate.md
{
    cat <<'TEXT'
# Autobahn, sections 12 and 13, on a Cortex-M4

Written by `ci/run embedded-deflate`, where any verdict other than the expected
one is a failure. What goes out is not compressed, which RFC 7692 allows.

```text
TEXT
    python3 ci/autobahn/run.py --server "$CACHE/autobahn/python" --sections 12-13 \
        --reports "$TARGET/autobahn-cortex-m-deflate" --agent hybi-cortex-m4 --timeout 14400 \
        --sends-uncompressed \
        -- examples/cortex-m/qemu.sh "$TARGET/thumbv7em-none-eabihf/release/autobahn" \
        'ws://10.0.2.2:{port}' --agent '{agent}' --deflate | sed 's/; reports in .*//'
    echo '```'
} >"$results.new"
mv "$results.new" "$results"
cat "$results"
