#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes lib/base/number_table.c: the powers of ten that lib/base/number.c multiplies with.

    make_number_table.py > lib/base/number_table.c
    make_number_table.py --check lib/base/number_table.c    compare a file with what would be made
    make_number_table.py --prove                            check what number.c assumes

Everything is done in exact integers.
"""
import sys

MIN_POWER, MAX_POWER = -292, 324  # 10^-k for every k that a double can need
MIN_Q, MAX_Q = -1074, 971         # a double is c * 2^q with c < 2^53


def floor_log2(numerator, denominator):
    """floor(log2(numerator / denominator))"""
    guess = numerator.bit_length() - denominator.bit_length()
    shifted = (denominator << guess, numerator) if guess >= 0 else (denominator, numerator << -guess)
    return guess if shifted[0] <= shifted[1] else guess - 1


def floor_log10(numerator, denominator):
    """floor(log10(numerator / denominator))"""
    power = len(str(numerator)) - len(str(denominator))
    top, bottom = ratio_of_power(10, power)
    return power if top * denominator <= numerator * bottom else power - 1


def ratio_of_power(base, power):
    return (base ** power, 1) if power >= 0 else (1, base ** -power)


def significand(power):
    """10^power scaled into [2^127, 2^128): exact, or rounded up."""
    numerator, denominator = ratio_of_power(10, power)
    shift = 127 - floor_log2(numerator, denominator)
    if shift >= 0:
        numerator <<= shift
    else:
        denominator <<= -shift
    result = -(-numerator // denominator)
    assert 1 << 127 <= result < 1 << 128
    return result


def table():
    yield "/* SPDX-License-Identifier: Apache-2.0 */"
    yield "/* Made by tools/make_number_table.py; do not edit. */"
    yield '#include "base/number_table.h"'
    yield ""
    yield "const promc__power promc__powers[%d] = {" % (MAX_POWER - MIN_POWER + 1)
    for power in range(MIN_POWER, MAX_POWER + 1):
        value = significand(power)
        yield "    {UINT64_C(0x%016x), UINT64_C(0x%016x)}," % (value >> 64, value & (2 ** 64 - 1))
    yield "};"


def first_in_range(a, m, low, high):
    """The smallest x >= 0 with low <= a * x mod m <= high, or None (0 <= low <= high < m)."""
    if low == 0:
        return 0
    a %= m
    if a == 0:
        return None
    if 2 * a > m:
        return first_in_range(m - a, m, m - high, m - low)
    x = -(-low // a)
    if x * a <= high:
        return x
    y = first_in_range(-m % a, a, low % a, high % a)
    return None if y is None else -(-(low + m * y) // a)


def prove_logarithms():
    """The multiply-and-shift logarithms of number.c, over their whole range."""
    for q in range(MIN_Q, MAX_Q + 1):
        numerator, denominator = ratio_of_power(2, q)
        assert q * 315653 >> 20 == floor_log10(numerator, denominator), q
        assert q * 631305 - 261663 >> 21 == floor_log10(3 * numerator, 4 * denominator), q
    for power in range(MIN_POWER, MAX_POWER + 1):
        assert power * 1741647 >> 19 == floor_log2(*ratio_of_power(10, power)), power


def prove_sticky_bit():
    """number_scale_odd() takes a product for whole when its fraction is below 2^-69.

    The table entry is at most 1 too large and the other factor is below 2^59, so the computed
    product, in units of 2^-128, is too large by less than 2^59. The test is right if no true
    product that is not whole has a fraction of at most 2^-69 or at least 1 - 2^-69. The true
    product is n * 2^q / 10^k with n < 2^55; Euclid's algorithm finds the first n that would fail.
    """
    for q in range(MIN_Q, MAX_Q + 1):
        for k in {q * 315653 >> 20, q * 631305 - 261663 >> 21}:
            two, ten = ratio_of_power(2, q), ratio_of_power(10, -k)
            a, m = two[0] * ten[0], two[1] * ten[1]
            h = q + (-k * 1741647 >> 19)
            assert 0 <= h <= 3 and MIN_POWER <= -k <= MAX_POWER, q
            for low, high in ((1, m >> 69), (m - (m >> 69), m - 1)):
                if low <= high:
                    n = first_in_range(a, m, low, high)
                    assert n is None or n >= 1 << 55, (q, k, n)


def main(arguments):
    if arguments[:1] == ["--prove"]:
        prove_logarithms()
        prove_sticky_bit()
        print("make_number_table: logarithms and sticky bit hold for every exponent")
        return 0
    text = "\n".join(table()) + "\n"
    if arguments[:1] == ["--check"]:
        with open(arguments[1], encoding="ascii") as file:
            same = file.read() == text
        print("make_number_table: %s %s" % (arguments[1], "is up to date" if same else "DIFFERS"))
        return 0 if same else 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
