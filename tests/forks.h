/* SPDX-License-Identifier: Apache-2.0 */
/* Forks of programs with threads are beyond some emulators. Include after cmocka.h. */
#ifndef FORKS_H
#define FORKS_H

#include <stdlib.h>
#include <string.h>

/* qemu's user mode (7.2) aborts in the child, in code of its own. */
static inline void skip_without_forks(void)
{
    const char *emulator = getenv("RUN");

    if (emulator && strstr(emulator, "qemu"))
        skip();
}

#endif
