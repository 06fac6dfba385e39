/* SPDX-License-Identifier: Apache-2.0 */
#include "http/stats.h"

#include "base/compiler.h"

#include <promc/exposition.h>

#include <string.h>

static const char stats_methods[PROMC__STATS_METHODS][8] = {
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "other"};

void promc__stats_request(promc__http_stats *stats, const char *method, size_t size, int status)
{
    size_t m = 0;

    if (!stats)
        return;
    while (m < PROMC__STATS_METHODS - 1 && !(method && strlen(stats_methods[m]) == size &&
                                             memcmp(stats_methods[m], method, size) == 0))
        m++;
    promc__stats_add(&stats->requests[m][promc__status_index(status)], 1);
}

static uint64_t stats_value(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void code_text(char out[6], size_t index)
{
    int status = promc__status_at(index);

    memcpy(out, "other", 6);
    if (status) {
        out[0] = (char)('0' + status / 100);
        out[1] = (char)('0' + status / 10 % 10);
        out[2] = (char)('0' + status % 10);
        out[3] = '\0';
    }
}

static void collect_requests(promc_writer *writer, promc_family *family,
                             const promc__http_stats *stats)
{
    for (size_t m = 0; m < PROMC__STATS_METHODS; m++)
        for (size_t s = 0; s <= PROMC__STATUS_COUNT; s++) {
            uint64_t value = stats_value(&stats->requests[m][s]);
            char code[6];

            if (!value)
                continue;
            code_text(code, s);
            (void)promc_writer_u64(writer, family, value,
                                   PROMC_PAIRS({"code", code}, {"method", stats_methods[m]}));
        }
}

/* The families, with or without values. */
static int write_stats(promc_writer *writer, const promc__http_stats *stats, bool values)
{
    const struct {
        promc_type type;
        const char *name, *help;
        const atomic_ullong *value;
    } plain[] = {
        {PROMC_TYPE_GAUGE, "promc_http_connections", "Connections of the metrics server.",
         &stats->open},
        {PROMC_TYPE_COUNTER, "promc_http_connections_accepted",
         "Connections accepted by the metrics server.", &stats->accepted},
        {PROMC_TYPE_COUNTER, "promc_http_connections_refused",
         "Connections answered with 503, past the limit.", &stats->refused},
        {PROMC_TYPE_COUNTER, "promc_http_connections_evicted",
         "Connections closed while waiting for their client, to make room.", &stats->evicted},
        {PROMC_TYPE_COUNTER, "promc_http_responses_aborted",
         "Responses cut off: the client left or stalled, or the scrape failed.", &stats->aborted},
        {PROMC_TYPE_COUNTER, "promc_http_response_bytes", "Bytes sent by the metrics server.",
         &stats->bytes},
    };
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_COUNTER, "promc_http_requests",
                                               "Requests answered by the metrics server.");

    if (values)
        collect_requests(writer, family, stats);
    for (size_t i = 0; i < promc__count_of(plain); i++) {
        family = promc_writer_family(writer, plain[i].type, plain[i].name, plain[i].help);
        if (values)
            (void)promc_writer_u64(writer, family, stats_value(plain[i].value), NULL);
    }
    return 0; /* the writer keeps its first error */
}

int promc__stats_collect(promc_writer *writer, void *arg)
{
    return write_stats(writer, arg, true);
}

int promc__stats_describe(promc_writer *writer, void *arg)
{
    return write_stats(writer, arg, false);
}
