/* SPDX-License-Identifier: Apache-2.0 */
#include "http/routes.h"

#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "http/parser.h"

#include <string.h>

enum { ROUTES_MAX = 1000 };

void promc__routes_begin(promc__routes *routes)
{
    (void)pthread_mutex_init(&routes->lock, NULL);
    routes->list = NULL;
    routes->count = 0;
}

void promc__routes_free(promc__routes *routes)
{
    for (size_t i = 0; i < routes->count; i++) {
        promc__free(routes->list[i].method);
        promc__free(routes->list[i].path);
        if (routes->list[i].owned)
            promc__free(routes->list[i].arg);
    }
    promc__free(routes->list);
    routes->list = NULL;
    routes->count = 0;
    (void)pthread_mutex_destroy(&routes->lock);
}

static bool same_method(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_method(const char *method)
{
    size_t size = strlen(method);

    for (size_t i = 0; i < size; i++)
        if (!promc__is_token_char((unsigned char)method[i]))
            return false;
    return size > 0 && size <= 32;
}

/* With the lock held. */
static int append_route(promc__routes *routes, promc__route *route)
{
    promc__route *list;

    for (size_t i = 0; i < routes->count; i++)
        if (same_method(routes->list[i].method, route->method) &&
            strcmp(routes->list[i].path, route->path) == 0)
            return promc__fail(PROMC_ERROR_DUPLICATE, "route %s %s: is there already",
                               route->method ? route->method : "(any method)", route->path);
    if (routes->count == ROUTES_MAX)
        return promc__fail(PROMC_ERROR_LIMIT, "route %s: there are %d already", route->path,
                           ROUTES_MAX);
    list = promc__realloc(routes->list, (routes->count + 1) * sizeof(*list));
    if (!list)
        return promc__fail_memory("route");
    routes->list = list;
    list[routes->count++] = *route;
    return PROMC_OK;
}

static int add_route(promc__routes *routes, const char *method, const char *path,
                     promc__route route)
{
    int status;

    if (!path || path[0] != '/' || !route.handler)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "route \"%s\": needs a path that begins with / and a handler",
                           path ? path : "");
    if (method && !is_method(method))
        return promc__fail(PROMC_ERROR_ARGUMENT, "route \"%s\": \"%s\" is no method", path, method);
    route.path = promc__copy_string(path);
    route.method = method ? promc__copy_string(method) : NULL;
    if (!route.path || (method && !route.method)) {
        status = promc__fail_memory("route");
    } else {
        promc__lock(&routes->lock);
        status = append_route(routes, &route);
        promc__unlock(&routes->lock);
    }
    if (status != PROMC_OK) {
        promc__free(route.path);
        promc__free(route.method);
    }
    return status;
}

int promc__routes_add(promc__routes *routes, const char *method, const char *path,
                      promc_http_handler handler, void *arg)
{
    return add_route(routes, method, path, (promc__route){.handler = handler, .arg = arg});
}

int promc__routes_add_owned(promc__routes *routes, const char *method, const char *path,
                            promc_http_handler handler, void *block)
{
    return add_route(routes, method, path,
                     (promc__route){.handler = handler, .arg = block, .owned = true});
}

/* Appends ", METHOD" as long as there is room. */
static void allow_method(promc__allow *allow, const char *method)
{
    size_t used = strlen(allow->text), size = strlen(method);

    if (used + size + 3 > sizeof(allow->text))
        return;
    memcpy(allow->text + used, ", ", 2);
    memcpy(allow->text + used + 2, method, size + 1);
}

/* How well a route's method fits: 0 not at all, 1 as HEAD of GET, 2 any method, 3 exactly. */
static int method_fits(const char *of_route, const char *method)
{
    if (!of_route)
        return 2;
    if (strcmp(of_route, method) == 0)
        return 3;
    return strcmp(of_route, "GET") == 0 && strcmp(method, "HEAD") == 0;
}

bool promc__routes_find(promc__routes *routes, const char *method, const char *path,
                        promc__route *found, promc__allow *allow)
{
    int best = 0;

    *allow = (promc__allow){.text = "OPTIONS"};
    promc__lock(&routes->lock);
    for (size_t i = 0; i < routes->count; i++) {
        const promc__route *route = &routes->list[i];
        int fits;

        if (strcmp(route->path, path) != 0)
            continue;
        allow->any = true;
        fits = method_fits(route->method, method);
        if (fits > best) {
            best = fits;
            *found = (promc__route){.handler = route->handler, .arg = route->arg};
        }
        if (!route->method || strcmp(route->method, "OPTIONS") == 0)
            continue;
        allow_method(allow, route->method);
        if (strcmp(route->method, "GET") == 0)
            allow_method(allow, "HEAD");
    }
    promc__unlock(&routes->lock);
    return best > 0;
}
