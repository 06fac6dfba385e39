/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million series: a scrape needs next to no memory beyond the registry, whether it goes to a sink
 * or over HTTP, and a reader that stalls in the middle delays neither updates nor other scrapes.
 * Usage: stress_million [series]
 */
#include "stress/stress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define ROOM ((size_t)1 << 20) /* what a scrape may add */

#ifdef PROMC__TSAN
#define MOST 100000
#else
#define MOST 1000000
#endif

static promc_registry *registry;
static promc_counter_family *family;

static size_t make_series(size_t count)
{
    double begun = stress_now();

    for (size_t i = 0; i < count; i++) {
        char user[24], path[24], code[24];
        promc_counter *counter;

        snprintf(user, sizeof(user), "user-%zu", i / 100);
        snprintf(path, sizeof(path), "/path/%zu", i / 10 % 10);
        snprintf(code, sizeof(code), "%zu", 200 + i % 10);
        counter = promc_counter_labels(family, user, path, code);
        CHECK(counter != NULL, "%s", promc_last_error()->message);
        promc_counter_add(counter, (double)i);
    }
    printf("%zu series made in %.2f s, %zu bytes each\n", count, stress_now() - begun,
           atomic_load(&stress_bytes) / count);
    return atomic_load(&stress_bytes);
}

static void expose(size_t count)
{
    struct stress_scrape *scrape = stress_new_scrape();
    size_t before = atomic_load(&stress_bytes);
    double begun = stress_now();

    atomic_store(&stress_peak, before);
    stress_must_read(scrape, registry);
    CHECK(scrape->samples == 2 * count, "%zu samples", scrape->samples); /* and _created */
    CHECK(atomic_load(&stress_peak) < before + ROOM, "%zu bytes more",
          atomic_load(&stress_peak) - before);
    printf("exposed and checked in %.2f s, with %zu bytes\n", stress_now() - begun,
           atomic_load(&stress_peak) - before);
    free(scrape);
}

static int ask(int port)
{
    static const char request[] =
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
    CHECK(write(fd, request, sizeof(request) - 1) == (ssize_t)sizeof(request) - 1, "write");
    return fd;
}

static void read_all(int fd, size_t count)
{
    static char buffer[1 << 16];
    char tail[8] = "";
    size_t lines = 0;
    ssize_t got;

    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
        for (const char *at = buffer; (at = memchr(at, '\n', (size_t)(buffer + got - at))); at++)
            lines++;
        for (ssize_t i = got > 5 ? got - 5 : 0; i < got; i++) {
            memmove(tail, tail + 1, 4);
            tail[4] = buffer[i];
        }
    }
    CHECK(got == 0, "read");
    CHECK(memcmp(tail, "0\r\n\r\n", 5) == 0, "no final chunk");
    CHECK(lines > 2 * count, "%zu lines", lines);
}

static void scrape_over_http(size_t count)
{
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    promc_counter *counter = promc_counter_labels(family, "user-0", "/path/0", "200");
    struct stress_scrape *scrape = stress_new_scrape();
    double begun, longest = 0;
    int stalled, fd;
    size_t before;
    char byte;

    CHECK(server != NULL, "%s", promc_last_error()->message);
    before = atomic_load(&stress_bytes);
    atomic_store(&stress_peak, before);
    begun = stress_now();
    stalled = ask(promc_http_server_port(server));
    CHECK(read(stalled, &byte, 1) == 1, "read"); /* it is being answered, and now we stall */
    fd = ask(promc_http_server_port(server));
    read_all(fd, count);
    close(fd);
    printf("over HTTP in %.2f s, beside one that stalls, with %zu bytes\n", stress_now() - begun,
           atomic_load(&stress_peak) - before);
    CHECK(atomic_load(&stress_peak) < before + ROOM, "%zu bytes more",
          atomic_load(&stress_peak) - before);
    for (int i = 0; i < 1000; i++) {
        char digits[24];

        begun = stress_now();
        promc_counter_inc(counter);
        snprintf(digits, sizeof(digits), "new-%d", i);
        promc_counter_inc(promc_counter_labels(family, digits, "", ""));
        promc_counter_family_remove(family, digits, "", "");
        if (stress_now() - begun > longest)
            longest = stress_now() - begun;
    }
    CHECK(longest < 1, "an update took %.3f s", longest);
    stress_must_read(scrape, registry);
    close(stalled);
    promc_http_server_stop(server);
    free(scrape);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : MOST;

    stress_count_memory();
    registry = promc_registry_new();
    family = promc_counter_family_new("series", "A million of them.",
                                      PROMC_LABELS("user", "path", "code"), .registry = registry);
    CHECK(family != NULL, "%s", promc_last_error()->message);
    make_series(count);
    expose(count);
    scrape_over_http(count);
    promc_registry_free(registry);
    return 0;
}
