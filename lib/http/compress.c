/* SPDX-License-Identifier: Apache-2.0 */
#include "http/compress.h"

#include "base/error.h"
#include "base/memory.h"
#include "exposition/gzip.h"

/* A piece of output is made of at most so much input, or the server would be away for too long; and
 * it should not be smaller than that while there is more input, or each would be a packet. */
enum { PLAIN_PIECE = 32 * 1024, PLAIN_MAX = 512 * 1024, PACKED_MIN = 16 * 1024 };

typedef struct gzip_source {
    promc__source plain;
    promc__buffer piece;
    promc__gzip *gzip;
} gzip_source;

static int gzip_source_read(void *state, promc__buffer *out, size_t want)
{
    gzip_source *source = state;
    size_t begin = out->size, plain = 0;
    size_t enough = want < PACKED_MIN ? want : PACKED_MIN;
    int status = 1;

    while (status > 0 && out->size - begin < enough && plain < PLAIN_MAX) {
        int written = PROMC_OK;

        source->piece.size = 0;
        status = source->plain.read(source->plain.state, &source->piece, PLAIN_PIECE);
        if (status < 0)
            return status;
        plain += source->piece.size ? source->piece.size : 1;
        if (source->piece.size)
            written = promc__gzip_write(source->gzip, out, source->piece.data, source->piece.size);
        if (written == PROMC_OK && status == 0)
            written = promc__gzip_finish(source->gzip, out);
        if (written != PROMC_OK)
            return promc__fail_memory("compression");
    }
    return status;
}

static void gzip_source_close(void *state)
{
    gzip_source *source = state;

    promc__source_close(&source->plain);
    promc__buffer_free(&source->piece);
    promc__gzip_free(source->gzip);
    promc__free(source);
}

int promc__compress_source(promc__source *source)
{
    gzip_source *around = promc__zalloc(sizeof(*around));

    if (!around)
        return promc__fail_memory("compression");
    around->gzip = promc__gzip_new();
    if (!around->gzip) {
        promc__free(around);
        return promc_last_error()->code;
    }
    around->plain = *source;
    *source = (promc__source){gzip_source_read, gzip_source_close, around};
    return PROMC_OK;
}
