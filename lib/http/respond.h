/* SPDX-License-Identifier: Apache-2.0 */
/* The half of the connection that makes responses. Each function leaves it in PROMC__RESPONSE with
 * output, or closed. */
#ifndef PROMC_HTTP_RESPOND_H
#define PROMC_HTTP_RESPOND_H

#include "http/connection.h"

/* To a complete head. True: nothing yet, the handler in connection->route wants the body first. */
bool promc__respond_head(promc__connection *connection, uint64_t now);
/* To a request whose body is complete. */
void promc__respond_handler(promc__connection *connection, uint64_t now);
/* To a request that cannot be understood or has not come in whole: the connection ends with it. */
void promc__respond_bad(promc__connection *connection, int status, const char *detail,
                        uint64_t now);
/* The next piece of a body that is streamed. */
void promc__respond_piece(promc__connection *connection);

#endif
