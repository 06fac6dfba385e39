#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes lib/metrics/native_bounds.c: where the buckets of native histograms end.

    make_native_bounds.py >lib/metrics/native_bounds.c
    make_native_bounds.py --check lib/metrics/native_bounds.c    compare a file with what would be made

Everything is done in exact integers: a bound is 2^(i/256) rounded down to a double, so a double is
at most the bound exactly when it is at most the true number.
"""
import math
import sys

STEPS = 256            # bounds in an octave at the finest resolution, schema 8
MANTISSA = 52
SLICE_BITS = 9         # an octave in slices so thin that none has two bounds
UNIT = 1 << 64 - MANTISSA  # mantissas are in the upper bits, so these are left over below
LINE = 4


def mantissa(i):
    """The mantissa of 2^(i/256): floor((2^(i/256) - 1) * 2^52)."""
    power = 1 << (MANTISSA * STEPS + i)  # (2^52 * 2^(i/256))^256
    root = power
    for _ in range(8):                   # the 256th root, as eight square roots; each rounds down,
        root = math.isqrt(root)          # which is exact: floor(sqrt(floor(x))) = floor(sqrt(x))
    assert root ** STEPS <= power < (root + 1) ** STEPS
    return root - (1 << MANTISSA)


def lines(values, form, per_line):
    for i in range(0, len(values), per_line):
        yield "    " + " ".join(form % value + "," for value in values[i:i + per_line])


def table():
    bounds = [mantissa(i) for i in range(STEPS)]
    starts = [sum(bound < k << MANTISSA - SLICE_BITS for bound in bounds[1:])
              for k in range(1 << SLICE_BITS)]
    for k, start in enumerate(starts):  # one comparison decides within each slice
        assert sum(bound < k + 1 << MANTISSA - SLICE_BITS for bound in bounds[1:]) - start <= 1
    bounds = [bound * UNIT for bound in bounds]
    above = bounds + [1 << 64]
    slices = [above[start + 1] - UNIT + start for start in starts]
    yield "/* SPDX-License-Identifier: Apache-2.0 */"
    yield "/* Made by tools/make_native_bounds.py; do not edit. */"
    yield '#include "metrics/native_index.h"'
    yield ""
    yield "/* Mantissas of 2^(i/256), rounded down, in the upper bits. */"
    yield "const uint64_t promc__native_bounds[%d] = {" % len(bounds)
    yield from lines(bounds, "UINT64_C(0x%x)", LINE)
    yield "};"
    yield ""
    yield "/* For each k: how many of the bounds above 1 are below 1 + k/%d, in the lower %d bits; and" % (
        len(slices), 64 - MANTISSA)
    yield " * the next bound, less one of the upper bits, above. So a mantissa is greater than this if it"
    yield " * has reached that bound. */"
    yield "const uint64_t promc__native_slices[%d] = {" % len(slices)
    yield from lines(slices, "UINT64_C(0x%x)", LINE)
    yield "};"


def main(arguments):
    text = "\n".join(table()) + "\n"
    if arguments[:1] == ["--check"]:
        with open(arguments[1], encoding="ascii") as file:
            same = file.read() == text
        print("make_native_bounds: %s %s" % (arguments[1], "is up to date" if same else "DIFFERS"))
        return 0 if same else 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
