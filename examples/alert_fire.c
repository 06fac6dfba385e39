/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells an Alertmanager that a host is down, without a rule and without Prometheus. The alert ends
 * by itself after some minutes unless it is sent again; alert_resolve ends it at once. alert_fire
 * [URL [INSTANCE]]
 */
#include <promc/promc.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "http://localhost:9093";
    const char *instance = argc > 2 ? argv[2] : "192.168.82.105:9100";
    char summary[256];
    promc_alert down = {
        .labels = PROMC_PAIRS({"alertname", "HostDown"}, {"severity", "critical"},
                              {"instance", instance}),
        .annotations = PROMC_PAIRS({"summary", summary}, {"description", "主机超过一分钟没有响应"}),
        .generator_url = "http://localhost:9090/graph?g0.expr=up%20%3D%3D%200",
    };

    snprintf(summary, sizeof(summary), "%s 服务器宕机", instance);
    timespec_get(&down.starts_at, TIME_UTC);
    if (promc_alertmanager_send(url, &down, 1) != PROMC_OK) {
        fprintf(stderr, "alert_fire: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("firing: %s\n", summary);
    return 0;
}
