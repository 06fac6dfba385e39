#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs tests, JOBS (1) at a time: run.sh TEST...  A test is a program or a script; exit status 0 is
# a pass, 77 a skip, anything else a failure, whose output is shown. A test that takes longer than
# TIMEOUT seconds (300) is ended. RUN is put before programs, for emulators.

work=$(mktemp -d) || exit
workers=
trap 'rm -rf "$work"' EXIT
trap 'kill $workers; wait; exit 130' INT TERM
[ -n "${PYTHON-}" ] || PYTHON=/usr/bin/python3 # the one that sees the system's packages
[ -x "$PYTHON" ] || PYTHON=python3
limit=
if command -v timeout >/dev/null; then
    limit="timeout -k 10 ${TIMEOUT:-300}"
fi

# Runs one test and says how it went; everything it says is written at once.
run_test() { # FOLDER TEST
    case $2 in
        *.sh) run=sh name=${2#tests/} ;;
        *.py) run=$PYTHON name=${2#tests/} ;;
        *) run=${RUN-} name=${2##*/} ;;
    esac
    begun=$(date +%s)
    $limit $run "$2" >"$1/log" 2>&1 </dev/null &
    child=$!
    wait "$child"
    status=$?
    child=
    case $status in
        0) result=ok ;;
        77) result=skipped ;;
        *) result=FAILED ;;
    esac
    echo $result >"$1/result"
    {
        printf '%-32s %-7s %4d s\n' "$name" "$result" "$(($(date +%s) - begun))"
        case $status in
            0) ;;
            77) tail -n 1 "$1/log" | sed 's/^/    /' ;;
            *)
                sed 's/^/    /' "$1/log"
                case $status in
                    124 | 137) echo "    (ended after ${TIMEOUT:-300} seconds)" ;;
                    *) echo "    (exit status $status)" ;;
                esac
                ;;
        esac
    } >"$1/report"
    cat "$1/report"
}

# Each worker goes through all tests and runs those that nobody has begun: making the folder of a
# test claims it.
worker() {
    child= number=0
    trap '[ -z "$child" ] || kill "$child"; exit 130' TERM
    for test; do
        number=$((number + 1))
        ! mkdir "$work/$number" 2>/dev/null || run_test "$work/$number" "$test"
    done
}

jobs=${JOBS:-1}
while [ "$jobs" -gt 0 ]; do
    worker "$@" &
    workers="$workers $!"
    jobs=$((jobs - 1))
done
wait

count() { cat "$work"/*/result 2>/dev/null | grep -c "^$1\$"; }
passed=$(count ok) skipped=$(count skipped)
failed=$(($# - passed - skipped)) # a worker that broke down counts, too
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ $# -gt 0 ]
