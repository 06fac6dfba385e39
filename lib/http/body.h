/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request (RFC 9112 section 6 and 7): by length or in chunks. No input or output. */
#ifndef PROMC_HTTP_BODY_H
#define PROMC_HTTP_BODY_H

#include "base/buffer.h"
#include "http/parser.h"

typedef enum promc__body_state {
    PROMC__BODY_DATA,      /* `left` bytes, then the end, or CRLF of a chunk */
    PROMC__BODY_SIZE,      /* hexadecimal digits */
    PROMC__BODY_EXTENSION, /* what follows them, ignored */
    PROMC__BODY_SIZE_LF,
    PROMC__BODY_DATA_CR,
    PROMC__BODY_DATA_LF,
    PROMC__BODY_TRAILER, /* at the begin of a trailer line */
    PROMC__BODY_TRAILER_REST,
    PROMC__BODY_TRAILER_LF,
    PROMC__BODY_LAST_LF,
    PROMC__BODY_DONE
} promc__body_state;

typedef struct promc__body {
    promc__body_state state;
    bool chunked;
    uint64_t left;
    unsigned digits;   /* of the chunk size */
    unsigned overhead; /* bytes of extensions and trailers */
    size_t limit;
    int status; /* for a bad one */
    const char *reason;
} promc__body;

void promc__body_begin(promc__body *body, const promc__request_head *head, size_t limit);

/*
 * Takes bytes from `data`, sets *used, and appends the content to `out`. PROMC__BAD: body->status
 * is 400, 413 (more than the limit) or 500 (out of memory).
 */
promc__parsed promc__body_read(promc__body *body, const char *data, size_t size, size_t *used,
                               promc__buffer *out);

#endif
