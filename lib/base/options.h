/* SPDX-License-Identifier: Apache-2.0 */
/* Option structs of callers that were compiled with another version of the headers. */
#ifndef PROMC_BASE_OPTIONS_H
#define PROMC_BASE_OPTIONS_H

#include "base/error.h"

#include <stddef.h>
#include <string.h>

/*
 * Copies as much of an option struct as both sides know: what the caller does not know stays at its
 * default, and what only a caller of a newer header knows is not looked at. NULL: all defaults. PROMC_ERROR_ARGUMENT if the caller has not set the size, which every
 * macro does.
 */
static inline int promc__copy_options(void *to, size_t to_size, const void *from, const char *what)
{
    size_t size;

    if (!from)
        return PROMC_OK;
    memcpy(&size, from, sizeof(size)); /* the first member of all of them */
    if (size <= sizeof(size))
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: .size of the options is not set", what);
    memcpy(to, from, size < to_size ? size : to_size);
    return PROMC_OK;
}

#endif
