/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad clients in numbers. A thousand slow ones (silent, one byte at a time, not reading): good
 * scrapes go on, each within a second. Ten thousand connections against the default limit: what the
 * server holds stays what the limit says, and a good scrape gets through. Afterwards memory and
 * descriptors are as before. Where fewer descriptors are allowed there are fewer clients, and the
 * output says so.
 */
#define _DEFAULT_SOURCE
#include "stress_http.h"

#include <fcntl.h>

enum { SLOW = 1000, MANY = 10000, SPARE = 200, LIMIT = 128 };

#ifdef STRESS_SANITIZED
#define SCRAPE_LIMIT 10 /* seconds */
#else
#define SCRAPE_LIMIT 1
#endif

#define SCRAPE "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

static promc_registry *registry;
static int clients[MANY];

static promc_counter *updated;

/* Updates do not wait for readers. */
static void *update(void *arg)
{
    (void)arg;
    while (stress_running()) {
        for (int i = 0; i < 1000; i++)
            promc_counter_inc(updated);
        stress_sleep(0.001);
    }
    return NULL;
}

static size_t make_series(void)
{
    promc_gauge_family *f =
        promc_gauge_family_new("some", "S.", PROMC_LABELS("number"), .registry = registry);
    char number[16];

    for (int i = 0; i < 2000; i++) {
        snprintf(number, sizeof(number), "%d", i);
        promc_gauge_set(promc_gauge_labels(f, number), i);
    }
    updated = promc_counter_new("updated", "U.", .registry = registry);
    CHECK(updated != NULL, "%s", promc_last_error()->message);
    return 2000;
}

/* A whole, right scrape; the seconds it took. */
static double good_scrape(int port, const char *among)
{
    static struct stress_response response;
    double begun = stress_now();
    int fd = stress_connect(port, 5 * SCRAPE_LIMIT);

    CHECK(stress_request(fd, SCRAPE, &response) && response.status == 200, "among %s: status %d",
          among, response.status);
    CHECK(strstr(response.body, "\nsome{number=\"1999\"} 1999.0\n"), "among %s: not all", among);
    stress_reset(fd);
    return stress_now() - begun;
}

static void reset_clients(size_t count)
{
    for (size_t i = 0; i < count; i++)
        stress_reset(clients[i]);
}

/* Waits for the server to notice. */
static void check_flat(size_t descriptors, size_t bytes, const char *after)
{
    double end = stress_now() + 10;

    while (stress_now() < end &&
           (stress_descriptors() > descriptors || atomic_load(&stress_bytes) > bytes))
        stress_sleep(0.01);
    CHECK(stress_descriptors() <= descriptors, "%zu descriptors after %s, %zu before",
          stress_descriptors(), after, descriptors);
    CHECK(atomic_load(&stress_bytes) <= bytes, "%zu bytes after %s, %zu before",
          atomic_load(&stress_bytes), after, bytes);
}

/* ---- a thousand slow ones ---------------------------------------------------------------------- */

