/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request of ours. */
#ifndef PROMC_HTTP_ASK_H
#define PROMC_HTTP_ASK_H

#include "http/fetch.h"
#include "http/url.h"

/* NULL, or what is wrong with method, headers or credentials. */
const char *promc__ask_check(const struct promc__client_request *request);

/* Appends it. `away`: to another origin than it was meant for. */
void promc__ask_write(promc__buffer *out, const struct promc__client_request *request,
                      const promc__url *url, bool away);

#endif
