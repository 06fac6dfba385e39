/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text. Nothing here depends on the locale. */
#ifndef PROMC_BASE_NUMBER_H
#define PROMC_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Enough for anything the functions below write. */
#define PROMC__NUMBER_SIZE 32

/*
 * client_python's floatToGoString: the shortest digits that read back as the same double, laid out
 * as Python's repr does, and positive numbers from 1e6 on in Go's exponent form ("1.5e+06").
 * Writes to `out` (PROMC__NUMBER_SIZE bytes, no NUL) and returns the length.
 */
size_t promc__write_double(char *out, double value);

/*
 * The same in two steps, for many numbers: first the digits of all, then their texts. A text begins
 * where the one before it ends, so a processor has few of them in hand at a time; of digits, which
 * wait for nothing, it has many.
 */
typedef struct promc__digits {
    uint64_t digits; /* 0: not found */
    int exponent;
} promc__digits;

/* Nothing is found of integers below 2^53, which are quick, nor of negative and special numbers. */
void promc__find_digits(const double *values, size_t count, promc__digits *found);
/* Writes digits that were found, as promc__write_double() would. */
size_t promc__write_digits(char *out, promc__digits found);

/* Python's repr(float): "1000000.0", "1e+16", "0.0001", "1e-05", "inf", "-inf", "nan". */
size_t promc__write_repr(char *out, double value);

/* Decimal integers. */
size_t promc__write_u64(char *out, uint64_t value);
size_t promc__write_i64(char *out, int64_t value);

#endif
