#!/usr/bin/env bash
# qemu.sh FIRMWARE [ARGUMENT…]: runs firmware on QEMU's mps2-an386, a Cortex-M4F with an Ethernet
# controller. The arguments reach it by semihosting, and so do its output and exit status come back.
#
# It sees a network of its own, 10.0.2.0/24, made by QEMU: it is 10.0.2.15, and 10.0.2.2 is
# 127.0.0.1 of this machine. No right to do anything on the network is needed.
set -euo pipefail

firmware=$1
shift
options=enable=on,target=native,arg=$(basename "$firmware")
for argument in "$@"; do
    # The firmware splits its command line at blanks, outside of quotes.
    case $argument in
    *\'*\"* | *\"*\'*)
        echo "qemu.sh: an argument may hold one kind of quotes, not both: $argument" >&2
        exit 2
        ;;
    *\'*) argument="\"$argument\"" ;;
    *[[:blank:]\"]* | '') argument="'$argument'" ;;
    esac
    options+=,arg=${argument//,/,,} # QEMU's own escape of a comma
done
exec qemu-system-arm -M mps2-an386 -display none -monitor none -serial none \
    -semihosting-config "$options" -netdev user,id=n0 -net nic,netdev=n0,macaddr=52:54:00:12:34:56 \
    -kernel "$firmware"
