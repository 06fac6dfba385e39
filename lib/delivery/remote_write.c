/* SPDX-License-Identifier: Apache-2.0 */
/* Remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec), once or regularly. */
#include "base/error.h"
#include "base/options.h"
#include "base/os.h"
#include "delivery/periodic.h"
#include "delivery/snappy.h"
#include "delivery/write_request.h"
#include "http/dial.h"
#include "http/fetch.h"
#include "metrics/label_text.h"
#include "registry/registry.h"

#include <promc/push.h>

/* What Prometheus itself sends at a time (max_samples_per_send). */
#define SAMPLES_EACH 2000

static const char remote_write[] = "remote write";

static struct promc__client_request request_of(const promc_remote_write_opts *set)
{
    return (struct promc__client_request){.url = set->url,
                                          .method = "POST",
                                          .timeout = promc__client_timeout(set->timeout),
                                          .user = set->user,
                                          .password = set->password,
                                          .token = set->token,
                                          .unix_path = set->unix_path,
                                          .show_path = true,
                                          .transport = set->transport};
}

static int post_request(const promc_remote_write_opts *set, const char *data, size_t size)
{
    static const promc_http_header headers[] = {
        {"Content-Type", "application/x-protobuf"},
        {"Content-Encoding", "snappy"},
        {"X-Prometheus-Remote-Write-Version", "0.1.0"},
        {NULL, NULL},
    };
    struct promc__client_request request = request_of(set);
    struct promc__client_response response;
    promc__buffer body = PROMC__BUFFER(0);
    int status;

    promc__snappy(&body, data, size);
    request.headers = headers;
    request.body = body.data;
    request.body_size = body.size;
    status =
        body.error ? promc__fail_memory(remote_write) : promc__http_request(&request, &response);
    promc__buffer_free(&body);
    if (status != PROMC_OK)
        return status;
    if (set->status)
        *set->status = response.reply.status;
    status = promc__client_expect_success(&request, &response);
    promc__client_response_free(&response);
    return status;
}

static int write_remotely(const promc_remote_write_opts *set)
{
    const promc__write_settings settings = {.external = set->labels,
                                            .now_ms = (int64_t)(promc__os.unix_time() * 1000),
                                            .samples_each = SAMPLES_EACH,
                                            .native = set->native_histograms};
    promc__write_requests requests;
    size_t begin = 0;
    int status = promc__write_requests_fill(&requests, promc__registry_or_default(set->registry),
                                            &settings);

    for (size_t i = 0; status == PROMC_OK && i < requests.count; i++) {
        status = post_request(set, requests.data.data + begin, requests.ends[i] - begin);
        begin = requests.ends[i];
    }
    promc__write_requests_free(&requests);
    return status;
}

static int check_remote_write(const promc_remote_write_opts *set)
{
    struct promc__client_request request = request_of(set);
    promc__buffer text = PROMC__BUFFER(0);
    int status;

    if (!set->url)
        return promc__fail(PROMC_ERROR_ARGUMENT, "remote write: there is no URL, such as "
                                                 "http://localhost:9090/api/v1/write");
    status = promc__pairs_text(&text, set->labels, remote_write);
    promc__buffer_free(&text);
    return status == PROMC_OK ? promc__client_check(&request) : status;
}

int promc_remote_write_once(const promc_remote_write_opts *options)
{
    promc_remote_write_opts set = {.size = sizeof(set)};
    int status = promc__copy_options(&set, sizeof(set), options, remote_write);

    if (status != PROMC_OK)
        return status;
    if (set.status)
        *set.status = 0;
    status = check_remote_write(&set);
    return status == PROMC_OK ? write_remotely(&set) : status;
}

/* ---- regularly ------------------------------------------------------------------------------- */

static int push_remotely(void *state, bool last)
{
    (void)last;
    return write_remotely(state);
}

static void own_remote_options(void *state, promc__keep *keep)
{
    promc_remote_write_opts *set = state;

    set->url = promc__keep_string(keep, set->url);
    set->labels = promc__keep_labels(keep, set->labels);
    promc__keep_access(keep, &set->user, &set->password, &set->token, &set->unix_path,
                       &set->transport);
    set->status = NULL;
}

promc_pusher *promc_remote_write_pusher_create(const promc_remote_write_opts *options)
{
    promc_remote_write_opts set = {.size = sizeof(set)};

    if (promc__copy_options(&set, sizeof(set), options, remote_write) != PROMC_OK ||
        check_remote_write(&set) != PROMC_OK)
        return NULL;
    return promc__periodic_start(
        &(promc__periodic){.what = remote_write,
                           .options = &set,
                           .options_size = sizeof(set),
                           .state_size = sizeof(set),
                           .own = own_remote_options,
                           .push = push_remotely,
                           .interval = set.interval == 0 ? 15 : set.interval},
        NULL);
}
