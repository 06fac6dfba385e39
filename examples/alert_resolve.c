/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells an Alertmanager that what alert_fire said is over: the same labels, which are what an alert
 * is known by. (Sending "status": "resolved", as one reads here and there, does nothing.)
 * alert_resolve [URL [INSTANCE]]
 */
#include <promc/promc.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "http://localhost:9093";
    const char *instance = argc > 2 ? argv[2] : "192.168.82.105:9100";
    char summary[256];
    promc_alert up = {
        .labels = PROMC_PAIRS({"alertname", "HostDown"}, {"severity", "critical"},
                              {"instance", instance}),
        .annotations = PROMC_PAIRS({"summary", summary}),
    };

    snprintf(summary, sizeof(summary), "%s 服务器恢复", instance);
    if (promc_alertmanager_resolve(url, &up, 1) != PROMC_OK) {
        fprintf(stderr, "alert_resolve: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("resolved: %s\n", summary);
    return 0;
}
