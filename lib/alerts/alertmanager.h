/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to Alertmanager's API v2 (api/v2/openapi.yaml). */
#ifndef PROMC_ALERTS_ALERTMANAGER_H
#define PROMC_ALERTS_ALERTMANAGER_H

#include "alerts/json.h"
#include "http/fetch.h"

#include <promc/alerts.h>

enum { PROMC__ALERTS_EACH = 256 }; /* what Prometheus's notifier sends at most */

typedef struct promc__am_call {
    const char *method;
    const char *path; /* behind /api/v2/ */
    const void *body;
    size_t body_size;
    size_t max_response; /* 0: the client's default */
} promc__am_call;

/* Copies the options and looks whether a request could be made. Codes as of promc_gateway_push().
 */
int promc__am_options(promc_alertmanager_opts *set, const promc_alertmanager_opts *options);

/* PROMC_OK for a 2xx answer, whose response the caller frees; `response` may be NULL. Other codes
 * as of promc_gateway_push(). */
int promc__am_request(const promc_alertmanager_opts *set, const promc__am_call *call,
                      struct promc__client_response *response);

/* Gets a document; free it as promc__json_read() says. PROMC_ERROR_SYNTAX, PROMC_ERROR_LIMIT: what
 * came is no JSON, or too much; other codes as above. */
int promc__am_get(const promc_alertmanager_opts *set, const char *path, promc__json *json);

/* The limits of documents from an Alertmanager. */
extern const promc__json_limits promc__am_limits;

/* What came is JSON, but not what was expected. */
int promc__am_unexpected(const char *path);

/* Sends alerts that were checked, in batches. */
int promc__am_post_alerts(const promc_alertmanager_opts *set, const promc_alert *alerts,
                          size_t count, bool resolve);

#endif
