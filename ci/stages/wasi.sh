#!/usr/bin/env bash
# hybi-wasi in wasmtime, against servers on this machine.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." && exec bash platform-wasi/ci.sh
