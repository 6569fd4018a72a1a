#!/usr/bin/env bash
# qemu.sh [-M MACHINE] FIRMWARE [ARGUMENT…]: runs firmware on a machine of QEMU's with an Ethernet
# controller; on mps2-an386, a Cortex-M4F, unless another is named. The arguments reach it by
# semihosting, and so do its output and exit status come back.
#
# It sees a network of its own, 10.0.2.0/24, made by QEMU: it is 10.0.2.15, and 10.0.2.2 is
# 127.0.0.1 of this machine. No right to do anything on the network is needed.
set -euo pipefail

machine=mps2-an386
if [[ $1 == -M ]]; then
    machine=$2
    shift 2
fi
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
exec qemu-system-arm -M "$machine" -display none -monitor none -serial none \
    -semihosting-config "$options" -netdev user,id=n0 -net nic,netdev=n0,macaddr=52:54:00:12:34:56 \
    -kernel "$firmware"
