/* SPDX-License-Identifier: Apache-2.0 */
/* Scrapes over HTTP: requests a second on one processor, the load on another; memory. */
#include "bench.h"

#include <promc/promc.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERIES 1000

/* ---- one request ----------------------------------------------------------------------------- */

static const char plain_request[] =
    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static const char gzip_request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                   "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n";

/* Reads the whole response; returns its size. */
static size_t fetch(int port, const char *request)
{
    static char buffer[1 << 16];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t size = 0, length = strlen(request);
    ssize_t got;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_check(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                    write(fd, request, length) == (ssize_t)length,
                "a request");
    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
        bench_check(size > 0 || (got > 12 && memcmp(buffer + 9, "200", 3) == 0), "the status");
        size += (size_t)got;
    }
    bench_check(got == 0, "the end of a response");
    close(fd);
    return size;
}

/* ---- requests a second ----------------------------------------------------------------------- */

/* Requests a second; 0 if any of them failed. */
static double load(int port, int connections)
{
    char command[256], line[256];
    double rate = 0;
    bool good = true;
    FILE *output;

    snprintf(command, sizeof(command),
             "taskset -c %d wrk -t1 -c%d -d1s -H 'Accept-Encoding: identity' "
             "http://127.0.0.1:%d/metrics",
             bench_processor_id(1), connections, port);
    output = popen(command, "r");
    bench_check(output != NULL, "wrk");
    while (fgets(line, sizeof(line), output)) {
        good = good && !strstr(line, "Non-2xx") && !strstr(line, "Socket errors");
        (void)sscanf(line, "Requests/sec: %lf", &rate);
    }
    return pclose(output) == 0 && good ? rate : 0;
}

/* What the server itself sends, with a length instead of chunks. */
static char *make_response(promc_registry *registry, size_t *size)
{
    promc_text text;
    char *response;
    int head;

    bench_check(promc_generate_latest(registry, &text) == PROMC_OK, "a scrape");
    response = malloc(text.size + 256);
    bench_check(response != NULL, "memory");
    head = snprintf(response, 256,
                    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                    promc_content_type(PROMC_FORMAT_TEXT), text.size);
    memcpy(response + head, text.data, text.size);
    *size = (size_t)head + text.size;
    promc_text_free(&text);
    return response;
}

static void compare(const struct bench_row *row, int server, int copier, int connections)
{
    struct bench_samples promc = {.count = 0}, limit = {.count = 0};
    bool good = true;

    for (int i = 0; i < bench_repeats; i++) {
        double theirs = load(copier, connections), ours = load(server, connections);

        good = good && theirs > 0 && ours > 0;
        bench_add(&limit, theirs);
        bench_add(&promc, ours);
    }
    if (good)
        bench_print(row, &promc, &limit);
    else
        bench_fail(row->name, "wrk saw requests fail");
}

static void requests(void)
{
    static const struct bench_row rows[] = {
        {"HTTP, 1,000 series, 1 connection", "/s", "a server that copies the same bytes", 0.7, 0,
         true},
        {"HTTP, 1,000 series, 16 connections", "/s", "a server that copies the same bytes", 0.7, 0,
         true},
    };
    static const int connections[] = {1, 16};
    promc_registry *registry;
    promc_http_server *server;
    char *response;
    size_t size;
    int copier;

    if (!bench_wants(rows[0].name) && !bench_wants(rows[1].name))
        return;
    if (system("command -v wrk >/dev/null && command -v taskset >/dev/null") != 0) {
        bench_skip(rows[0].name, "there is no wrk or no taskset here");
        return;
    }
    registry = bench_many_counters(SERIES, true);
    response = make_response(registry, &size);
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    bench_check(server != NULL, "the server");
    copier = bench_start_copy_server(response, size);
    for (size_t r = 0; r < 2; r++) {
        if (bench_wants(rows[r].name))
            compare(&rows[r], promc_http_server_port(server), copier, connections[r]);
    }
    promc_http_server_stop(server);
    promc_registry_free(registry);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void memory(void)
{
    static const struct bench_row rows[] = {
        {"memory added by a scrape over HTTP", "KiB", NULL, 0, 1024, false},
        {"memory added by one with gzip", "KiB", NULL, 0, 1024, false},
    };
    static const char *const asked[] = {plain_request, gzip_request};
    promc_registry *registry;
    promc_http_server *server;

    if (!bench_wants(rows[0].name) && !bench_wants(rows[1].name))
        return;
    registry = bench_many_counters(bench_series, true);
    server = promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    bench_check(server != NULL, "the server");
    for (size_t r = 0; r < 2; r++) {
        size_t before = atomic_load(&bench_bytes);

        atomic_store(&bench_bytes_peak, before);
        bench_check(fetch(promc_http_server_port(server), asked[r]) > bench_series, "the response");
        if (bench_wants(rows[r].name))
            bench_print_value(&rows[r], (double)(atomic_load(&bench_bytes_peak) - before) / 1024);
    }
    promc_http_server_stop(server);
    promc_registry_free(registry);
}

void bench_http(void)
{
    bench_pin(0); /* the servers' threads inherit it */
    promc_disable_created_series();
    requests();
    memory();
    promc_enable_created_series();
}
