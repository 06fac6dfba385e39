/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef PROMC_BASE_UTF8_H
#define PROMC_BASE_UTF8_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool promc__utf8_valid(const char *text, size_t size);

/* Decodes one character: its length in bytes, or 0 if there is no valid one at `text`. */
size_t promc__utf8_decode(const char *text, size_t size, uint32_t *code_point);

/* How many characters a valid text has. */
size_t promc__utf8_length(const char *text, size_t size);

/* Appends `text` with every maximal invalid part (Unicode 15, 3.9, U+FFFD substitution) replaced by
 * U+FFFD. */
void promc__utf8_repair(promc__buffer *out, const char *text, size_t size);

#endif
