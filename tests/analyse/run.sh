#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FILE... -- COMPILER-FLAG...: what gcc -fanalyzer, cppcheck and clang-tidy find, in Debian 12's
# versions; others find other things. Any finding fails. What is none has its reason at its place, in
# cppcheck.txt or in .clang-tidy. GCC, CPPCHECK and CLANG_TIDY name the programs; those that are not there
# are skipped.
files=
while [ "$1" != -- ]; do
    files="$files $1"
    shift
done
shift
jobs=$(nproc 2>/dev/null || echo 2)
gcc=${GCC:-gcc} cppcheck=${CPPCHECK:-cppcheck} tidy=${CLANG_TIDY:-clang-tidy}
status=0

analyser() { # NAME WHETHER-IT-IS-THERE COMMAND...
    name=$1 there=$2 begun=$(date +%s)
    shift 2
    sh -c "$there" >/dev/null 2>&1 || { echo "  $name: not here, skipped"; return; }
    if "$@"; then verdict=nothing; else verdict=findings status=1; fi
    echo "  $name: $verdict, $(($(date +%s) - begun)) s"
}

each() { # COMMAND..., with a file in place of {}, for each file; says something only when it fails
    printf '%s\n' $files | xargs -P "$jobs" -I {} sh -c 'out=$("$@" 2>&1) || { printf "%s\n" "$out"; exit 1; }' sh "$@"
}

# One file at a time: in several, clang-tidy 14 finds va_lists that are not initialised.
analyser "gcc -fanalyzer" "$gcc -fanalyzer -E -xc /dev/null" \
    each $gcc "$@" -O2 -fanalyzer -Werror -S -o /dev/null {}
analyser cppcheck "$cppcheck --version" \
    $cppcheck --quiet -j "$jobs" --std=c11 --library=posix --enable=warning,style,performance,portability \
    --inline-suppr --suppressions-list=tests/analyse/cppcheck.txt --template=gcc --error-exitcode=1 \
    -Iinclude -Ilib -D_POSIX_C_SOURCE=200809L -D__linux__ -D__GNUC__ $files
analyser clang-tidy "$tidy --version" each $tidy --quiet {} -- "$@"
exit $status
