/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector: figures that something else keeps, looked up when somebody asks for them. Here it is
 * a pool of connections, which may grow and shrink without telling anybody.
 * custom_collector [PORT [SECONDS]]
 */
#include <promc/promc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct pool {
    pthread_mutex_t lock;
    const char *name;
    unsigned open, idle;
    unsigned long long borrowed;
};

static struct pool pools[] = {
    {PTHREAD_MUTEX_INITIALIZER, "orders", 8, 3, 4711},
    {PTHREAD_MUTEX_INITIALIZER, "stock", 2, 2, 18446744073709551615ull},
};

/* Called at each scrape. The families may be filled in any order: the writer sorts it out. */
static int collect_pools(promc_writer *writer, void *arg)
{
    promc_family *size = promc_writer_family(writer, PROMC_TYPE_GAUGE, "pool_connections",
                                             "Connections of the pool, by state.");
    promc_family *uses = promc_writer_family(writer, PROMC_TYPE_COUNTER, "pool_borrowed",
                                             "How often a connection was borrowed.");

    (void)arg;
    for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        struct pool *pool = &pools[i];

        pthread_mutex_lock(&pool->lock);
        promc_writer_u64(writer, size, pool->idle,
                         PROMC_PAIRS({"pool", pool->name}, {"state", "idle"}));
        promc_writer_u64(writer, size, pool->open - pool->idle,
                         PROMC_PAIRS({"pool", pool->name}, {"state", "busy"}));
        promc_writer_u64(writer, uses, pool->borrowed, PROMC_PAIRS({"pool", pool->name}));
        pthread_mutex_unlock(&pool->lock);
    }
    return 0; /* anything else fails the scrape; what the writer refused is remembered by it */
}

int main(int argc, char **argv)
{
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */
    promc_http_server *server;

    if (promc_registry_register(NULL, &(promc_collector){.collect = collect_pools}) != PROMC_OK ||
        !(server = promc_start_http_server(argc > 1 ? atoi(argv[1]) : 8000))) {
        fprintf(stderr, "custom_collector: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
