/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that does not know the library until it loads it: dlopen libpromc.so. Starts a server,
 * updates from threads, stops, closes; again and again, with nothing left behind. One of the threads
 * ends after that. (The library stays mapped, as it is linked with -z nodelete.)
 *
 * dlopen PLUGIN again: the library is part of a plugin that is really unloaded, with what it has
 * allocated.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 40
#define WARM_UP 10 /* rounds after which memory may not grow by more than SLACK */
#define SLACK (256 * 1024)

static void *library;

/* ISO C has no conversion of data pointers to functions. */
#define GET(function, name) get(&(function), sizeof(function), name)
static void get(void *function, size_t size, const char *name)
{
    void *symbol = dlsym(library, name);

    if (!symbol || size != sizeof(symbol)) {
        fprintf(stderr, "%s: %s\n", name, dlerror());
        exit(1);
    }
    memcpy(function, &symbol, size);
}

static int entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;

    if (!directory)
        return 0;
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static long resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long total = 0, resident = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

static void (*inc)(void *counter);
static double (*value)(const void *counter);

static void *update(void *counter)
{
    for (int i = 0; i < 1000; i++)
        inc(counter);
    return NULL;
}

static pthread_barrier_t updated, closed;

static void *update_and_outlive(void *counter)
{
    update(counter);
    pthread_barrier_wait(&updated);
    pthread_barrier_wait(&closed);
    return NULL;
}

/* The structs of the options are the header's, but all that is used of them are these members. */
struct server_options {
    size_t size;
    int port;
    const char *address;
};
struct metric_options {
    size_t size;
    const char *name, *help;
    void *others[32];
};

static int one_round(const char *path)
{
    void *(*start)(const void *options), *(*create)(const void *options);
    void (*stop)(void *server), (*destroy)(void *counter);
    const struct server_options server_options = {sizeof(server_options), 0, "127.0.0.1"};
    const struct metric_options metric_options = {sizeof(metric_options), "plugin", "In a plugin.", {0}};
    void *server, *counter;
    pthread_t thread, late;
    int good;

    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    GET(start, "promc_http_server_start");
    GET(stop, "promc_http_server_stop");
    GET(create, "promc_counter_create");
    GET(destroy, "promc_counter_free");
    GET(inc, "promc_counter_inc");
    GET(value, "promc_counter_value");
    counter = create(&metric_options);
    server = start(&server_options);
    if (!counter || !server || pthread_create(&thread, NULL, update, counter) != 0 ||
        pthread_create(&late, NULL, update_and_outlive, counter) != 0)
        return 0;
    pthread_join(thread, NULL);
    pthread_barrier_wait(&updated);
    good = value(counter) == 2000;
    stop(server);
    destroy(counter);
    good = dlclose(library) == 0 && good;
    pthread_barrier_wait(&closed);
    pthread_join(late, NULL);
    return good;
}

int main(int argc, char **argv)
{
    int files = entries("/proc/self/fd"), threads = entries("/proc/self/task");
    long before = 0, grown;

    if (argc < 2)
        return 2;
    pthread_barrier_init(&updated, NULL, 2);
    pthread_barrier_init(&closed, NULL, 2);
    for (int i = 0; i < ROUNDS; i++) {
        if (!one_round(argv[1])) {
            fprintf(stderr, "round %d failed\n", i);
            return 1;
        }
        if (i == WARM_UP)
            before = resident_bytes();
    }
    grown = resident_bytes() - before;
    printf("%d rounds, %ld bytes more\n", ROUNDS, grown);
    if (entries("/proc/self/fd") != files || entries("/proc/self/task") != threads ||
        (argc == 2 && grown > SLACK)) {
        fprintf(stderr, "left behind: %d descriptors, %d threads\n", entries("/proc/self/fd") - files,
                entries("/proc/self/task") - threads);
        return 1;
    }
    return 0;
}
