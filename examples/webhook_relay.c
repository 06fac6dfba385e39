/* SPDX-License-Identifier: Apache-2.0 */
/* Takes Alertmanager's webhook (webhook_configs: [{url: "http://localhost:8060/send/"}]) and tells
 * a chat robot in Markdown. One behind https is told with .transport, as in tls_client.c, or through
 * a proxy that speaks TLS.
 *
 * The robot is told while Alertmanager waits, so that Alertmanager tries again what the robot did
 * not take. The server has one thread, so a scrape may have to wait for a silent robot, as long as
 * TIMEOUT: less than Prometheus's scrape_timeout (10 seconds). A server that does more than this
 * hands messages to a thread of its own. webhook_relay ROBOT_URL [PORT [SECONDS]] */
#define _POSIX_C_SOURCE 200809L
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT = 5 };

static void put(FILE *robot, const char *text) /* into a JSON string */
{
    for (; *text; text++)
        fprintf(robot, (unsigned char)*text < ' ' || strchr("\"\\", *text) ? "\\u%04x" : "%c",
                (unsigned char)*text);
}

static void put_line(FILE *robot, const char *what, const char *value)
{
    put(robot, what);
    put(robot, value ? value : "-");
    put(robot, "\n");
}

static void put_time(FILE *robot, const char *what, struct timespec time)
{
    char text[32];
    struct tm local;
    bool set = time.tv_sec != 0 && localtime_r(&time.tv_sec, &local) &&
               strftime(text, sizeof(text), "%F %T", &local) > 0;

    put_line(robot, what, set ? text : NULL);
}

static void put_alert(FILE *robot, const promc_alert *alert, const char *alertmanager)
{
    const char *name = promc_label_value(alert->labels, "alertname");

    put_line(robot, alert->status == PROMC_ALERT_FIRING ? "### 🔥 告警 " : "### ✅ 恢复 ", name);
    put_line(robot, "- **级别**: ", promc_label_value(alert->labels, "severity"));
    put_time(robot, "- **开始时间**: ", alert->starts_at);
    put_time(robot, "- **结束时间**: ", alert->ends_at);
    put_line(robot, "- **实例**: ", promc_label_value(alert->labels, "instance"));
    put_line(robot, "- **摘要**: ", promc_label_value(alert->annotations, "summary"));
    put_line(robot, "- **描述**: ", promc_label_value(alert->annotations, "description"));
    put(robot, "- [静默](");
    put(robot, alertmanager);
    put(robot, "/#/silences/new?filter=%7Balertname%3D%22");
    for (; name && *name; name++)
        fprintf(robot, "%%%02X", (unsigned char)*name);
    put(robot, "%22%7D)\n\n");
}

static int on_notification(const promc_notification *message, void *url)
{
    char *json = NULL;
    size_t size = 0;
    FILE *robot = open_memstream(&json, &size);
    int code;

    if (!robot)
        return -1;
    fprintf(robot, "{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"%s\",\"text\":\"",
            message->status == PROMC_ALERT_FIRING ? "告警" : "恢复");
    for (size_t i = 0; i < message->alert_count; i++)
        put_alert(robot, &message->alerts[i], message->external_url);
    fputs("\"}}", robot);
    if (fclose(robot) != 0)
        return free(json), -1;
    code = promc_http_send(url, .body = json, .body_size = size, .timeout = TIMEOUT,
                           .headers = PROMC_PAIRS({"Content-Type", "application/json"}));
    if (code != PROMC_OK)
        fprintf(stderr, "webhook_relay: %s\n", promc_last_error()->message);
    free(json);
    return code; /* if it is negative, Alertmanager tries again */
}

int main(int argc, char **argv)
{
    time_t end = argc > 3 ? time(NULL) + atoi(argv[3]) : 0; /* 0: never */
    promc_http_server *server;

    if (argc < 2)
        return fprintf(stderr, "usage: webhook_relay ROBOT_URL [PORT [SECONDS]]\n"), 2;
    server = promc_http_server_open(argc > 2 ? atoi(argv[2]) : 8060);
    if (!server ||
        promc_http_server_on_notification(server, "/send/", on_notification, argv[1]) != PROMC_OK)
        return fprintf(stderr, "webhook_relay: %s\n", promc_last_error()->message), 1;
    printf("listening on http://127.0.0.1:%d/send/\n", promc_http_server_port(server));
    fflush(stdout);
    while ((!end || time(NULL) < end) && promc_http_server_step(server, end ? 1000 : -1) >= -1)
        ;
    promc_http_server_stop(server);
    return 0;
}
