/* SPDX-License-Identifier: Apache-2.0 */
/* How much is tried where trying more could always find more. */
#ifndef PROMC_TESTS_EFFORT_H
#define PROMC_TESTS_EFFORT_H

#include <stdlib.h>

/* EFFORT in the environment is in per cent: 10 is for slow builds (sanitizers, emulators) of what
 * another build has tried in full, 10000 for a night. */
static inline size_t effort(size_t usual)
{
    const char *text = getenv("EFFORT");
    double percent = text ? strtod(text, NULL) : 100, wanted = (double)usual * percent / 100;

    return wanted > 1 ? (size_t)wanted : 1;
}

#endif
