/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of the HTTP server that take alerts. */
#include "alerts/alert_read.h"
#include "alerts/rfc3339.h"
#include "base/error.h"
#include "base/memory.h"
#include "http/response.h"
#include "http/server.h"

/* What a sender may ask of us. The size is the server's business (.max_body_size). */
static const promc__json_limits receive_limits = {SIZE_MAX, 16, 100000};

/* Whom a route calls. */
struct receiver {
    promc_alerts_handler on_alerts; /* one of the two */
    promc_notification_handler on_notification;
    void *arg;
};

static int receive_and_tell(const struct receiver *receiver, const promc_http_request *request,
                            promc__received *received, bool *accepted)
{
    int status, answer;

    if (receiver->on_alerts) {
        status = promc__receive_alerts(received, request->body, request->body_size, &receive_limits,
                                       promc__time_now());
        if (status != PROMC_OK)
            return status;
        answer = receiver->on_alerts(received->alerts, received->count, receiver->arg);
    } else {
        status = promc__receive_notification(received, request->body, request->body_size,
                                             &receive_limits);
        if (status != PROMC_OK)
            return status;
        answer = receiver->on_notification(&received->notification, receiver->arg);
    }
    promc__received_free(received);
    *accepted = answer >= 0;
    return PROMC_OK;
}

/* Senders try again after a 5xx, and never after a 4xx. */
static int receive_request(const promc_http_request *request, promc_http_response *response,
                           void *arg)
{
    promc__received received;
    bool accepted = false;
    int status = receive_and_tell(arg, request, &received, &accepted);

    if (status == PROMC_OK && !accepted)
        promc__response_error(response, 500, "the alerts were not accepted");
    else if (status != PROMC_OK)
        promc__response_error(response,
                              status == PROMC_ERROR_NO_MEMORY ? 500
                              : status == PROMC_ERROR_LIMIT   ? 413
                                                              : 400,
                              received.reason);
    return 0;
}

static int add_receiver(promc_http_server *server, const char *path,
                        const struct receiver *receiver)
{
    struct receiver *kept;
    int status;

    if (!receiver->on_alerts && !receiver->on_notification)
        return promc__fail(PROMC_ERROR_ARGUMENT, "route \"%s\": there is no handler",
                           path ? path : "");
    kept = promc__malloc(sizeof(*kept));
    if (!kept)
        return promc__fail_memory("route");
    *kept = *receiver;
    status = promc__server_own_route(server, "POST", path, receive_request, kept);
    if (status != PROMC_OK)
        promc__free(kept);
    return status;
}

int promc_http_server_on_alerts(promc_http_server *server, const char *path,
                                promc_alerts_handler handler, void *arg)
{
    return add_receiver(server, path, &(struct receiver){.on_alerts = handler, .arg = arg});
}

int promc_http_server_on_notification(promc_http_server *server, const char *path,
                                      promc_notification_handler handler, void *arg)
{
    return add_receiver(server, path, &(struct receiver){.on_notification = handler, .arg = arg});
}
