/* SPDX-License-Identifier: Apache-2.0 */
/* The heads of responses. */
#ifndef PROMC_HTTP_MESSAGE_H
#define PROMC_HTTP_MESSAGE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* The reason phrase of a status; "Unknown" for one without. */
const char *promc__status_text(int status);

/* Statuses with a text have a number of their own below PROMC__STATUS_COUNT, all others have that
 * one. The way back gives 0 for PROMC__STATUS_COUNT. */
enum { PROMC__STATUS_COUNT = 36 };
size_t promc__status_index(int status);
int promc__status_at(size_t index);

/* Whether responses with this status never have a body (RFC 9110 6.4.1). */
bool promc__status_without_body(int status);

/* How the end of the body is told. */
typedef enum promc__framing {
    PROMC__FRAMING_NONE,   /* there is no body, and nothing is said of it */
    PROMC__FRAMING_LENGTH, /* Content-Length */
    PROMC__FRAMING_CHUNKED,
    PROMC__FRAMING_CLOSE /* by the end of the connection */
} promc__framing;

typedef struct promc__message {
    int status;
    promc__framing framing;
    size_t length;            /* for PROMC__FRAMING_LENGTH */
    bool keep_alive;          /* otherwise "Connection: close" */
    bool http_1_0;            /* the client needs "Connection: keep-alive" */
    const char *content_type; /* NULL: none */
    const char *fields;       /* further header lines, each with its CRLF */
    size_t fields_size;
} promc__message;

/* Appends status line and headers, the empty line included. */
void promc__write_head(promc__buffer *out, const promc__message *message);

/* Appends one header line. */
void promc__write_field(promc__buffer *out, const char *name, const char *value);

/* "Sun, 06 Nov 1994 08:49:37 GMT", for times from 1970 to 9999. */
enum { PROMC__DATE_SIZE = 29 };
void promc__write_date(char out[PROMC__DATE_SIZE], uint64_t unix_seconds);

#endif
