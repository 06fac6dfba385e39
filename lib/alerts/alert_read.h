/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts from JSON: what Prometheus posts to an Alertmanager (and an Alertmanager lists), and the
 * messages of Alertmanager's webhook (notify/webhook and template.Data of its source). Unknown
 * members are skipped, absent ones become empty. Time is linear in the text but for the labels of
 * one list, whose number is limited, and memory in the number of values.
 */
#ifndef PROMC_ALERTS_ALERT_READ_H
#define PROMC_ALERTS_ALERT_READ_H

#include "alerts/json.h"

#include <promc/alerts.h>

enum { PROMC__RECEIVED_LABELS_MAX = 256 }; /* of one list */

typedef struct promc__received {
    promc_alert *alerts;
    size_t count;
    promc_notification notification; /* of promc__receive_notification() */

    promc__json json;    /* owns the strings */
    promc_label *labels; /* all lists, one behind the other */
    size_t labels_used;
    char reason[200]; /* why it failed */
} promc__received;

/*
 * PROMC_OK: free it with promc__received_free(). Otherwise it needs no freeing: PROMC_ERROR_SYNTAX,
 * PROMC_ERROR_LIMIT, PROMC_ERROR_NO_MEMORY, with the reason. The last error is left alone, because
 * what strangers send is no failure of the host.
 */
int promc__receive_alerts(promc__received *received, const char *text, size_t size,
                          const promc__json_limits *limits, struct timespec now);
int promc__receive_notification(promc__received *received, const char *text, size_t size,
                                const promc__json_limits *limits);
/* From a document that was read already, which is taken over. */
int promc__receive_listed(promc__received *received, promc__json *json, struct timespec now);
void promc__received_free(promc__received *received);

#endif
