/* SPDX-License-Identifier: Apache-2.0 */
/* Pushing to a Pushgateway (client_python: exposition.py, push_to_gateway and its relatives). */
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "delivery/gateway_url.h"
#include "delivery/periodic.h"
#include "delivery/push_body.h"
#include "http/dial.h"
#include "http/fetch.h"

#include <promc/push.h>

/* ---- one push -------------------------------------------------------------------------------- */

/* What describes the body, then those of the caller. */
static promc_http_header *make_headers(const promc_push_opts *set, bool packed)
{
    size_t count = 0, own = 0, size;
    promc_http_header *headers = NULL;

    while (set->headers && set->headers[count].name)
        count++;
    if (promc__size_of(count + 3, sizeof(*headers), 0, &size))
        headers = promc__malloc(size);
    if (!headers)
        return NULL;
    headers[own++] = (promc_http_header){"Content-Type", promc_content_type(PROMC_FORMAT_TEXT)};
    if (packed)
        headers[own++] = (promc_http_header){"Content-Encoding", "gzip"};
    for (size_t i = 0; i < count; i++)
        headers[own + i] = set->headers[i];
    headers[own + count] = (promc_http_header){NULL, NULL};
    return headers;
}

static int send_to_gateway(const promc_push_opts *set, const promc_push_request *push)
{
    struct promc__client_request request = {.url = push->url,
                                            .method = push->method,
                                            .headers = push->headers,
                                            .body = push->data,
                                            .body_size = push->size,
                                            .timeout = push->timeout,
                                            .user = set->user,
                                            .password = set->password,
                                            .token = set->token,
                                            .unix_path = set->unix_path,
                                            .show_path = true,
                                            .transport = set->transport,
                                            .max_redirects = set->redirects,
                                            .keep_method = true};
    struct promc__client_response response;
    int status = promc__http_request(&request, &response);

    if (status != PROMC_OK)
        return status;
    if (set->status)
        *set->status = response.reply.status;
    status = promc__client_expect_success(&request, &response);
    promc__client_response_free(&response);
    return status;
}

static int hand_over(const promc_push_opts *set, const promc_push_request *push)
{
    int refused;

    if (!set->handler)
        return send_to_gateway(set, push);
    refused = set->handler(push, set->handler_arg);
    if (refused)
        return promc__fail(PROMC_ERROR_SINK, "Pushgateway: the handler returned %d", refused);
    return PROMC_OK;
}

static int use_gateway(const promc_push_opts *set, const char *method)
{
    promc__buffer url = PROMC__BUFFER(0);
    promc__buffer body = PROMC__BUFFER(0);
    promc_http_header *headers = NULL;
    bool deletes = strcmp(method, "DELETE") == 0;
    int status = promc__gateway_url(&url, set->gateway, set->job, set->grouping_key);

    if (set->status)
        *set->status = 0;
    if (status == PROMC_OK && !deletes)
        status = promc__push_body(&body, set->registry, set->gzip);
    if (status == PROMC_OK && !(headers = make_headers(set, set->gzip && !deletes)))
        status = promc__fail_memory("Pushgateway");
    if (status == PROMC_OK)
        status = hand_over(set, &(promc_push_request){.url = url.data,
                                                      .method = method,
                                                      .timeout = promc__client_timeout(set->timeout),
                                                      .headers = headers,
                                                      .data = body.data ? body.data : "",
                                                      .size = body.size});
    promc__free(headers);
    promc__buffer_free(&body);
    promc__buffer_free(&url);
    return status;
}

static int copy_and_use(const promc_push_opts *options, const char *method)
{
    promc_push_opts set = {.size = sizeof(set)};
    int status = promc__copy_options(&set, sizeof(set), options, "Pushgateway");

    return status == PROMC_OK ? use_gateway(&set, method) : status;
}

int promc_gateway_push(const promc_push_opts *options)
{
    return copy_and_use(options, "PUT");
}

int promc_gateway_pushadd(const promc_push_opts *options)
{
    return copy_and_use(options, "POST");
}

int promc_gateway_delete(const promc_push_opts *options)
{
    return copy_and_use(options, "DELETE");
}

/* ---- regularly ------------------------------------------------------------------------------- */

static int push_group(void *state, bool last)
{
    const promc_push_opts *set = state;

    if (last && set->delete_group)
        return use_gateway(set, "DELETE");
    return use_gateway(set, set->add ? "POST" : "PUT");
}

static void own_push_options(void *state, promc__keep *keep)
{
    promc_push_opts *set = state;

    set->gateway = promc__keep_string(keep, set->gateway);
    set->job = promc__keep_string(keep, set->job);
    set->grouping_key = promc__keep_labels(keep, set->grouping_key);
    set->headers = promc__keep_labels(keep, set->headers);
    promc__keep_access(keep, &set->user, &set->password, &set->token, &set->unix_path,
                       &set->transport);
    set->status = NULL;
}

/* What would fail at every push is told at once. */
static int check_push_options(const promc_push_opts *set)
{
    promc__buffer url = PROMC__BUFFER(0);
    promc_http_header *headers = NULL;
    int status = promc__gateway_url(&url, set->gateway, set->job, set->grouping_key);

    if (status == PROMC_OK && !(headers = make_headers(set, set->gzip)))
        status = promc__fail_memory("Pushgateway");
    if (status == PROMC_OK && !set->handler)
        status = promc__client_check(
            &(struct promc__client_request){.url = url.data,
                                            .headers = headers,
                                            .timeout = promc__client_timeout(set->timeout),
                                            .user = set->user,
                                            .password = set->password,
                                            .token = set->token,
                                            .transport = set->transport});
    promc__free(headers);
    promc__buffer_free(&url);
    return status;
}

promc_pusher *promc_pusher_create(const promc_push_opts *options)
{
    promc_push_opts set = {.size = sizeof(set)};

    if (promc__copy_options(&set, sizeof(set), options, "Pushgateway") != PROMC_OK ||
        check_push_options(&set) != PROMC_OK)
        return NULL;
    return promc__periodic_start(
        &(promc__periodic){.what = "Pushgateway",
                           .options = &set,
                           .options_size = sizeof(set),
                           .state_size = sizeof(set),
                           .own = own_push_options,
                           .push = push_group,
                           .interval = set.interval == 0 ? 15 : set.interval},
        NULL);
}
