/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent away without memory: a request arrives whole or not at all. */
#define _DEFAULT_SOURCE
#include "torture/every_metric.h"
#include "torture/responder.h"
#include "torture/torture.h"

static struct responder web, refusing_web, lines, elsewhere;

static const promc_label key[] = {{"instance", "a/b"}, {"zone", ""}, {NULL, NULL}};

/* One request more has arrived if it is said to have. */
static int arrived(const struct responder *responder, unsigned before, unsigned more, int code)
{
    unsigned now = atomic_load(&responder->complete);

    if (code == PROMC_OK)
        assert_int_equal(now, before + more);
    return code;
}

static int push(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);
    int status = -1, code;

    CALMLY(define_everything(own));
    code = promc_push_to_gateway(web.address, "j/ob", .registry = own, .grouping_key = key,
                                 .user = "u", .password = "p", .status = &status,
                                 .headers = PROMC_PAIRS({"X-More", "yes"}));
    assert_int_equal(status, code == PROMC_OK ? 200 : 0);
    return arrived(&web, before, 1, code);
}

static int pushadd(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);

    CALMLY(define_everything(own));
    return arrived(&web, before, 1,
                   promc_pushadd_to_gateway(web.url, "job", .registry = own, .token = "t"));
}

static int delete_group(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);

    return arrived(&web, before, 1,
                   promc_delete_from_gateway(web.url, "job", .registry = own, .grouping_key = key));
}

static int redirected(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);

    return arrived(&web, before, 1,
                   promc_push_to_gateway(elsewhere.url, "job", .registry = own, .redirects = 2));
}

/* A refusal is one, or there was no memory to hear it. */
static int refused_push(promc_registry *own)
{
    int code = promc_push_to_gateway(refusing_web.url, "job", .registry = own);

    if (code == PROMC_ERROR_REFUSED) {
        assert_non_null(strstr(promc_last_error()->message, "400"));
        code = PROMC_OK;
    }
    return code;
}

static int unix_push(promc_registry *own)
{
    int code = promc_push_to_gateway("localhost", "job", .registry = own,
                                     .unix_path = "/nowhere/promc-torture.sock");

    return code == PROMC_ERROR_SYSTEM ? PROMC_OK : code;
}

static int graphite(promc_registry *own)
{
    CALMLY(define_everything(own));
    return promc_push_to_graphite(lines.address, .registry = own, .prefix = "a.b", .tags = true);
}

static int graphite_paths(promc_registry *own)
{
    CALMLY(define_everything(own));
    return promc_push_to_graphite(lines.address, .registry = own);
}

static int remote_write(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);
    int status = -1, code;

    CALMLY(define_everything(own));
    code = promc_remote_write(web.url, .registry = own, .labels = key, .status = &status);
    return arrived(&web, before, 1, code);
}

static const promc_alert alerts[] = {
    {.labels = (const promc_label[]){{"alertname", "A"}, {"x", "\n\xC3\xA9"}, {NULL, NULL}},
     .annotations = (const promc_label[]){{"summary", "S"}, {NULL, NULL}},
     .starts_at = {.tv_sec = 5},
     .generator_url = "http://a/"},
    {.labels = (const promc_label[]){{"alertname", "B"}, {NULL, NULL}}},
};

static int send_alerts(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);

    (void)own;
    return arrived(&web, before, 1,
                   promc_alertmanager_send(web.url, alerts, 2));
}

static int resolve_alerts(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);
    promc_alertmanager_opts options = {.size = sizeof(options), .url = web.url, .token = "t",
                                       .headers = key, .utf8_names = true};

    (void)own;
    return arrived(&web, before, 1,
                   promc_alertmanager_resolve_with(&options, alerts, 2));
}

static int many_alerts(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);
    static promc_alert many[300];

    (void)own;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = alerts[0];
    return arrived(&web, before, 2,
                   promc_alertmanager_send(web.url, many, COUNT(many)));
}

static int own_address(promc_registry *own)
{
    promc_instance_key instance;
    int code = promc_instance_ip_grouping_key(&instance, "127.0.0.1");

    (void)own;
    if (code == PROMC_OK)
        assert_string_equal(promc_label_value(instance.labels, "instance"), "127.0.0.1");
    return code;
}

static const struct torture scenarios[] = {
    SCENARIO(push),         SCENARIO(pushadd),     SCENARIO(delete_group),
    SCENARIO(redirected),   SCENARIO(refused_push), SCENARIO(unix_push),
    SCENARIO(graphite),     SCENARIO(graphite_paths), SCENARIO(remote_write),
    SCENARIO(send_alerts),  SCENARIO(resolve_alerts), SCENARIO(many_alerts),
    SCENARIO(own_address),
};

int main(int argc, char **argv)
{
    static char away[256];
    int failed;

    if (promc_set_allocator(&refusing) != PROMC_OK ||
        !responder_start(&web, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") ||
        !responder_start(&refusing_web,
                         "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "5\r\nsorry\r\n0\r\n\r\n") ||
        !responder_start(&lines, NULL))
        return 1;
    snprintf(away, sizeof(away),
             "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/x\r\nContent-Length: 0\r\n\r\n",
             web.url);
    if (!responder_start(&elsewhere, away))
        return 1;
    failed = torture_all(scenarios, COUNT(scenarios), argc, argv);
    responder_stop(&web);
    responder_stop(&refusing_web);
    responder_stop(&lines);
    responder_stop(&elsewhere);
    return failed;
}
