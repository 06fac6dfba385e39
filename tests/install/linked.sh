#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A static program gets what it uses: one that counts and makes a text has no other format in it, no
# histogram, server or parser. Environment: OBJ (where libpromc.a lies).
case $(${CC:-cc} -dumpmachine) in *darwin*) exit 77 ;; esac
library=${OBJ:?}/libpromc.a
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT

cat >"$folder/main.c" <<'END'
#include <promc/promc.h>

int main(void)
{
    promc_counter *jobs = promc_counter_new("jobs", "Jobs finished.");
    promc_text text;

    promc_counter_inc(jobs);
    return promc_generate_latest(NULL, &text);
}
END
${CC:-cc} ${CFLAGS-} -Iinclude -o "$folder/program" "$folder/main.c" "$library" ${LDFLAGS-} \
    -Wl,--gc-sections -pthread || exit
"$folder/program" || exit
nm "$folder/program" | awk '{ print $NF }' >"$folder/names"
grep -qx promc__text_encoding "$folder/names" || { echo "no names to be seen"; exit 1; }
if grep -xE 'promc__(openmetrics|protobuf)_encoding|promc__native_.*|promc_(histogram|http|parse|gauge)_.*' \
    "$folder/names"; then
    echo "is linked into a program that does not use it"
    exit 1
fi
