/* SPDX-License-Identifier: Apache-2.0 */
/* What Alertmanager would refuse is refused here, before a good alert has been sent. */
#ifndef PROMC_ALERTS_ALERT_CHECK_H
#define PROMC_ALERTS_ALERT_CHECK_H

#include <promc/alerts.h>

/* `utf8_names`: label names may be any UTF-8. PROMC_OK; PROMC_ERROR_LABELS, PROMC_ERROR_ARGUMENT:
 * the message says which alert and why. */
int promc__alerts_check(const promc_alert *alerts, size_t count, bool utf8_names);

#endif
