/* SPDX-License-Identifier: Apache-2.0 */
/* Times as Alertmanager's API has them: RFC 3339, nanoseconds, year 1 for "not set". */
#ifndef PROMC_ALERTS_RFC3339_H
#define PROMC_ALERTS_RFC3339_H

#include "base/buffer.h"

#include <stdbool.h>
#include <time.h>

/* Reads a whole text. The first second of year 1, Go's zero time, gives all zero; what time_t
 * cannot hold, its limit. */
bool promc__time_read(const char *text, struct timespec *time);

/* Appends it in UTC, without zeroes at the end. For times that promc__time_valid() accepts. */
void promc__time_write(promc__buffer *out, struct timespec time);

/* Whether the nanoseconds are and the year has four digits. */
bool promc__time_valid(struct timespec time);

/* Not all zero. */
bool promc__time_is_set(struct timespec time);

/* Negative, 0 or positive, as strcmp(). */
int promc__time_compare(struct timespec a, struct timespec b);

struct timespec promc__time_now(void);

/* So many seconds (0 to 1e10) later, at most the year 9999. */
struct timespec promc__time_later(struct timespec time, double seconds);

#endif
