/* SPDX-License-Identifier: Apache-2.0 */
/* Compressing an exposition, and reading it back. */
#include "bench.h"
#include "limits.h"

#include <promc/promc.h>

#include <string.h>
#ifdef BENCH_ZLIB
#include <zlib.h>
#endif

#define SERIES 100000

static const char plain_head[] = "GET /metrics HTTP/1.1\r\nHost: bench\r\n\r\n";
static const char gzip_head[] =
    "GET /metrics HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n";

/* Nanoseconds of a response, and its bytes. */
static double respond(promc_registry *registry, const char *head, size_t *size)
{
    double begun = bench_now();

    *size = 0;
    bench_check(promc_http_respond(head, strlen(head), bench_count_sink, size,
                                   .registry = registry) == PROMC_OK,
                "a response");
    return bench_now() - begun;
}

#ifdef BENCH_ZLIB
/* In pieces, as a server that does not keep the whole would. */
static double zlib(const promc_text *text, size_t *size)
{
    static unsigned char out[1 << 16];
    z_stream stream = {.next_in = (unsigned char *)text->data, .avail_in = (uInt)text->size};
    double begun = bench_now();
    int status = deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);

    while (status == Z_OK) {
        stream.next_out = out;
        stream.avail_out = sizeof(out);
        status = deflate(&stream, Z_FINISH);
    }
    *size = stream.total_out;
    deflateEnd(&stream);
    bench_check(status == Z_STREAM_END, "zlib");
    return bench_now() - begun;
}

static void gzip(promc_registry *registry, const promc_text *text)
{
    static const struct bench_row speed = {"gzip", "MB/s", "zlib, level 1", 3, 0, true};
    static const struct bench_row size = {
        "gzip, size of the result", "B", "zlib, level 1", 1, 0, false};
    struct bench_samples promc = {.count = 0}, limit = {.count = 0}, ours = {.count = 0},
                         theirs = {.count = 0};
    size_t plain_bytes, gzip_bytes, zlib_bytes;

    if (!bench_wants(speed.name) && !bench_wants(size.name))
        return;
    for (int i = 0; i < bench_repeats; i++) {
        double writing = respond(registry, plain_head, &plain_bytes);

        bench_add(&promc,
                  (double)text->size * 1e3 / (respond(registry, gzip_head, &gzip_bytes) - writing));
        bench_add(&limit, (double)text->size * 1e3 / zlib(text, &zlib_bytes));
        bench_add(&ours, (double)gzip_bytes);
        bench_add(&theirs, (double)zlib_bytes);
    }
    bench_check(plain_bytes > text->size, "a response");
    if (bench_wants(speed.name))
        bench_print(&speed, &promc, &limit);
    if (bench_wants(size.name))
        bench_print(&size, &ours, &theirs);
}
#else
static void gzip(promc_registry *registry, const promc_text *text)
{
    (void)text;
    (void)registry;
    (void)respond;
    (void)plain_head;
    (void)gzip_head;
    bench_skip("gzip", "built without zlib to compare with (zlib1g-dev)");
}
#endif

static int count_sample(const promc_parsed_sample *sample, void *arg)
{
    (void)sample;
    ++*(size_t *)arg;
    return 0;
}

static void parse(const struct bench_row *row, promc_format format, const char *text, size_t size)
{
    const promc_parse_callbacks callbacks = {.size = sizeof(callbacks), .sample = count_sample};
    struct bench_samples promc = {.count = 0}, limit = {.count = 0};

    if (!bench_wants(row->name))
        return;
    for (int i = 0; i < bench_repeats; i++) {
        double begun = bench_now();
        size_t samples = 0, lines = limit_count_lines(text, size);

        bench_add(&limit, (double)size * 1e3 / (bench_now() - begun));
        begun = bench_now();
        bench_check(promc_parse(format, text, size, &callbacks, &samples) == PROMC_OK, "parsing");
        bench_add(&promc, (double)size * 1e3 / (bench_now() - begun));
        bench_check(samples == SERIES && lines > SERIES, "the number of samples");
    }
    bench_print(row, &promc, &limit);
}

void bench_codecs(void)
{
    static const struct bench_row text_row = {"parse, text", "MB/s", "memchr for newlines", 0,
                                              300,           true};
    static const struct bench_row om_row = {
        "parse, OpenMetrics", "MB/s", "memchr for newlines", 0, 300, true};
    static char openmetrics[SERIES * 128];
    char *end = openmetrics;
    promc_registry *registry;
    promc_text text;

    if (!bench_wants("gzip") && !bench_wants("gzip, size of the result") &&
        !bench_wants(text_row.name) && !bench_wants(om_row.name))
        return;
    bench_pin(0);
    promc_disable_created_series();
    registry = bench_many_counters(SERIES, true);
    bench_check(promc_generate_latest(registry, &text) == PROMC_OK, "a scrape");
    gzip(registry, &text);
    parse(&text_row, PROMC_FORMAT_TEXT, text.data, text.size);
    bench_check(text.size < sizeof(openmetrics) - SERIES &&
                    promc_expose(registry, PROMC_FORMAT_OPENMETRICS, bench_copy_sink, &end) ==
                        PROMC_OK,
                "OpenMetrics");
    parse(&om_row, PROMC_FORMAT_OPENMETRICS, openmetrics, (size_t)(end - openmetrics));
    promc_text_free(&text);
    promc_registry_free(registry);
    promc_enable_created_series();
}
