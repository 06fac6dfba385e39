/* SPDX-License-Identifier: Apache-2.0 */
/* The physical limits the library is measured against: the least code that could do the job. They
 * are functions in a file of their own, called like the library's. */
#ifndef LIMITS_H
#define LIMITS_H

#include <stddef.h>
#include <stdint.h>

void limit_add(double amount);          /* thread-local access + plain add of a double */
void limit_store(double value);         /* relaxed atomic store */
void limit_two_adds(double value);      /* two plain adds */
void limit_histogram(double value);     /* branch-free search + two plain adds */
uint64_t limit_hash(const char *const *values, const char *stored, size_t count); /* hash, compare */
void limit_clock(void);                 /* two clock_gettime(CLOCK_MONOTONIC) */

#endif
