/* SPDX-License-Identifier: Apache-2.0 */
/* Where failures become the thread's last error. */
#ifndef PROMC_BASE_ERROR_H
#define PROMC_BASE_ERROR_H

#include "base/compiler.h"

#include <promc/common.h>

/* Sets the thread's last error, tells the handler, and gives `code` (evaluated twice), so that
 * compilers and analysers know what a failure returns. */
#define promc__fail(code, ...) (promc__set_error((code), __VA_ARGS__), promc__same_code(code))
void promc__set_error(int code, const char *format, ...) PROMC__PRINTF(2, 3);

/* The same for the error that errno holds, appended to the message. */
#define promc__fail_errno(...)                                                                     \
    (promc__set_system_error(__VA_ARGS__), promc__same_code(PROMC_ERROR_SYSTEM))
void promc__set_system_error(const char *format, ...) PROMC__PRINTF(1, 2);

static inline int promc__same_code(int code)
{
    return code;
}

/* The same for refused memory; `what` names the metric or thing that was not made. */
static inline int promc__fail_memory(const char *what)
{
    return promc__fail(PROMC_ERROR_NO_MEMORY, "%s: out of memory", what);
}

/* Counts a mishap that an update or a scrape cannot report. */
void promc__count_mishap(promc_mishap which);

#endif
