#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the shared library exports = what the headers declare with PROMC_API = what lib/promc.map
# lists. `exports.sh names` prints what the headers declare; `exports.sh map` prints a new
# promc.map (for as long as there is only one version node).

# Preprocessed, a public declaration carries the visibility attribute; the name is the first word
# after it that a parenthesis follows.
names() {
    for header in include/promc/*.h; do
        echo "#include <promc/${header##*/}>"
    done | ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -E -P -xc - | tr '\n' ' ' |
        sed 's/__attribute__((visibility("default")))/\
@/g' | sed -n 's/^@ *\([^(;]*\)(.*/\1/p' | sed 's/ *$//; s/.*[ *]//' | LC_ALL=C sort -u
}

case ${1-} in
    names)
        names
        exit
        ;;
    map)
        version=$(sed -n 's/^.define PROMC_VERSION "\([0-9]*\.[0-9]*\).*/\1/p' include/promc/version.h)
        printf '/* What the shared library exports; tests/install/exports.sh checks it. */\n'
        printf 'PROMC_%s {\nglobal:\n' "$version"
        names | sed 's/.*/    &;/'
        printf 'local:\n    *;\n};\n'
        exit
        ;;
esac

tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT
status=0

names >"$tmp/headers"
sed -n 's/^ *\(promc_[a-z0-9_]*\);$/\1/p' lib/promc.map >"$tmp/map"
case $SO in
    *.dylib) nm -gU "$SO" | sed 's/.* _//' ;;
    *) nm -D --defined-only "$SO" | sed -n 's/.* [TDBRVWi] //p' | sed 's/@.*//' ;;
esac | LC_ALL=C sort -u >"$tmp/library"

[ -s "$tmp/headers" ] || { echo "no public function found in include/promc"; exit 1; }
LC_ALL=C sort -u "$tmp/map" | cmp -s - "$tmp/map" || { echo "lib/promc.map is not sorted"; status=1; }
diff -u "$tmp/headers" "$tmp/map" ||
    { echo "lib/promc.map (+) differs from the headers (-)"; status=1; }
diff -u "$tmp/headers" "$tmp/library" ||
    { echo "what the library exports (+) differs from the headers (-)"; status=1; }
grep -vE '^promc_[a-z0-9_]+$' "$tmp/headers" && { echo "not our prefix"; status=1; }
[ $status -ne 0 ] || echo "$(grep -c . "$tmp/headers") functions"
exit $status
