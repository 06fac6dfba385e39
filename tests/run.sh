#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs tests one after the other: run.sh TEST...  A test is a program or a script; exit status 0 is
# a pass, 77 a skip, anything else a failure, whose output is shown. A test that takes longer than
# TIMEOUT seconds (300) is ended. RUN is put before programs, for emulators.

passed=0 failed=0 skipped=0 child=
log=$(mktemp) || exit
trap 'rm -f "$log"' EXIT
trap '[ -z "$child" ] || kill "$child"; exit 130' INT TERM
[ -n "${PYTHON-}" ] || PYTHON=/usr/bin/python3 # the one that sees the system's packages
[ -x "$PYTHON" ] || PYTHON=python3
limit=
if command -v timeout >/dev/null; then
    limit="timeout -k 10 ${TIMEOUT:-300}"
fi

for test; do
    case $test in
        *.sh) run=sh name=${test#tests/} ;;
        *.py) run=$PYTHON name=${test#tests/} ;;
        *) run=${RUN-} name=${test##*/} ;;
    esac
    begun=$(date +%s)
    $limit $run "$test" >"$log" 2>&1 </dev/null &
    child=$!
    wait "$child"
    status=$?
    child=
    case $status in
        0) result=ok passed=$((passed + 1)) ;;
        77) result=skipped skipped=$((skipped + 1)) ;;
        *) result=FAILED failed=$((failed + 1)) ;;
    esac
    printf '%-32s %-7s %4d s\n' "$name" "$result" "$(($(date +%s) - begun))"
    case $status in
        0) ;;
        77) tail -n 1 "$log" | sed 's/^/    /' ;;
        *)
            sed 's/^/    /' "$log"
            case $status in
                124 | 137) echo "    (ended after ${TIMEOUT:-300} seconds)" ;;
                *) echo "    (exit status $status)" ;;
            esac
            ;;
    esac
done

if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ $# -gt 0 ]
