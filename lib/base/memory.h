/* SPDX-License-Identifier: Apache-2.0 */
/* All memory of the library, and all size arithmetic that could overflow. */
#ifndef PROMC_BASE_MEMORY_H
#define PROMC_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc, realloc and free, through promc_set_allocator(). They do not set the last error. */
void *promc__malloc(size_t size);
void *promc__zalloc(size_t size);
void *promc__realloc(void *block, size_t size);
void promc__free(void *block);

/* Copies of strings; NULL when memory is refused. */
char *promc__copy(const char *text, size_t size);
char *promc__copy_string(const char *text);

/* *result = a * b + c; false if that does not fit. */
bool promc__size_of(size_t a, size_t b, size_t c, size_t *result);

#endif
