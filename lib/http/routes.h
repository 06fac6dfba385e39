/* SPDX-License-Identifier: Apache-2.0 */
/* Paths with handlers of the host. Adding and finding may happen in different threads. */
#ifndef PROMC_HTTP_ROUTES_H
#define PROMC_HTTP_ROUTES_H

#include <promc/http.h>

#include <pthread.h>

typedef struct promc__route {
    char *method; /* NULL: all */
    char *path;
    promc_http_handler handler;
    void *arg;
    bool owned; /* `arg` is freed with the routes */
} promc__route;

typedef struct promc__routes {
    pthread_mutex_t lock;
    promc__route *list;
    size_t count;
} promc__routes;

void promc__routes_begin(promc__routes *routes);
void promc__routes_free(promc__routes *routes);

/* Errors as promc_http_server_route(). */
int promc__routes_add(promc__routes *routes, const char *method, const char *path,
                      promc_http_handler handler, void *arg);
/* The same with a block from promc__malloc(), which belongs to the routes on success. */
int promc__routes_add_owned(promc__routes *routes, const char *method, const char *path,
                            promc_http_handler handler, void *block);

/* The methods of a path, for Allow. */
typedef struct promc__allow {
    char text[128];
    bool any; /* there is a route at that path */
} promc__allow;

/*
 * Finds the handler for a request and copies it to `found` (without its strings). A route for GET
 * answers HEAD too. False: none; `allow` says what there would be.
 */
bool promc__routes_find(promc__routes *routes, const char *method, const char *path,
                        promc__route *found, promc__allow *allow);

#endif
