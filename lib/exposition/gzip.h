/* SPDX-License-Identifier: Apache-2.0 */
/* Compression as gzip (RFC 1952), made for text whose lines resemble each other. */
#ifndef PROMC_EXPOSITION_GZIP_H
#define PROMC_EXPOSITION_GZIP_H

#include "base/buffer.h"

typedef struct promc__gzip promc__gzip;

/* All memory a stream ever needs, about 115 KiB. NULL (and the last error): out of memory. */
promc__gzip *promc__gzip_new(void);
/* NULL is fine. */
void promc__gzip_free(promc__gzip *gzip);

/*
 * Compresses `data` and appends what can be said already to `out`, which may be nothing. The bytes
 * do not depend on how the data is cut. PROMC_OK, or the error of `out`: the stream is useless
 * then.
 */
int promc__gzip_write(promc__gzip *gzip, promc__buffer *out, const void *data, size_t size);
/* Appends the rest. The stream is at most size / 1024 + 32 bytes longer than its data. */
int promc__gzip_finish(promc__gzip *gzip, promc__buffer *out);

#endif
