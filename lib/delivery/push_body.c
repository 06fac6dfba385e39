/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/push_body.h"

#include "base/error.h"
#include "exposition/gzip.h"
#include "exposition/scrape.h"

enum { BODY_PIECE = 32 * 1024 };

static int plain_body(promc__buffer *out, promc__scrape *scrape)
{
    int more = 1;

    while (more == 1)
        more = promc__scrape_read(scrape, out, BODY_PIECE);
    return more;
}

static int packed_body(promc__buffer *out, promc__scrape *scrape)
{
    promc__gzip *gzip = promc__gzip_new();
    promc__buffer piece = PROMC__BUFFER(0);
    int more = gzip ? 1 : promc_last_error()->code;

    while (more == 1) {
        piece.size = 0;
        more = promc__scrape_read(scrape, &piece, BODY_PIECE);
        if (more >= 0)
            promc__gzip_write(gzip, out, piece.data, piece.size);
    }
    if (more == PROMC_OK && promc__gzip_finish(gzip, out) != PROMC_OK)
        more = promc__fail_memory("Pushgateway");
    promc__buffer_free(&piece);
    promc__gzip_free(gzip);
    return more;
}

int promc__push_body(promc__buffer *out, promc_registry *registry, bool gzip)
{
    promc__scrape *scrape = promc__scrape_open(registry, PROMC_FORMAT_TEXT);
    int status;

    if (!scrape)
        return promc_last_error()->code;
    status = gzip ? packed_body(out, scrape) : plain_body(out, scrape);
    promc__scrape_close(scrape);
    return status;
}
