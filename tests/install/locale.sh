#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Where 0.5 is written 0,5 (German), and where the small letter of I is no i (Turkish), the library
# writes and reads the same as everywhere: some of the unit tests again, in such locales.
case $SO in
    *.dylib) echo "needs LD_PRELOAD"; exit 77 ;;
esac
tests="alerts counter exposition gauge histogram http_encoding http_parser json lint names negotiate
    number_parts parse remote_write writer"
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
status=0 ran=0

command -v localedef >/dev/null || { echo "no localedef here (glibc)"; exit 77; }
for locale in de_DE tr_TR; do
    localedef -i $locale -f UTF-8 "$dir/$locale.UTF-8" >"$dir/log" 2>&1 ||
        { echo "no source of $locale here (package locales)"; exit 77; }
done
${CC:-cc} -shared -fPIC -o "$dir/locale.so" tests/install/locale.c || exit

for locale in de_DE tr_TR; do
    for test in $tests; do
        [ -x "$OBJ/tests/test_$test" ] || continue
        ran=$((ran + 1))
        LOCPATH=$dir LC_ALL=$locale.UTF-8 LD_PRELOAD=$dir/locale.so "$OBJ/tests/test_$test" \
            >"$dir/log" 2>&1 || { echo "test_$test fails in $locale:"; cat "$dir/log"; status=1; }
    done
done
[ $ran -gt 0 ] || { echo "no unit tests were built (make check does)"; exit 77; }
echo "$ran programs"
exit $status
