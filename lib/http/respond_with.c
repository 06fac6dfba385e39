/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point without sockets: promc_http_respond(). */
#include "base/error.h"
#include "base/options.h"
#include "http/connection.h"
#include "http/defaults.h"
#include "http/respond.h"

#include <string.h>

/* Everything the connection has to say goes to the sink. */
static int drain(promc__connection *c, promc_sink sink, void *arg)
{
    const char *data;
    size_t size;

    while (c->state == PROMC__RESPONSE && (size = promc__connection_output(c, &data, 0)) > 0) {
        if (sink(data, size, arg) != 0)
            return promc__fail(PROMC_ERROR_SINK, "HTTP response: the sink refused the output");
        promc__connection_sent(c, size, 0);
    }
    return c->aborted ? promc_last_error()->code : PROMC_OK; /* whoever aborts has said why */
}

int promc_http_respond_with(const char *head, size_t size, promc_sink sink, void *arg,
                            const promc_http_respond_opts *options)
{
    promc_http_respond_opts set = {.size = sizeof(set)};
    promc__site site = {.max_head_size = PROMC__DEFAULT_HEAD_SIZE,
                        .max_body_size = PROMC__DEFAULT_BODY_SIZE};
    promc__connection c;
    int status;

    if (!sink || (!head && size))
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP response: head or sink is missing");
    status = promc__copy_options(&set, sizeof(set), options, "HTTP response");
    if (status != PROMC_OK)
        return status;
    site.registry = set.registry;
    site.path = set.path;
    site.authorizer = set.authorizer;
    site.authorizer_arg = set.authorizer_arg;
    site.authenticate = set.authenticate;
    site.close = !set.keep_alive;
    site.no_compression = set.no_compression;
    promc__connection_begin(&c, &site, 0);
    promc__connection_receive(&c, head, size, 0);
    if (c.state == PROMC__WAITING)
        (void)promc__respond_metrics(&c, false, 0);
    if (c.state != PROMC__RESPONSE && c.state != PROMC__CLOSED)
        promc__respond_bad(&c, 400, "the request head is incomplete", 0);
    /* What follows the head is the host's. */
    c.in.size = c.head.size ? c.head.size : c.in.size;
    status = c.state == PROMC__CLOSED ? promc__fail_memory("HTTP response") : drain(&c, sink, arg);
    if (set.keep_alive)
        *set.keep_alive = status == PROMC_OK && !c.closing;
    promc__connection_free(&c);
    return status;
}
