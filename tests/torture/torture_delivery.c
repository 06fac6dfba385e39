/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent away without memory: a request arrives whole or not at all. */
#define _DEFAULT_SOURCE
#include "torture/every_metric.h"
#include "torture/responder.h"
#include "torture/torture.h"

static struct responder web, refusing_web, lines, elsewhere, nearby, silent;

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

/* Compressed once, sent as it is. */
static int push_gzip(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);

    CALMLY(define_everything(own));
    return arrived(&web, before, 1,
                   promc_push_to_gateway(web.url, "job", .registry = own, .gzip = true));
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

/* By a reference, which is resolved against what was asked: until it is enough. */
static int redirected_nearby(promc_registry *own)
{
    unsigned before = atomic_load(&nearby.complete);
    int code = promc_push_to_gateway(nearby.url, "job", .registry = own, .redirects = 2);

    if (code == PROMC_ERROR_REFUSED) {
        assert_non_null(strstr(promc_last_error()->message, "307"));
        code = PROMC_OK;
    }
    return arrived(&nearby, before, 3, code);
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

static int remote_write_native(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);

    CALMLY(define_everything(own));
    return arrived(&web, before, 1,
                   promc_remote_write(web.url, .registry = own, .native_histograms = true));
}

/* The answer is there, or what was given for it is as it was made. */
static int http_send(promc_registry *own)
{
    unsigned before = atomic_load(&web.complete);
    promc_text answer = {"x", 1};
    int status = -1, code;

    (void)own;
    code = promc_http_send(web.url, .body = "hello hello hello", .gzip = true, .headers = key,
                           .user = "u", .password = "p", .status = &status, .answer = &answer);
    if (code == PROMC_OK) {
        assert_int_equal(status, 200);
        assert_string_equal(answer.data, "ok");
        promc_text_free(&answer);
    }
    assert_null(answer.data);
    return arrived(&web, before, 1, code);
}

/* Of which there is nothing to be kept but its end. */
static int http_send_for_nothing(promc_registry *own)
{
    promc_text answer;
    int code = promc_http_send(silent.url, .method = "GET", .answer = &answer);

    (void)own;
    if (code == PROMC_OK)
        assert_string_equal(answer.data, "");
    promc_text_free(&answer);
    return code;
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
    SCENARIO(push),         SCENARIO(push_gzip),   SCENARIO(pushadd),
    SCENARIO(delete_group), SCENARIO(redirected),  SCENARIO(redirected_nearby),
    SCENARIO(refused_push), SCENARIO(unix_push),   SCENARIO(graphite),
    SCENARIO(graphite_paths), SCENARIO(remote_write), SCENARIO(remote_write_native),
    SCENARIO(http_send),    SCENARIO(http_send_for_nothing),
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
        !responder_start(&nearby, "HTTP/1.1 307 Temporary Redirect\r\nLocation: x/../y?z\r\n"
                                  "Content-Length: 0\r\n\r\n") ||
        !responder_start(&silent, "HTTP/1.1 204 No Content\r\n\r\n") ||
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
    responder_stop(&nearby);
    responder_stop(&silent);
    return failed;
}
