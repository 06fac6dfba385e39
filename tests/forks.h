/* SPDX-License-Identifier: Apache-2.0 */
/* Forks of programs with threads are beyond some tools. Include after cmocka.h. */
#ifndef FORKS_H
#define FORKS_H

#include <stdlib.h>
#include <string.h>

/* qemu's user mode (7.2) aborts in the child, in code of its own. To valgrind, what a thread of the
 * parent was about to free is lost in the child. */
static inline void skip_without_forks(void)
{
    const char *run = getenv("RUN");

    if (run && (strstr(run, "qemu") || strstr(run, "valgrind")))
        skip();
}

#endif
