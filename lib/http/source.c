/* SPDX-License-Identifier: Apache-2.0 */
#include "http/source.h"

#include "base/error.h"
#include "base/memory.h"
#include "exposition/scrape.h"
#include "http/compress.h"
#include "http/encoding.h"
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
static int filtered(promc_registry **registry, promc_registry **view, const char *query,
                    size_t query_size)
{
    char **names;
    int status = promc__query_names(query, query_size, &names);

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

static int choose_format(promc__variant *variant, const promc_http_request *request)
{
    const char *accept;
    char *owned;
    int status = promc__request_joined(request, "Accept", &accept, &owned);

    variant->format = promc_negotiate(accept);
    variant->content_type = promc_content_type(variant->format);
    promc__free(owned);
    return status;
}

static int choose_encoding(promc__variant *variant, const promc_http_request *request)
{
    const char *accept;
    char *owned;
    int status = promc__request_joined(request, "Accept-Encoding", &accept, &owned);

    variant->gzip = promc__accepts_gzip(accept);
    variant->fields = variant->gzip ? "Content-Encoding: gzip\r\nVary: Accept, Accept-Encoding\r\n"
                                    : "Vary: Accept, Accept-Encoding\r\n";
    promc__free(owned);
    return status;
}

int promc__metrics_choose(promc__variant *variant, const promc__site *site,
                          const promc_http_request *request)
{
    int status = choose_format(variant, request);

    variant->gzip = false;
    variant->fields = "Vary: Accept\r\n";
    if (status == PROMC_OK && !site->no_compression)
        status = choose_encoding(variant, request);
    return status;
}

int promc__metrics_open(promc__source *source, const promc__site *site, const char *query,
                        size_t query_size, const promc__variant *variant)
{
    promc_registry *registry = site->registry ? site->registry : promc_default_registry();
    metrics_source *metrics = promc__zalloc(sizeof(*metrics));
    int status;

    if (!metrics)
        return promc__fail_memory("scrape");
    status = filtered(&registry, &metrics->view, query, query_size);
    if (status == PROMC_OK) {
        metrics->scrape = promc__scrape_open(registry, variant->format);
        status = metrics->scrape ? PROMC_OK : promc_last_error()->code;
    }
    if (status != PROMC_OK) {
        metrics_close(metrics);
        return status;
    }
    *source = (promc__source){metrics_read, metrics_close, metrics};
    return variant->gzip ? promc__compress_source(source) : PROMC_OK;
}