static void begin_slowly(int fd, size_t number)
{
    int small = 4096;

    if (number % 3 == 1) {
        (void)send(fd, "G", 1, MSG_NOSIGNAL);
    } else if (number % 3 == 2) { /* the response fills what both sides buffer */
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        for (int i = 0; i < 4; i++)
            (void)send(fd, SCRAPE, strlen(SCRAPE), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void slow_clients(double seconds, size_t allowed)
{
    promc_http_server *server = promc_start_http_server(
        0, .address = "127.0.0.1", .registry = registry, .max_connections = SLOW + 50);
    int port = promc_http_server_port(server);
    size_t count = allowed < SLOW * 2 + SPARE ? (allowed - SPARE) / 2 : SLOW, scrapes = 0, late = 0;
    size_t descriptors = stress_descriptors(), bytes;
    double slowest = good_scrape(port, "nobody"), end;

    CHECK(server != NULL, "%s", promc_last_error()->message);
    stress_sleep(0.05);
    bytes = atomic_load(&stress_bytes);
    for (size_t i = 0; i < count; i++) {
        clients[i] = stress_connect(port, 5);
        CHECK(clients[i] >= 0, "client %zu: %s", i, strerror(errno));
        begin_slowly(clients[i], i);
    }
    for (end = stress_now() + seconds; stress_now() < end || scrapes < 20; scrapes++) {
        double took = good_scrape(port, "slow clients");

        slowest = took > slowest ? took : slowest;
        late += took > SCRAPE_LIMIT;
        for (size_t i = 1; i < count; i += 30)
            (void)send(clients[i], "E", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        stress_sleep(0.005);
    }
    /* One in ten may be late: other programs may have the processors for that long. */
    CHECK(late * 10 <= scrapes, "%zu of %zu scrapes were late, the slowest took %.3f s", late, scrapes,
          slowest);
    printf("%zu slow clients: %zu scrapes, the slowest took %.0f ms; %zu KiB for them\n", count,
           scrapes, slowest * 1e3, (atomic_load(&stress_bytes) - bytes) / 1024);
    reset_clients(count);
    check_flat(descriptors, bytes, "slow clients");
    promc_http_server_stop(server);
}

/* ---- ten thousand connections ------------------------------------------------------------------ */

struct fates {
    size_t refused, closed, waiting;
};

static struct fates look_at_clients(size_t count)
{
    struct fates fates = {0, 0, 0};

    for (size_t i = 0; i < count; i++) {
        char answer[16] = "";
        long got = recv(clients[i], answer, 12, MSG_PEEK);

        if (got == 12) {
            CHECK(strcmp(answer, "HTTP/1.1 503") == 0, "%s", answer);
            fates.refused++;
        } else if (got < 0 && errno == EAGAIN) {
            fates.waiting++;
        } else {
            fates.closed++;
        }
    }
    return fates;
}

static void many_connections(size_t allowed)
{
    promc_http_server *server =
        promc_start_http_server(0, .address = "127.0.0.1", .registry = registry);
    int port = promc_http_server_port(server);
    size_t count = allowed < MANY + LIMIT + SPARE ? allowed - LIMIT - SPARE : MANY;
    size_t descriptors = stress_descriptors(), bytes, held;
    struct fates fates;
    double took, end;

    CHECK(server != NULL, "%s", promc_last_error()->message);
    (void)good_scrape(port, "nobody");
    stress_sleep(0.05);
    bytes = atomic_load(&stress_bytes);
    atomic_store(&stress_peak, bytes);
    for (size_t i = 0; i < count; i++) {
        clients[i] = stress_connect(port, 5);
        CHECK(clients[i] >= 0, "client %zu: %s", i, strerror(errno));
        (void)fcntl(clients[i], F_SETFL, O_NONBLOCK);
    }
    stress_sleep(1.1); /* from then on they may be closed in favour of others */
    took = good_scrape(port, "many connections");
    CHECK(took < SCRAPE_LIMIT, "the scrape took %.3f s", took);
    for (end = stress_now() + 10 * SCRAPE_LIMIT;; stress_sleep(0.02)) {
        held = stress_descriptors() - descriptors - count;
        fates = look_at_clients(count);
        if (held <= LIMIT + 32 && fates.waiting <= LIMIT)
            break;
        CHECK(stress_now() < end, "the server holds %zu connections, %zu of %zu wait for ever", held,
              fates.waiting, count);
    }
    printf("%zu connections: %zu refused with 503, %zu closed for others, %zu held; the scrape took "
           "%.0f ms; %zu KiB at most for them\n",
           count, fates.refused, fates.closed, fates.waiting, took * 1e3,
           (atomic_load(&stress_peak) - bytes) / 1024);
    reset_clients(count);
    check_flat(descriptors, bytes, "many connections");
    promc_http_server_stop(server);
}

int main(int argc, char **argv)
{
    size_t allowed = stress_descriptor_limit(MANY + LIMIT + SPARE);
    pthread_t updater;

    if (allowed < 1024) {
        printf("only %zu descriptors are allowed\n", allowed);
        return 77;
    }
    if (allowed < MANY + LIMIT + SPARE)
        printf("RLIMIT_NOFILE is %zu: fewer clients than %d and %d\n", allowed, SLOW, MANY);
    stress_count_memory();
    registry = promc_registry_new();
    CHECK(registry && make_series(), "%s", promc_last_error()->message);
    updater = stress_start(update, NULL);
    slow_clients(stress_seconds(argc, argv), allowed);
    many_connections(allowed);
    atomic_store(&stress_stop, true);
    (void)pthread_join(updater, NULL);
    promc_registry_free(registry);
    return 0;
}
