/* SPDX-License-Identifier: Apache-2.0 */
/* The content coding gzip, as a source that reads from another one. */
#ifndef PROMC_HTTP_COMPRESS_H
#define PROMC_HTTP_COMPRESS_H

#include "http/source.h"

/* Puts itself before what `source` was, which is closed with it. PROMC_OK, or
 * PROMC_ERROR_NO_MEMORY (and the last error): `source` is as it was. */
int promc__compress_source(promc__source *source);

#endif
