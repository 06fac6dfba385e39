/* SPDX-License-Identifier: Apache-2.0 */
#include "http/source.h"

#include "base/error.h"
#include "base/memory.h"
#include "exposition/scrape.h"
#include "http/query.h"
#include "http/request.h"

/* A scrape, and the view of the registry that it goes through if there is a filter. */
typedef struct metrics_source {
    promc__scrape *scrape;
    promc_registry *view;
} metrics_source;

void promc__source_close(promc__source *source)
{
    if (source->state)
        source->close(source->state);
    source->state = NULL;
}

static int metrics_read(void *state, promc__buffer *out, size_t want)
{
    metrics_source *metrics = state;

    return promc__scrape_read(metrics->scrape, out, want);
}

static void metrics_close(void *state)
{
    metrics_source *metrics = state;

    promc__scrape_close(metrics->scrape);
    promc_registry_free(metrics->view);
    promc__free(metrics);
}

/* The registry, or a view of it for name[]. */
static int filtered(promc_registry **registry, promc_registry **view, const char *query)
{
    char **names;
    int status = promc__query_names(query, &names);

    *view = NULL;
    if (status != PROMC_OK || !names)
        return status;
    *view = promc_registry_restricted(*registry, (const char *const *)names);
    promc__free(names);
    if (!*view)
        return promc_last_error()->code;
    *registry = *view;
    return PROMC_OK;
}

static int choose_format(const promc_http_request *request, promc_format *format)
{
    const char *accept;
    char *owned;
    int status = promc__request_joined(request, "Accept", &accept, &owned);

    *format = promc_negotiate(accept);
    promc__free(owned);
    return status;
}

int promc__metrics_type(const promc_http_request *request, const char **content_type)
{
    promc_format format;
    int status = choose_format(request, &format);

    *content_type = promc_content_type(format);
    return status;
}

int promc__metrics_open(promc__source *source, const promc__site *site,
                        const promc_http_request *request, const char **content_type)
{
    promc_registry *registry = site->registry ? site->registry : promc_default_registry();
    metrics_source *metrics;
    promc_format format;
    int status = choose_format(request, &format);

    if (status != PROMC_OK)
        return status;
    *content_type = promc_content_type(format);
    metrics = promc__zalloc(sizeof(*metrics));
    if (!metrics)
        return promc__fail_memory("scrape");
    status = filtered(&registry, &metrics->view, request->query);
    if (status == PROMC_OK) {
        metrics->scrape = promc__scrape_open(registry, format);
        status = metrics->scrape ? PROMC_OK : promc_last_error()->code;
    }
    if (status != PROMC_OK) {
        metrics_close(metrics);
        return status;
    }
    *source = (promc__source){metrics_read, metrics_close, metrics};
    return PROMC_OK;
}
