/* SPDX-License-Identifier: Apache-2.0 */
/* Takes Alertmanager's webhook (webhook_configs: [{url: "http://localhost:8060/send/"}]) and tells
 * a chat robot in Markdown; robots want https, so curl does that. webhook_relay ROBOT_URL [PORT] */
#include <promc/promc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

    strftime(text, sizeof(text), "%F %T", localtime(&time.tv_sec));
    put_line(robot, what, time.tv_sec != 0 ? text : NULL);
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
    fprintf(robot, "- [静默](%s/#/silences/new?filter=%%7Balertname%%3D%%22", alertmanager);
    for (; name && *name; name++)
        fprintf(robot, "%%%02X", (unsigned char)*name);
    put(robot, "%22%7D)\n\n");
}

static int on_notification(const promc_notification *message, void *curl)
{
    FILE *robot = popen(curl, "w");

    if (!robot)
        return -1;
    fprintf(robot, "{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"%s\",\"text\":\"",
            message->status == PROMC_ALERT_FIRING ? "告警" : "恢复");
    for (size_t i = 0; i < message->alert_count; i++)
        put_alert(robot, &message->alerts[i], message->external_url);
    fputs("\"}}", robot);
    return pclose(robot) == 0 ? 0 : -1; /* -1: Alertmanager tries again */
}

int main(int argc, char **argv)
{
    static char curl[] = "curl -fsS -m 5 -o /dev/null -H 'Content-Type: application/json' "
                         "--data-binary @- \"$ROBOT\"";
    promc_http_server *server = promc_http_server_open(argc > 2 ? atoi(argv[2]) : 8060);

    signal(SIGPIPE, SIG_IGN); /* curl may end early */
    if (argc < 2 || setenv("ROBOT", argv[1], 1) != 0 ||
        promc_http_server_on_notification(server, "/send/", on_notification, curl) != PROMC_OK)
        return fprintf(stderr, "webhook_relay ROBOT_URL: %s\n", promc_last_error()->message), 1;
    printf("listening on http://127.0.0.1:%d/send/\n", promc_http_server_port(server));
    fflush(stdout);
    while (promc_http_server_step(server, -1) >= 0)
        ;
    return 1;
}
