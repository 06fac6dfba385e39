/* SPDX-License-Identifier: Apache-2.0 */
/* The half of the connection that makes responses. Each function leaves it in PROMC__RESPONSE with
 * output, or closed, unless it says something else. */
#ifndef PROMC_HTTP_RESPOND_H
#define PROMC_HTTP_RESPOND_H

#include "http/connection.h"

/* To a complete head. True: nothing yet, the handler in connection->route wants the body first. A
 * request for the metrics is left in PROMC__WAITING. */
bool promc__respond_head(promc__connection *connection, uint64_t now);
/*
 * To a request that waits, with a scrape that begins now. `others`: there are more that wait for
 * the same thing; if the response is whole and not too large they can have it, and the caller gets
 * a use of it. NULL: they need scrapes of their own.
 */
promc__shared_text *promc__respond_metrics(promc__connection *connection, bool others,
                                           uint64_t now);
/* To a request that waits for the same thing. */
void promc__respond_shared(promc__connection *connection, promc__shared_text *shared, uint64_t now);
/* Whether two requests that wait on the same site wait for the same thing. */
bool promc__waits_for_same(const promc__connection *a, const promc__connection *b);
/* To a request whose body is complete. */
void promc__respond_handler(promc__connection *connection, uint64_t now);
/* To a request that cannot be understood or has not come in whole, or before anything was read: the
 * connection ends with it. */
void promc__respond_bad(promc__connection *connection, int status, const char *detail,
                        uint64_t now);
/* The next piece of a body that is streamed. */
void promc__respond_piece(promc__connection *connection);

#endif
