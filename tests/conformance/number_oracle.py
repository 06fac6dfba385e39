#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares numbers as text with Python's own.

    number_oracle.py [driver] [count]

`driver` is number_driver.c compiled; without one it is compiled here, with $CC or cc, twice: as it
is and without 128-bit integers. `count` is how many doubles (1000000). The table of powers of ten
is compared with what its generator makes.
"""
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from effort import effort  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BATCH = 100000


def go_string(value):
    """What client_python's floatToGoString gives, from its description."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    whole, dot, fraction = text.partition(".")
    if value < 0 or "e" in text or not dot or len(whole) <= 6:
        return text
    mantissa = (whole[0] + "." + whole[1:] + fraction).rstrip("0").rstrip(".")
    return "%se+%02d" % (mantissa, len(whole) - 1)


def from_bits(bits):
    return struct.unpack("=d", struct.pack("=Q", bits))[0]


def fixed_values():
    yield from (0.0, math.inf, math.nan, 123456.0, 999999.0, 1e6, 1234567.0, 1000000.5, 0.1 + 0.2)
    for q in range(-1074, 1024):
        value = math.ldexp(1, q)
        yield from (value, math.nextafter(value, 0), math.nextafter(value, math.inf))
    for power in range(-323, 309):
        value = float("1e%d" % power)
        yield from (value, math.nextafter(value, 0), math.nextafter(value, math.inf), 5 * value)
    for n in range(1, 1000):
        yield from (n, n / 10, n / 100, n / 1000, n * 1000.0, n * 1e6, n * 1e12, from_bits(n))


def random_values(generator):
    while True:
        bits = generator.getrandbits(64)
        yield from_bits(bits)
        yield 10 ** generator.uniform(-6, 6)
        yield generator.uniform(-1e7, 1e7)
        yield generator.randrange(10 ** generator.randrange(1, 17)) / 10 ** generator.randrange(13)
        yield float(generator.getrandbits(generator.randrange(1, 65)))
        yield 1.7e9 + generator.randrange(10 ** 11) / 1000
        yield from_bits(bits >> 12)
        yield 1234.5678 * (bits >> 44)


def values(count):
    given = 0
    for value in fixed_values():
        yield value
        yield -value
        given += 2
    for value in random_values(random.Random(20200316)):
        if given >= count:
            return
        yield value
        given += 1


def compare(driver, count):
    source = values(count)
    total = 0
    while True:
        batch = [float(value) for _, value in zip(range(BATCH), source)]
        if not batch:
            return total
        packed = struct.pack("=%dd" % len(batch), *batch)
        lines = subprocess.run([driver], input=packed, stdout=subprocess.PIPE, check=True,
                               timeout=60).stdout.decode("ascii").splitlines()
        if len(lines) != len(batch):
            sys.exit("number_oracle: %d lines for %d values" % (len(lines), len(batch)))
        for value, line in zip(batch, lines):
            expected = "%s %s" % (go_string(value), repr(value) if value == value else "nan")
            if line != expected:
                sys.exit("number_oracle: %s: got %s, Python %s" % (value.hex(), line, expected))
        total += len(batch)


def build(directory, name, options):
    driver = os.path.join(directory, name)
    sources = ("tests/conformance/number_driver.c", "lib/base/number.c", "lib/base/number_table.c")
    subprocess.run(os.environ.get("CC", "cc").split() +
                   ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-Ilib", "-Iinclude"] +
                   options + ["-o", driver] + list(sources), cwd=ROOT, check=True)
    return driver


def main(arguments):
    count = next((int(a) for a in arguments if a.isdigit()), effort(1000000))
    given = [os.path.abspath(a) for a in arguments if not a.isdigit()]
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/make_number_table.py"), "--check",
                    os.path.join(ROOT, "lib/base/number_table.c")], check=True)
    with tempfile.TemporaryDirectory() as directory:
        drivers = given or [build(directory, "plain", []),
                            build(directory, "portable", ["-DPROMC__NO_INT128"])]
        for driver in drivers:
            print("number_oracle: %d values equal Python's (%s)" %
                  (compare(driver, count), os.path.basename(driver)))


if __name__ == "__main__":
    main(sys.argv[1:])
