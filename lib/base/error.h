/* SPDX-License-Identifier: Apache-2.0 */
/* Where failures become the thread's last error. */
#ifndef PROMC_BASE_ERROR_H
#define PROMC_BASE_ERROR_H

#include "base/compiler.h"

#include <promc/common.h>

/* Sets the thread's last error, tells the handler, and returns `code`. */
int promc__fail(int code, const char *format, ...) PROMC__PRINTF(2, 3);

/* The same for refused memory; `what` names the metric or thing that was not made. */
int promc__fail_memory(const char *what);

/* The same for the error that errno holds, appended to the message. */
int promc__fail_errno(const char *format, ...) PROMC__PRINTF(1, 2);

/* Counts a mishap that an update or a scrape cannot report. */
void promc__count_mishap(promc_mishap which);

#endif
