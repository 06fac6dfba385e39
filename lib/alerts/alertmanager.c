/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/alertmanager.h"

#include "alerts/alert_check.h"
#include "alerts/alert_write.h"
#include "alerts/rfc3339.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "http/dial.h"

static const char alertmanager_what[] = "Alertmanager";

/* The address of a part of the API, with a NUL. */
static int alertmanager_url(promc__buffer *out, const char *base, const char *path)
{
    size_t size = strlen(base);

    if (strpbrk(base, "?#"))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "Alertmanager: the URL must end with a path, without ? and #");
    if (!strstr(base, "://"))
        promc__buffer_string(out, "http://");
    while (size && base[size - 1] == '/')
        size--;
    promc__buffer_append(out, base, size);
    promc__buffer_string(out, "/api/v2/");
    promc__buffer_append(out, path, strlen(path) + 1);
    return out->error ? promc__fail_memory(alertmanager_what) : PROMC_OK;
}

/* Content-Type and what the caller adds; to be freed. NULL: no memory. */
static promc_http_header *alertmanager_headers(const promc_http_header *further)
{
    size_t count = 0, size;
    promc_http_header *headers = NULL;

    while (further && further[count].name)
        count++;
    if (promc__size_of(count, sizeof(*headers), 2 * sizeof(*headers), &size))
        headers = promc__malloc(size);
    if (!headers)
        return NULL;
    headers[0] = (promc_http_header){"Content-Type", "application/json"};
    for (size_t i = 0; i <= count; i++)
        headers[i + 1] = i < count ? further[i] : (promc_http_header){NULL, NULL};
    return headers;
}

static struct promc__client_request alertmanager_request(const promc_alertmanager_opts *set)
{
    return (struct promc__client_request){.timeout = promc__client_timeout(set->timeout),
                                          .headers = set->headers,
                                          .user = set->user,
                                          .password = set->password,
                                          .token = set->token,
                                          .unix_path = set->unix_path,
                                          .show_path = true,
                                          .transport = set->transport};
}

int promc__am_options(promc_alertmanager_opts *set, const promc_alertmanager_opts *options)
{
    struct promc__client_request request;
    promc__buffer url = PROMC__BUFFER(0);
    int status;

    *set = (promc_alertmanager_opts){.size = sizeof(*set)};
    status = promc__copy_options(set, sizeof(*set), options, alertmanager_what);
    if (status != PROMC_OK)
        return status;
    if (set->status)
        *set->status = 0;
    if (!set->url)
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "Alertmanager: there is no URL, such as http://localhost:9093");
    status = alertmanager_url(&url, set->url, "alerts");
    request = alertmanager_request(set);
    request.url = url.data;
    if (status == PROMC_OK)
        status = promc__client_check(&request);
    promc__buffer_free(&url);
    return status;
}

static int alertmanager_exchange(const promc_alertmanager_opts *set,
                                 const struct promc__client_request *request,
                                 struct promc__client_response *response)
{
    struct promc__client_response own;
    struct promc__client_response *answer = response ? response : &own;
    int status = promc__http_request(request, answer);

    if (set->status)
        *set->status = status == PROMC_OK ? answer->reply.status : 0;
    if (status != PROMC_OK)
        return status;
    status = promc__client_expect_success(request, answer);
    if (!response || status != PROMC_OK)
        promc__client_response_free(answer);
    return status;
}

int promc__am_request(const promc_alertmanager_opts *set, const promc__am_call *call,
                      struct promc__client_response *response)
{
    struct promc__client_request request = alertmanager_request(set);
    promc__buffer url = PROMC__BUFFER(0);
    promc_http_header *headers = NULL;
    int status = alertmanager_url(&url, set->url, call->path);

    if (status == PROMC_OK && call->body && !(headers = alertmanager_headers(set->headers)))
        status = promc__fail_memory(alertmanager_what);
    if (headers)
        request.headers = headers;
    request.url = url.data;
    request.method = call->method;
    request.body = call->body;
    request.body_size = call->body_size;
    request.max_response = call->max_response;
    if (status == PROMC_OK)
        status = alertmanager_exchange(set, &request, response);
    promc__free(headers);
    promc__buffer_free(&url);
    return status;
}

/* ---- documents ------------------------------------------------------------------------------- */

const promc__json_limits promc__am_limits = {64 * 1024 * 1024, 16, 4000000};

int promc__am_unexpected(const char *path)
{
    return promc__fail(PROMC_ERROR_SYNTAX,
                       "Alertmanager: what /api/v2/%.60s says is not understood", path);
}

int promc__am_get(const promc_alertmanager_opts *set, const char *path, promc__json *json)
{
    const promc__am_call call = {
        .method = "GET", .path = path, .max_response = promc__am_limits.size};
    struct promc__client_response response;
    int status = promc__am_request(set, &call, &response);

    if (status != PROMC_OK)
        return status;
    status = promc__json_read(json, response.reply.content.data, response.reply.content.size,
                              &promc__am_limits);
    promc__client_response_free(&response);
    if (status == PROMC_ERROR_NO_MEMORY)
        return promc__fail_memory(alertmanager_what);
    return status == PROMC_OK
               ? PROMC_OK
               : promc__fail(status, "Alertmanager: /api/v2/%.60s, byte %lu of the answer: %s",
                             path, (unsigned long)json->at, json->reason);
}

/* ---- alerts ---------------------------------------------------------------------------------- */

int promc__am_post_alerts(const promc_alertmanager_opts *set, const promc_alert *alerts,
                          size_t count, bool resolve)
{
    struct timespec now = promc__time_now();
    promc__buffer body = PROMC__BUFFER(0);
    int status = PROMC_OK;

    for (size_t done = 0; done < count && status == PROMC_OK; done += PROMC__ALERTS_EACH) {
        size_t here = count - done < PROMC__ALERTS_EACH ? count - done : PROMC__ALERTS_EACH;

        body.size = 0;
        promc__alerts_write(&body, alerts + done, here, resolve, now);
        status = body.error ? promc__fail_memory(alertmanager_what)
                            : promc__am_request(set,
                                                &(promc__am_call){.method = "POST",
                                                                  .path = "alerts",
                                                                  .body = body.data,
                                                                  .body_size = body.size},
                                                NULL);
    }
    promc__buffer_free(&body);
    return status;
}

static int alertmanager_send(const promc_alertmanager_opts *options, const promc_alert *alerts,
                             size_t count, bool resolve)
{
    promc_alertmanager_opts set;
    int status = promc__am_options(&set, options);

    if (status == PROMC_OK)
        status = promc__alerts_check(alerts, count, set.utf8_names);
    return status == PROMC_OK ? promc__am_post_alerts(&set, alerts, count, resolve) : status;
}

int promc_alertmanager_send_with(const promc_alertmanager_opts *alertmanager,
                                 const promc_alert *alerts, size_t count)
{
    return alertmanager_send(alertmanager, alerts, count, false);
}

int promc_alertmanager_resolve_with(const promc_alertmanager_opts *alertmanager,
                                    const promc_alert *alerts, size_t count)
{
    return alertmanager_send(alertmanager, alerts, count, true);
}

int promc_alertmanager_send(const char *url, const promc_alert *alerts, size_t count)
{
    return alertmanager_send(PROMC_ALERTMANAGER(url), alerts, count, false);
}

int promc_alertmanager_resolve(const char *url, const promc_alert *alerts, size_t count)
{
    return alertmanager_send(PROMC_ALERTMANAGER(url), alerts, count, true);
}
