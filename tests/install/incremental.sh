#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The build remakes what a change concerns, and nothing else. Works on a copy of the sources.
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CPPFLAGS LDFLAGS BUILD OBJ
copy=$(mktemp -d) || exit
trap 'rm -rf "$copy"' EXIT
cp -R Makefile include lib examples tests "$copy"
cd "$copy" || exit

die() {
    echo "incremental: $*"
    exit 1
}
build() {
    ${MAKE:-make} -s static CFLAGS="${1--O0}" >/dev/null || die "build failed"
}
# Objects made after the file "stamp", as paths of their sources.
remade() {
    find build -name '*.o' -newer stamp | sed 's|.*/obj-[0-9]*/||; s|o$|c|' | LC_ALL=C sort
}
later() {
    touch stamp
    while touch probe && [ -z "$(find probe -newer stamp)" ]; do :; done
}

build
later
build
[ -z "$(remade)" ] || die "a second make made again: $(remade)"

# A header that some include and some do not (counted by the compiler, not by our .d files).
header=lib/base/number.h
for source in lib/*/*.c; do
    ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib -MM "$source" |
        grep -q "$header" && echo "$source"
done | LC_ALL=C sort >expected
[ -s expected ] && [ "$(grep -c . expected)" -lt "$(ls lib/*/*.c | grep -c .)" ] || die "$header proves nothing"
touch $header
build
remade | diff -u expected - || die "wrong objects made after $header changed"
find build/obj-*/libpromc.a -newer stamp | grep -q . || die "the archive is out of date"

# One source: one object.
later
touch lib/base/memory.c
build
[ "$(remade)" = lib/base/memory.c ] || die "after memory.c: $(remade)"

# Other flags: other objects, the old ones stay, and going back costs nothing.
later
build '-O0 -DOTHER'
[ "$(remade | grep -c .)" -eq "$(ls lib/*/*.c | grep -c .)" ] || die "other flags did not make all objects"
[ "$(ls -d build/obj-* | grep -c .)" -eq 2 ] || die "two configurations do not live side by side"
other=$(readlink build/libpromc.a)
later
build
[ -z "$(remade)" ] || die "going back to the first flags made again: $(remade)"
[ "$(readlink build/libpromc.a)" != "$other" ] || die "build/libpromc.a is of the other flags"

# A header that is gone, and whose users are, too.
later
sed '/promc__gone/d' lib/base/memory.c >memory.c
: >lib/base/gone.h
{ echo '#include "base/gone.h"'; cat memory.c; } >lib/base/memory.c
build
rm lib/base/gone.h
cp memory.c lib/base/memory.c
build
