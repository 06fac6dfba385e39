/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON into a buffer. Commas come by themselves; that brackets match, and that members have
 * names, is the caller's business. Errors are the buffer's. */
#ifndef PROMC_ALERTS_JSON_WRITE_H
#define PROMC_ALERTS_JSON_WRITE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct promc__json_writer {
    promc__buffer *out;
    bool ascii; /* everything else as \u escapes */
    bool comma; /* one has to come before the next value */
} promc__json_writer;

/* `bracket` is one of { } [ ]. */
void promc__json_open(promc__json_writer *writer, char bracket);
void promc__json_close(promc__json_writer *writer, char bracket);

/* The name of the next member. */
void promc__json_write_key(promc__json_writer *writer, const char *key);

/* Invalid UTF-8 is replaced by U+FFFD. */
void promc__json_write_string(promc__json_writer *writer, const char *text, size_t size);
/* "true", "null", or a number, as it is. */
void promc__json_write_raw(promc__json_writer *writer, const char *text);

#endif
