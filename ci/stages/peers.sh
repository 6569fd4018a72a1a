#!/usr/bin/env bash
# The `hybi` program against real servers that other people wrote, over ws and wss, and through
# their proxies.
# shellcheck source=ci/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
need_packages libuv1 time nginx-light lighttpd websocketd libwebsockets-test-server \
    tinyproxy-bin squid microsocks
need_command openssl openssl
need_venv peers websockets==17.4 aiohttp==3.14.5 socketify==0.0.31 proxy.py==2.4.10 twisted==26.10.0
need_npm peers-npm ws@8.23.0

run cargo build --locked --release -p hybi-std --bin hybi --example cookies
peers=("$CACHE/peers/bin/python" ci/peers/run.py --hybi "$TARGET/release/hybi"
    --node-modules "$CACHE/peers-npm/node_modules")
say 'without compression'
run "${peers[@]}"
say 'with permessage-deflate'
run "${peers[@]}" --deflate
