/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The response to a request of ours (RFC 9112): no input or output. Strict like the parser of
 * requests; chunks are read by http/body.h. Memory is bounded by the limit of the body plus
 * PROMC__REPLY_HEAD_MAX, and the work is linear.
 */
#ifndef PROMC_HTTP_REPLY_H
#define PROMC_HTTP_REPLY_H

#include "base/buffer.h"
#include "http/body.h"

enum {
    PROMC__REPLY_HEAD_MAX = 32 * 1024, /* status line and headers */
    PROMC__REPLY_INTERIM_MAX = 16      /* responses 1xx before the final one */
};

typedef struct promc__reply {
    int status; /* of the final response; 0: its head is not complete */
    promc__buffer content;

    promc__request_head head; /* places of header lines, framing */
    promc__buffer text;       /* of the head */
    promc__body body;
    bool to_head;     /* the request was HEAD */
    bool until_close; /* the body ends with the connection */
    size_t limit;
    unsigned interim;

    int error;          /* for a bad one: PROMC_ERROR_SYNTAX, _LIMIT or _NO_MEMORY, */
    const char *reason; /* and in words */
} promc__reply;

/* `to_head`: the request was HEAD. `limit`: of the body. */
void promc__reply_begin(promc__reply *reply, bool to_head, size_t limit);
void promc__reply_free(promc__reply *reply);

/* Takes the next bytes of the connection. What is behind the end of the response is ignored. */
promc__parsed promc__reply_read(promc__reply *reply, const char *data, size_t size);

/* The connection has ended: COMPLETE, or BAD. */
promc__parsed promc__reply_end(promc__reply *reply);

/* The value of the first header with that name (in lower case), and its size; NULL when absent. */
const char *promc__reply_header(const promc__reply *reply, const char *name, size_t *size);

#endif
