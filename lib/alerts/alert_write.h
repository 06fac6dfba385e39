/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as the JSON that Alertmanager's API v2 takes (api/v2/openapi.yaml: postableAlerts). */
#ifndef PROMC_ALERTS_ALERT_WRITE_H
#define PROMC_ALERTS_ALERT_WRITE_H

#include "alerts/json_write.h"

#include <promc/alerts.h>

/* Appends an array of alerts that promc__alerts_check() accepts. `resolve`: they end now at the
 * latest. */
void promc__alerts_write(promc__buffer *out, const promc_alert *alerts, size_t count, bool resolve,
                         struct timespec now);

void promc__json_write_labels(promc__json_writer *writer, const char *key,
                              const promc_label *labels);
/* Nothing if it is not set. */
void promc__json_write_time(promc__json_writer *writer, const char *key, struct timespec time);

#endif
