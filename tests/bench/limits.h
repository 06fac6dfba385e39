/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical limits the library is measured against: the least code that could do the job,
 * without names, checks, readers or other threads to care for. They are in a shared library of
 * their own, so that a call of them costs what a call of the library costs.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include <stddef.h>
#include <stdint.h>

void limit_add(double amount);      /* thread-local access, plain add of a double */
void limit_store(double value);     /* relaxed atomic store */
void limit_two_adds(double value);  /* two plain adds */
void limit_histogram(double value); /* branch-free search, two plain adds */
void limit_native(double value);    /* exponent and mantissa bits as index, two plain adds */
void limit_clock(void);             /* two clock_gettime(CLOCK_MONOTONIC) */

/* A hash table of three label values, filled once. Each thread adds in an array of its own. */
struct limit_table;
struct limit_table *limit_table_new(size_t children);
void limit_table_add(struct limit_table *table, const char *const *values);
void limit_table_free(struct limit_table *table);
void limit_use_cells(double *cells);
void limit_lookup(const struct limit_table *table, const char *const *values); /* and add 1 */

/* Copies `size` bytes to `to` and prints the numbers in as few digits as they need. Returns how
 * many characters the numbers have. */
size_t limit_exposition(char *to, const char *text, size_t size, const double *values,
                        size_t count);
size_t limit_count_lines(const char *text, size_t size); /* memchr */

#endif
