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

/* Python's repr(float): "1000000.0", "1e+16", "0.0001", "1e-05", "inf", "-inf", "nan". */
size_t promc__write_repr(char *out, double value);

/* Decimal integers. */
size_t promc__write_u64(char *out, uint64_t value);
size_t promc__write_i64(char *out, int64_t value);

#endif
