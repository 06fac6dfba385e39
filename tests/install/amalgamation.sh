#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The library as two files: compiles without a warning, so no two sources use one static name for
# different things, and a program that has promc.c among its sources runs with nothing but libc.
folder=$(mktemp -d) || exit
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" tools/amalgamate.py "$folder" || exit
cat >"$folder/main.c" <<'END'
#include "promc.h"

#include <stdio.h>

PROMC_COUNTER(jobs, "jobs", "Jobs finished.");

int main(void)
{
    promc_text text;

    promc_counter_inc(jobs);
    if (!promc_start_http_server(0, .address = "127.0.0.1") || promc_generate_latest(NULL, &text))
        return 1;
    fputs(text.data, stdout);
    promc_text_free(&text);
    return 0;
}
END
${CC:-cc} -std=c11 -O1 -pthread -Wall -Wextra -Wpedantic -Werror -o "$folder/program" \
    "$folder/main.c" "$folder/promc.c" || exit
"$folder/program" | grep -qx 'jobs_total 1.0' || { echo "the program does not count"; exit 1; }
