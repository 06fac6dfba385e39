/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge to Graphite (client_python: bridge/graphite.py). */
#include "base/error.h"
#include "base/options.h"
#include "delivery/graphite_lines.h"
#include "delivery/periodic.h"
#include "http/dial.h"

#include <math.h>
#include <string.h>

enum { GRAPHITE_PORT = 2003, GRAPHITE_WHAT = 96 };

static int check_graphite(const promc_graphite_opts *set, promc__url *url)
{
    const char *wrong = "it is missing";

    if (set->address && strstr(set->address, "://"))
        wrong = "it is a host and a port, such as localhost:2003, without http:// and the like";
    else if (set->address)
        wrong = promc__url_parse_host(url, set->address, GRAPHITE_PORT);
    if (wrong)
        return promc__fail(PROMC_ERROR_ARGUMENT, "Graphite: the address is wrong: %s", wrong);
    if (isnan(set->timeout))
        return promc__fail(PROMC_ERROR_ARGUMENT, "Graphite: the timeout is not a number");
    for (const char *at = set->prefix; at && *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7F)
            return promc__fail(PROMC_ERROR_ARGUMENT,
                               "Graphite: the prefix has a blank or a control character");
    return PROMC_OK;
}

static int send_lines(const promc_graphite_opts *set, const promc__url *url,
                      const promc__buffer *lines)
{
    char what[GRAPHITE_WHAT] = "Graphite at ";
    promc__line line;
    int status;

    promc__url_name_host(what + strlen(what), sizeof(what) - strlen(what), url);
    promc__line_begin(&line, what, promc__client_timeout(set->timeout));
    status = promc__line_connect(&line, url, NULL);
    if (status == PROMC_OK)
        status = promc__line_send_all(&line, lines->data, lines->size);
    promc__line_close(&line);
    return status;
}

static int push_lines(const promc_graphite_opts *set)
{
    promc__buffer lines = PROMC__BUFFER(0);
    promc__url url;
    int status = check_graphite(set, &url);

    if (status == PROMC_OK)
        status = promc__graphite_lines(&lines, set->registry, set->prefix, set->tags);
    if (status == PROMC_OK)
        status = send_lines(set, &url, &lines);
    promc__buffer_free(&lines);
    return status;
}

int promc_graphite_push(const promc_graphite_opts *options)
{
    promc_graphite_opts set = {.size = sizeof(set)};
    int status = promc__copy_options(&set, sizeof(set), options, "Graphite");

    return status == PROMC_OK ? push_lines(&set) : status;
}

/* ---- regularly ------------------------------------------------------------------------------- */

static int push_graphite(void *state, bool last)
{
    (void)last;
    return push_lines(state);
}

static void own_graphite_options(void *state, promc__keep *keep)
{
    promc_graphite_opts *set = state;

    set->address = promc__keep_string(keep, set->address);
    set->prefix = promc__keep_string(keep, set->prefix);
}

promc_pusher *promc_graphite_pusher_create(const promc_graphite_opts *options)
{
    promc_graphite_opts set = {.size = sizeof(set)};
    promc__url url;

    if (promc__copy_options(&set, sizeof(set), options, "Graphite") != PROMC_OK ||
        check_graphite(&set, &url) != PROMC_OK)
        return NULL;
    return promc__periodic_start(
        &(promc__periodic){.what = "Graphite",
                           .options = &set,
                           .options_size = sizeof(set),
                           .state_size = sizeof(set),
                           .own = own_graphite_options,
                           .push = push_graphite,
                           .interval = set.interval == 0 ? 60 : set.interval},
        NULL);
}
