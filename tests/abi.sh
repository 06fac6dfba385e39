#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compares the binary interface with that of the last release, by libabigail's abidiff: `make
# check-abi`, or against any commit with ABI_BASE=commit. Fails when a program that is linked with
# the older library would not run with this one; before 1.0 only within a minor version.
base=${ABI_BASE:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null)}
if [ -z "$base" ]; then
    echo "abi: there is no release tag (v1.2.3) to compare with; ABI_BASE=commit chooses one"
    exit 0
fi
command -v abidiff >/dev/null || { echo "abi: abidiff is missing (package abigail-tools)"; exit 1; }
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
minor() { sed -n 's/^.define PROMC_VERSION "\([0-9]*\.[0-9]*\).*/\1/p' "$1/include/promc/version.h"; }

mkdir "$work/old" && git archive "$base" >"$work/old.tar" && tar -xf "$work/old.tar" -C "$work/old" || exit
for tree in "$work/old" .; do # with debugging information, and alike
    ${MAKE:-make} -s -C "$tree" BUILD="$work/build" CFLAGS="-O1 -g" shared >"$work/log" 2>&1 ||
        { cat "$work/log"; exit 1; }
    cp -L "$work/build/libpromc.so" "$work/$([ "$tree" = . ] && echo new || echo old).so"
    rm -rf "$work/build"
done

abidiff --headers-dir1 "$work/old/include" --headers-dir2 include "$work/old.so" "$work/new.so"
status=$?
# Bits of abidiff: 1 and 2 are errors of its own, 4 a change, 8 one that breaks programs.
[ $((status & 3)) -eq 0 ] || exit 1
if [ $((status & 8)) -eq 0 ]; then
    echo "abi: programs linked with $base run with this"
    exit 0
fi
old=$(minor "$work/old") new=$(minor .)
case $old in
    0.*) [ "$old" = "$new" ] || { echo "abi: $new is not compatible with $old, as it may be before 1.0"; exit 0; } ;;
esac
echo "abi: programs linked with $base do not run with this"
exit 1
