/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP connection without its socket: bytes in, bytes out, times as numbers. Whoever owns the
 * transport moves the bytes and asks for the deadline; that is the server's loop, or
 * promc_http_respond().
 *
 *          first byte        head complete            body complete
 *   IDLE ------------> HEAD ----------------> BODY ------------------> RESPONSE
 *    ^                  |       (for a handler)                        ^ |  |
 *    |                  +------------> WAITING ------------------------+ |  |
 *    |                  |  (GET of the metrics)     scraped              |  |
 *    |                  +------------------------------------------------+  |
 *    |                      (everything else)                               |
 *    +------------------ response sent, connection kept --------------------+
 *                                                    otherwise: LINGER or CLOSED
 */
#ifndef PROMC_HTTP_CONNECTION_H
#define PROMC_HTTP_CONNECTION_H

#include "http/body.h"
#include "http/decide.h"
#include "http/shared_text.h"
#include "http/source.h"

typedef enum promc__connection_state {
    PROMC__IDLE,     /* between requests */
    PROMC__HEAD,     /* a part of a head is here */
    PROMC__BODY,     /* the body for a handler comes in */
    PROMC__WAITING,  /* for a scrape: promc__respond_metrics() or promc__respond_shared() */
    PROMC__RESPONSE, /* there is output */
    PROMC__LINGER,   /* all is sent: what still comes in is thrown away, so that it cannot reset the
                        connection before the client has read the response */
    PROMC__CLOSED
} promc__connection_state;

enum { PROMC__LINGER_MS = 1000, PROMC__PIECE_SIZE = 60 * 1024 };
#define PROMC__NEVER UINT64_MAX

typedef struct promc__connection {
    const promc__site *site;
    promc__connection_state state;
    bool aborted;      /* CLOSED in the middle of a response: the client must see a reset */
    uint64_t deadline; /* milliseconds, as `now` everywhere; PROMC__NEVER: none */
    uint64_t since;    /* when it began to wait for its client */

    promc__buffer in; /* the request from its first byte on, and what follows it */
    promc__request_head head;
    promc__body body;
    promc__buffer content; /* the body that has come in */
    promc__route route;    /* the handler that waits for it */

    promc__buffer out; /* sent up to out_at */
    size_t out_at;
    promc__variant variant;     /* of the metrics that it waits for */
    promc__shared_text *shared; /* sent after `out`; NULL: nothing */
    size_t shared_at;           /* from here on */
    promc__source source;       /* more comes from here */
    bool chunked;               /* in chunks */
    bool closing;               /* this response is the last */
    bool lingering;             /* after it the client may still be sending */
    bool input_ended;
} promc__connection;

void promc__connection_begin(promc__connection *connection, const promc__site *site, uint64_t now);
void promc__connection_free(promc__connection *connection);

/* Bytes have come in. */
void promc__connection_receive(promc__connection *connection, const void *data, size_t size,
                               uint64_t now);
/* No more will. */
void promc__connection_end(promc__connection *connection, uint64_t now);
/* Whether more can be taken: not between a request and the end of its response, so that a client
 * cannot make the server remember its requests. */
bool promc__connection_wants_input(const promc__connection *connection);

/* What is to be sent now; 0: nothing. The same bytes until promc__connection_sent() takes them. */
size_t promc__connection_output(promc__connection *connection, const char **data, uint64_t now);
/* What follows that and may be sent with it; 0: nothing yet. */
size_t promc__connection_behind(const promc__connection *connection, const char **data);
/* Of both. */
void promc__connection_sent(promc__connection *connection, size_t size, uint64_t now);

/* Gives up on the client: as if the deadline were over. */
void promc__connection_expire(promc__connection *connection, uint64_t now);

/* Sending or receiving failed, or the server stops. */
void promc__connection_abort(promc__connection *connection);

#endif
