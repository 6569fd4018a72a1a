#!/usr/bin/env bash
# The `hybi` program on bad networks and machines: a proxy that cuts, stalls and flips bits, kernel
# faults in a network namespace, a server killed again and again under load, a full disk, no
# descriptors, clocks that jump. Two minutes of it; HYBI_FAULTS=long makes it all of an hour.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_packages time iproute2 nftables faketime
need_command openssl openssl
need_venv peers websockets==17.4 aiohttp==3.14.5 socketify==0.0.31 proxy.py==2.4.10 twisted==26.10.0
need_npm peers-npm ws@8.23.0

cycles=40 step=60
if [[ ${HYBI_FAULTS:-} == long ]]; then cycles=1100 step=1; fi
run cargo build --locked --release -p hybi-std --bin hybi
run "$CACHE/peers/bin/python" ci/faults/run.py --hybi "$TARGET/release/hybi" \
    --node-modules "$CACHE/peers-npm/node_modules" --cycles "$cycles" --step "$step"
