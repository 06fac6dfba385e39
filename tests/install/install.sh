#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs into a staging directory, builds and runs programs against it through pkg-config (shared,
# static, C++, moved elsewhere, other directories), and uninstalls: nothing may be left.
unset MAKEFLAGS MFLAGS MAKELEVEL
stage=$(mktemp -d) || exit
trap 'rm -rf "$stage"' EXIT
cc=${CC:-cc} pkg_config=${PKG_CONFIG:-pkg-config} make=${MAKE:-make}

die() {
    echo "install: $*"
    exit 1
}
version=$(sed -n 's/^.define PROMC_VERSION "\(.*\)"/\1/p' include/promc/version.h)

cat >"$stage/consumer.c" <<'END'
#include <promc/promc.h>
#include <stdio.h>

int main(void)
{
    promc_counter *jobs = promc_counter_new("jobs", "Jobs finished.");
    double value = 0;

    promc_counter_inc(jobs);
    promc_registry_get_sample_value(NULL, "jobs_total", NULL, &value);
    printf("%s %g\n", promc_version(), value);
    return 0;
}
END
cat >"$stage/consumer.cc" <<'END'
#include <promc/promc.h>
#include <cstdio>

int main()
{
    promc_counter_opts options = {};

    options.size = sizeof options;
    options.name = "jobs";
    promc_counter_inc(promc_counter_create(&options));
    double value = 0;
    promc_registry_get_sample_value(nullptr, "jobs_total", nullptr, &value);
    std::printf("%s %g\n", promc_version(), value);
}
END

# consume DESTDIR LIBDIR SOURCE COMPILER PKG-CONFIG-OPTION: builds and runs, with that tree only.
consume() {
    PKG_CONFIG_PATH=$1$2/pkgconfig
    export PKG_CONFIG_PATH
    [ "$($pkg_config --modversion promc)" = "$version" ] || die "version of promc.pc is not $version"
    flags=$($pkg_config $5 --cflags --libs promc) || die "pkg-config $5"
    $4 -Wall -Wextra -Wpedantic -Werror -o "$stage/consumer" "$stage/$3" $flags ||
        die "$3 does not build with: $flags"
    out=$(LD_LIBRARY_PATH=$1$2 DYLD_LIBRARY_PATH=$1$2 "$stage/consumer") || die "$3 does not run"
    [ "$out" = "$version 1" ] || die "$3 printed: $out"
}
install() {
    $make -s install BUILD="$BUILD" DESTDIR="$@" >/dev/null || die "make install $*"
}
uninstall() { # DESTDIR VARIABLE=...
    $make -s uninstall BUILD="$BUILD" DESTDIR="$@" >/dev/null || die "make uninstall $*"
    left=$(find "$1" ! -type d; find "$1" -name promc)
    [ -z "$left" ] || die "left behind: $left"
}

install "$stage/usual"
consume "$stage/usual" /usr/local/lib consumer.c "$cc -std=c11"
if command -v readelf >/dev/null; then
    readelf -d "$stage/consumer" | grep -q "NEEDED.*libpromc.so.${version%%.*}\]" || die "not linked with the SONAME"
fi
if command -v "${CXX:-c++}" >/dev/null; then
    consume "$stage/usual" /usr/local/lib consumer.cc "${CXX:-c++} -std=c++17"
fi

# The static library beside the shared one, as README has it.
$cc -std=c11 -o "$stage/consumer" "$stage/consumer.c" $($pkg_config --cflags promc) \
    $($pkg_config --variable=libdir promc)/libpromc.a -pthread && "$stage/consumer" >/dev/null ||
    die "linking statically by the file's name"

# The tree may be moved; without the shared library the static one is linked.
cp -R "$stage/usual" "$stage/moved"
rm -f "$stage"/moved/usr/local/lib/libpromc.so* "$stage"/moved/usr/local/lib/libpromc*.dylib
consume "$stage/moved" /usr/local/lib consumer.c "$cc -std=c11" --static
uninstall "$stage/usual"

# A distribution's directories.
set -- "$stage/distro" PREFIX=/usr LIBDIR=/usr/lib/any-linux-gnu INCLUDEDIR=/usr/include/any
install "$@"
consume "$stage/distro" /usr/lib/any-linux-gnu consumer.c "$cc -std=c11"
uninstall "$@"

# A neighbour's file survives, and a second uninstall is no error.
install "$stage/usual"
touch "$stage/usual/usr/local/lib/libother.a"
$make -s uninstall BUILD="$BUILD" DESTDIR="$stage/usual" >/dev/null || die "uninstall"
[ -e "$stage/usual/usr/local/lib/libother.a" ] || die "uninstall took somebody else's file"
$make -s uninstall BUILD="$BUILD" DESTDIR="$stage/usual" >/dev/null || die "second uninstall"
