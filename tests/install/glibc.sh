#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The shared library needs no newer glibc than the README says.
promised=$(sed -n 's/.*needs glibc \([0-9.]*\),.*/\1/p' README.md)
needed=$(objdump -T "$SO" 2>/dev/null | sed -n 's/.*GLIBC_\([0-9][0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
[ -n "$needed" ] || { echo "not built with glibc"; exit 77; }
if [ "$(printf '%s\n' "$promised" "$needed" | sort -V | tail -n 1)" != "$promised" ]; then
    echo "glibc $needed is needed, and the README promises $promised:"
    objdump -T "$SO" | grep -F "GLIBC_$needed"
    exit 1
fi
