/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-decoding and query strings (RFC 3986; application/x-www-form-urlencoded). */
#ifndef PROMC_HTTP_QUERY_H
#define PROMC_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes the path of a request target into `out` (size + 1 bytes) and NUL-terminates it. False for
 * "%" without two hexadecimal digits, and for "%00".
 */
bool promc__decode_path(char *out, const char *text, size_t size);

/*
 * The values of name[] in a query that are not empty, as client_python reads them: decoded, "+" is
 * a space, what is malformed stays as it is. *names: NULL if there are none; else a list that ends
 * in NULL, one block to be freed with promc__free(). Returns PROMC_OK or PROMC_ERROR_NO_MEMORY.
 */
int promc__query_names(const char *query, size_t size, char ***names);

/* The value of a hexadecimal digit; -1 if it is none. */
int promc__hex_digit(char c);

#endif
