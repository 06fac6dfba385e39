/* SPDX-License-Identifier: Apache-2.0 */
#include "http/decide.h"

#include <string.h>

static const promc__allow allow_metrics = {.text = "OPTIONS, GET, HEAD", .any = true};

static void decide_error(promc__decision *decision, int status)
{
    decision->answer = PROMC__ANSWER_ERROR;
    decision->status = status;
}

/* What a path without a handler for this method says. */
static void decide_by_method(promc__decision *decision, const char *method, promc__answer for_get,
                             const promc__allow *allow)
{
    bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

    if (get && for_get != PROMC__ANSWER_ERROR) {
        decision->answer = for_get;
        return;
    }
    decision->allow = *allow;
    if (strcmp(method, "OPTIONS") == 0)
        decision->answer = PROMC__ANSWER_EMPTY;
    else
        decide_error(decision, 405);
}

static const char *challenge(const promc__site *site)
{
    if (site->authenticate)
        return site->authenticate;
    return site->authorizer == promc_http_authorize_bearer ? "Bearer realm=\"metrics\""
                                                           : "Basic realm=\"metrics\"";
}

void promc__decide(promc__decision *decision, const promc__site *site,
                   const promc__request *request)
{
    const char *method = request->view.method, *path = request->view.path;
    promc__allow at_path = {.any = false};
    bool configured = site->path && strcmp(site->path, path) == 0;

    *decision = (promc__decision){.answer = PROMC__ANSWER_METRICS, .status = 200};
    if (site->authorizer && !site->authorizer(&request->view, site->authorizer_arg)) {
        decide_error(decision, 401);
        decision->authenticate = challenge(site);
    } else if (request->asterisk) { /* NOLINT(bugprone-branch-clone): the order matters */
        decide_by_method(decision, method, PROMC__ANSWER_EMPTY, &allow_metrics);
    } else if (site->routes &&
               promc__routes_find(site->routes, method, path, &decision->route, &at_path)) {
        decision->answer = PROMC__ANSWER_HANDLER;
    } else if (configured) { /* NOLINT(bugprone-branch-clone) */
        decide_by_method(decision, method, PROMC__ANSWER_METRICS, &allow_metrics);
    } else if (at_path.any) {
        decide_by_method(decision, method, PROMC__ANSWER_ERROR, &at_path);
    } else if (strcmp(path, "/favicon.ico") == 0) {
        decide_by_method(decision, method, PROMC__ANSWER_EMPTY, &allow_metrics);
    } else if (!site->path) {
        decide_by_method(decision, method, PROMC__ANSWER_METRICS, &allow_metrics);
    } else {
        decide_error(decision, 404);
    }
}
