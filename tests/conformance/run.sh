#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compares what build/tests/replay prints with what client_python prints for the same operations,
# byte for byte. run.sh [NNN...] runs only these cases. Environment: SHARED (where the data lies),
# BUILD, REPLAY (the program), RUN (an emulator to run it with). Exit status 77: no data.

root=$(cd "$(dirname "$0")/../.." && pwd) || exit
data=${SHARED:-$root/../shared}/conformance/client_python
replay=${REPLAY:-${BUILD:-$root/build}/tests/replay}
shown=5 # failures of which the difference is printed

if [ ! -d "$data" ]; then
    echo "no conformance data in $data (set SHARED): nothing compared"
    exit 77
fi
if [ ! -x "$replay" ]; then
    echo "$replay is missing: make check-conformance builds it" >&2
    exit 1
fi

passed=0 failed=0 skipped=0 formats=
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# NNN.FORMAT or NNN.ESCAPING.FORMAT
compare() {
    name=${1##*/}
    case=${name%%.*}
    format=${name##*.}
    escaping=${name#"$case".}
    escaping=${escaping%"$format"}
    escaping=${escaping%.}
    ${RUN-} "$replay" "$data/$case.ops" "$format" "${escaping:-underscores}" \
        >"$work/got" 2>"$work/errors"
    status=$?
    if [ "$status" -eq 2 ]; then
        skipped=$((skipped + 1))
        case " $formats " in
            *" $format "*) ;;
            *) formats="$formats $format" ;;
        esac
    elif [ "$status" -eq 0 ] && [ ! -s "$work/errors" ] && cmp -s "$1" "$work/got"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        [ "$failed" -le "$shown" ] || return 0
        echo "FAILED $name (exit status $status)"
        head -n 20 "$work/errors"
        diff -u "$1" "$work/got" | sed '1,2d' | head -n 20
    fi
}

[ "$#" -gt 0 ] || set -- ''
for case; do
    for expected in "$data/$case"*.text "$data/$case"*.om; do
        [ ! -f "$expected" ] || compare "$expected"
    done
done

[ "$skipped" -eq 0 ] || echo "skipped, the library cannot write it yet:$formats ($skipped files)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
