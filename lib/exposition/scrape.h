/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scrape in progress: pulls the exposition of a registry piece by piece, so that a slow reader
 * holds up nobody and memory does not grow with the number of series.
 */
#ifndef PROMC_EXPOSITION_SCRAPE_H
#define PROMC_EXPOSITION_SCRAPE_H

#include "exposition/encoder.h"

typedef struct promc__scrape promc__scrape;

/* NULL (and the last error): out of memory, or PROMC_UNREGISTERED. `registry` NULL: the default one. */
promc__scrape *promc__scrape_open(promc_registry *registry, promc_format format);
/* The same with the format's encoding. */
promc__scrape *promc__scrape_with(promc_registry *registry, promc_format format,
                                  const promc__encoding *encoding);

/*
 * Appends the next piece, about `want` bytes (a little more, or less at the end), to `out`.
 * Returns 1: there is more; 0: that was all; a negative code (and the last error): failed, what was
 * written so far is not a whole exposition.
 */
int promc__scrape_read(promc__scrape *scrape, promc__buffer *out, size_t want);

/* Also in the middle. NULL is fine. */
void promc__scrape_close(promc__scrape *scrape);

#endif
