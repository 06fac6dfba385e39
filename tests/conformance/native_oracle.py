#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the buckets of native histograms with exact integer arithmetic.

    native_oracle.py [driver]

`driver` is native_driver.c compiled. Around every bound of the finest schema, which are all bounds of
all schemas, in several octaves, and for subnormal, extreme and random numbers. The table of bounds is
compared with what its generator makes.
"""
import math
import os
import random
import shlex
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMAS = range(-4, 9)


def log2_up(number, power):
    """The smallest integer i with number^power <= 2^i, for a positive double."""
    numerator, denominator = number.as_integer_ratio()
    # the denominator is a power of two
    return (numerator ** power - 1).bit_length() - (denominator.bit_length() - 1) * power


def index(number, schema):
    """The smallest i with number <= 2^(i * 2^-schema)."""
    if math.isinf(number):
        return index(sys.float_info.max, schema) + 1
    if schema >= 0:
        return log2_up(number, 1 << schema)
    return -(-log2_up(number, 1) // (1 << -schema))


def schema_for(factor):
    """The coarsest schema whose buckets grow by no more: 2^(2^-schema) <= factor."""
    for schema in SCHEMAS:
        if schema < 0:
            if 2 ** (1 << -schema) <= factor:
                return schema
        elif (factor.as_integer_ratio()[0] ** (1 << schema)
              >= 2 * factor.as_integer_ratio()[1] ** (1 << schema)):
            return schema
    return 8


def from_bits(bits):
    return struct.unpack("=d", struct.pack("=Q", bits))[0]


def to_bits(number):
    return struct.unpack("=Q", struct.pack("=d", number))[0]


def values():
    generator = random.Random(12)
    for exponent in (-1022, -128, -1, 0, 3, 1023):
        for i in range(256):
            bits = to_bits(math.ldexp(2 ** (i / 256), exponent))  # near the bound
            for step in range(-3, 4):
                yield from_bits(bits + step)
    for exponent in range(-1022, 1024):  # every bound of the coarse schemas
        for step in (-1, 0, 1):
            yield from_bits(to_bits(math.ldexp(1, exponent)) + step)
    for bits in (1, 2, 3, 4, 5, 2 ** 51, 2 ** 52 - 1, 2 ** 52, 2 ** 52 + 1):
        yield from_bits(bits)
    for shift in range(52):
        for step in (-1, 0, 1):
            if (1 << shift) + step > 0:
                yield from_bits((1 << shift) + step)
    for _ in range(1000):
        yield from_bits(generator.randrange(1, 2 ** 52))
        yield from_bits(generator.randrange(1, 0x7ff << 52))
        yield 10 ** generator.uniform(-6, 6)
    yield from (sys.float_info.max, math.inf)
    yield from (65536.0, 65535.9, 256.0, 16.0, 4.0, 2.0, 1.5, 1.2, 1.1, 1.05, 1.03, 1.02, 1.01,
                1.005, 1.0000001)


def check_bound(number, schema, place, bound):
    """A bound is the largest double of its bucket."""
    if math.isinf(number):
        return math.isinf(bound)
    if index(bound, schema) != place:
        return False
    return bound == sys.float_info.max or index(math.nextafter(bound, math.inf), schema) > place


def known():
    """Vectors of client_golang (histogram.go, pickSchema and its tests)."""
    assert [index(v, 0) for v in (1.0, 1.0001, 2.0, 2.1)] == [0, 1, 1, 2]
    assert [index(v, -1) for v in (4.0, 4.1)] == [1, 2]
    assert [index(v, 3) for v in (1.0, 1.05, 1.1, 0.5, 0.001)] == [0, 1, 2, -8, -79]
    for factor, schema in ((65536, -4), (256, -3), (16, -2), (4, -1), (2, 0), (1.5, 1), (1.2, 2),
                           (1.1, 3), (1.05, 4), (1.03, 5), (1.02, 6), (1.01, 7), (1.005, 8)):
        assert schema_for(float(factor)) == schema, factor


def main(arguments):
    known()
    driver = arguments[0] if arguments else os.path.join(os.environ["OBJ"], "tests/native_driver")
    table = os.path.join(ROOT, "lib/metrics/native_bounds.c")
    subprocess.run([sys.executable, os.path.join(ROOT, "tools/make_native_bounds.py"), "--check",
                    table], check=True)
    numbers = list(values())
    done = subprocess.run([*shlex.split(os.environ.get("RUN", "")), driver], check=True,
                          stdout=subprocess.PIPE,
                          input=b"".join(struct.pack("=d", number) for number in numbers))
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(numbers)
    bounds = set()
    for number, line in zip(numbers, lines):
        fields = line.split()
        for i, schema in enumerate(SCHEMAS):
            place, bound = int(fields[2 * i]), float.fromhex(fields[2 * i + 1])
            assert place == index(number, schema), (number, schema, place, index(number, schema))
            if (place, schema) not in bounds:
                bounds.add((place, schema))
                assert check_bound(number, schema, place, bound), (number, schema, place, bound)
        if number > 1 and not math.isinf(number):
            assert int(fields[-1]) == schema_for(number), (number, fields[-1])
    print("native_oracle: %d numbers at %d schemas, %d bounds" % (len(numbers), len(SCHEMAS),
                                                                  len(bounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
