/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes Alertmanager's webhook (webhook_configs: [{url: "http://localhost:8060/send/"}]) and tells a
 * chat robot in Markdown. Robots want https, so curl does the talking.
 * webhook_relay URL_OF_THE_ROBOT [PORT [SECONDS]]
 */
#include <promc/promc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void put_line(FILE *out, const char *what, const char *value)
{
    if (value)
        fprintf(out, "- **%s**: %s\n", what, value);
}

static const char *local_time(struct timespec time, char *text, size_t size)
{
    struct tm local;

    return time.tv_sec != 0 && localtime_r(&time.tv_sec, &local) &&
                   strftime(text, size, "%Y-%m-%d %H:%M:%S", &local)
               ? text
               : NULL;
}

static void put_alert(FILE *out, const promc_alert *alert, const char *alertmanager)
{
    const char *name = promc_label_value(alert->labels, "alertname");
    char time[32];

    name = name ? name : "";
    fprintf(out, "### %s %s\n", alert->status == PROMC_ALERT_FIRING ? "🔥 告警" : "✅ 恢复", name);
    put_line(out, "级别", promc_label_value(alert->labels, "severity"));
    put_line(out, "开始时间", local_time(alert->starts_at, time, sizeof(time)));
    if (alert->status == PROMC_ALERT_RESOLVED)
        put_line(out, "结束时间", local_time(alert->ends_at, time, sizeof(time)));
    put_line(out, "实例", promc_label_value(alert->labels, "instance"));
    put_line(out, "摘要", promc_label_value(alert->annotations, "summary"));
    put_line(out, "描述", promc_label_value(alert->annotations, "description"));
    fprintf(out, "- [静默](%s/#/silences/new?filter=%%7Balertname%%3D%%22", alertmanager);
    for (; *name; name++)
        fprintf(out, "%%%02X", (unsigned char)*name);
    fputs("%22%7D)\n\n", out);
}

static void put_json(FILE *out, const char *text)
{
    for (; *text; text++)
        fprintf(out, (unsigned char)*text < ' ' || *text == '"' || *text == '\\' ? "\\u%04x" : "%c",
                (unsigned char)*text);
}

static int on_notification(const promc_notification *message, void *arg)
{
    char *text = NULL;
    size_t size;
    FILE *markdown = open_memstream(&text, &size), *robot;

    (void)arg;
    for (size_t i = 0; markdown && i < message->alert_count; i++)
        put_alert(markdown, &message->alerts[i], message->external_url);
    if (!markdown || fclose(markdown) != 0)
        return -1;
    robot = popen("curl -fsS -m 5 -o /dev/null -H 'Content-Type: application/json' "
                  "--data-binary @- \"$ROBOT\"", "w");
    if (robot) {
        fputs("{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"", robot);
        put_json(robot, message->status == PROMC_ALERT_FIRING ? "告警: " : "恢复: ");
        put_json(robot, message->group_key);
        fputs("\",\"text\":\"", robot);
        put_json(robot, text);
        fputs("\"}}", robot);
    }
    free(text);
    return robot && pclose(robot) == 0 ? 0 : -1; /* -1: Alertmanager tries again */
}

int main(int argc, char **argv)
{
    promc_http_server *server = promc_start_http_server(argc > 2 ? atoi(argv[2]) : 8060);
    int left = argc > 3 ? atoi(argv[3]) : -1; /* seconds; -1: for ever */

    signal(SIGPIPE, SIG_IGN); /* curl may end early */
    if (argc < 2 || setenv("ROBOT", argv[1], 1) != 0 ||
        promc_http_server_on_notification(server, "/send/", on_notification, NULL) != PROMC_OK) {
        fprintf(stderr, "usage: webhook_relay URL; %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d/send/\n", promc_http_server_port(server));
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
