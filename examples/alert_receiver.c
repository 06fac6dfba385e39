/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands where Prometheus expects an Alertmanager, and prints what comes:
 *
 *     alerting:
 *       alertmanagers: [{static_configs: [{targets: ["localhost:9093"]}]}]
 *
 * alert_receiver [PORT [SECONDS]]
 */
#define _POSIX_C_SOURCE 200809L
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_time(const char *what, struct timespec time)
{
    char text[32] = "";
    struct tm utc;

    if (time.tv_sec != 0 && gmtime_r(&time.tv_sec, &utc) &&
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
        printf("  %s %s\n", what, text);
}

static void print_labels(const char *what, const promc_label *labels)
{
    for (; labels->name; labels++)
        printf("  %s %s = %s\n", what, labels->name, labels->value);
}

static int on_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < count; i++) {
        const char *name = promc_label_value(alerts[i].labels, "alertname");

        printf("%s %s\n", alerts[i].status == PROMC_ALERT_FIRING ? "firing" : "resolved",
               name ? name : "(no name)");
        print_labels("label", alerts[i].labels);
        print_labels("annotation", alerts[i].annotations);
        print_time("since", alerts[i].starts_at);
        print_time("until", alerts[i].ends_at);
        printf("  from %s\n", alerts[i].generator_url);
    }
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 9093;
    int left = argc > 2 ? atoi(argv[2]) : -1; /* seconds; -1: for ever */
    promc_http_server *server = promc_start_http_server(port, .address = "127.0.0.1");

    if (!server || promc_http_server_on_alerts(server, "/api/v2/alerts", on_alerts, NULL)) {
        fprintf(stderr, "alert_receiver: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d\n", promc_http_server_port(server));
    fflush(stdout);
    while (left-- != 0)
        sleep(1);
    promc_http_server_stop(server);
    return 0;
}
