#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every public header stands alone, may be included twice, and is free of warnings in C11 and C++17
# with each compiler there is; promc.h includes them all; macros keep to our prefix; examples are C11.
tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT
warn='-Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -Iinclude'
status=0 tried=0

try() { # LANGUAGE STANDARD COMPILER
    command -v "${3%% *}" >/dev/null || return 0
    tried=$((tried + 1))
    for header in include/promc/*.h; do
        file=$tmp/header.$1
        printf '#include <promc/%s>\n#include <promc/%s>\nint main(void) { return 0; }\n' \
            "${header##*/}" "${header##*/}" >"$file"
        $3 -x "$1" -std="$2" $4 $warn "$file" || { echo "FAILED: $3 -std=$2 $header"; status=1; }
    done
}
for compiler in "${CC:-cc}" gcc clang; do
    try c c11 "$compiler" "-Wstrict-prototypes -Wmissing-prototypes -Wconversion"
    try c gnu17 "$compiler"
done
for compiler in "${CXX:-c++}" g++ clang++; do
    try c++ c++11 "$compiler"
    try c++ c++17 "$compiler" "-Wconversion -Wold-style-cast -Wzero-as-null-pointer-constant"
done
[ $tried -gt 0 ] || { echo "no compiler found"; exit 1; }

for header in include/promc/*.h; do
    name=${header##*/}
    [ "$name" = promc.h ] || echo '#include <promc/promc.h>' |
        ${CC:-cc} -std=c11 -Iinclude -xc -M - | grep -q "promc/$name" ||
        { echo "promc.h does not include $name"; status=1; }
done

# Examples say themselves what they need of POSIX: plain C11 will do for those who copy them.
for source in examples/*.c; do
    case $source in *tls*) ${PKG_CONFIG:-pkg-config} --exists openssl || continue ;; esac
    ${CC:-cc} -std=c11 $warn "$source" || { echo "FAILED: $source as C11"; status=1; }
done

# Macros that including promc.h adds to those of the C headers it uses.
grep -hE '^#include <(std|time)' include/promc/*.h | sort -u | ${CC:-cc} -std=c11 -E -dM -xc - | sort >"$tmp/before"
echo '#include <promc/promc.h>' | ${CC:-cc} -std=c11 -Iinclude -E -dM -xc - | sort >"$tmp/after"
comm -13 "$tmp/before" "$tmp/after" | grep -vE '^#define (promc_|PROMC_)' |
    { ! grep '^#define [^_]'; } || { echo "macros without our prefix"; status=1; }
exit $status
