/* SPDX-License-Identifier: Apache-2.0 */
/* Which content coding a client wants (RFC 9110 12.5.3). */
#ifndef PROMC_HTTP_ENCODING_H
#define PROMC_HTTP_ENCODING_H

#include <stdbool.h>

/*
 * Whether a response should be compressed with gzip, for the value of Accept-Encoding (several
 * headers joined with ","; NULL: there is none): if gzip, x-gzip, or failing these "*" has a weight
 * above 0 that is not below that of identity.
 */
bool promc__accepts_gzip(const char *accept);

#endif
