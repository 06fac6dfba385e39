#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A static program has only what it uses: one that counts and exposes has no HTTP, compression, parser
# or delivery in its symbol table, and an exporter nothing that sends or receives alerts.
# (`make bench` measures the sizes.)
[ "$(uname)" != Darwin ] || { echo "sections are collected in another way here"; exit 77; }
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
status=0

refuse() { # PROGRAM PATTERN
    ${CC:-cc} -std=c11 ${CFLAGS-} -D_POSIX_C_SOURCE=200809L -Iinclude -pthread -o "$dir/$1" \
        "tests/bench/programs/$1.c" "$OBJ/libpromc.a" -Wl,--gc-sections || exit
    "$dir/$1" || { echo "linking: $1 does not work"; exit 1; }
    nm --defined-only "$dir/$1" | grep -q promc_ || { echo "linking: $1 has no symbols"; exit 1; }
    if nm --defined-only "$dir/$1" | grep -E "$2"; then
        echo "linking: $1 has no use for these"
        status=1
    fi
}

unneeded='alert|json|pusher|pushgateway|graphite|remote_write|snappy|parse_all|promc_parse|lint'
refuse counts "http|gzip|deflate|poller|$unneeded"
refuse serves "$unneeded"
exit $status
