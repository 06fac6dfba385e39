/* SPDX-License-Identifier: Apache-2.0 */
#include "exposition/gzip.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/error.h"
#include "base/memory.h"
#include "exposition/deflate.h"

struct promc__gzip {
    promc__deflate *deflate;
    uint32_t crc, size;
    bool begun;
};

promc__gzip *promc__gzip_new(void)
{
    promc__gzip *gzip = promc__zalloc(sizeof(*gzip));

    if (gzip)
        gzip->deflate = promc__deflate_new();
    if (gzip && gzip->deflate)
        return gzip;
    promc__free(gzip);
    (void)promc__fail_memory("gzip");
    return NULL;
}

void promc__gzip_free(promc__gzip *gzip)
{
    if (!gzip)
        return;
    promc__deflate_free(gzip->deflate);
    promc__free(gzip);
}

static void begin_gzip(promc__gzip *gzip, promc__buffer *out)
{
    /* ID1 ID2, CM deflate, no flags, no time, XFL fastest, OS unknown. */
    static const char head[] = {0x1F, (char)0x8B, 8, 0, 0, 0, 0, 0, 4, (char)0xFF};

    if (!gzip->begun)
        promc__buffer_append(out, head, sizeof(head));
    gzip->begun = true;
}

int promc__gzip_write(promc__gzip *gzip, promc__buffer *out, const void *data, size_t size)
{
    begin_gzip(gzip, out);
    gzip->crc = promc__crc32(gzip->crc, data, size);
    gzip->size += (uint32_t)size;
    promc__deflate_write(gzip->deflate, out, data, size);
    return out->error;
}

int promc__gzip_finish(promc__gzip *gzip, promc__buffer *out)
{
    char tail[8];

    begin_gzip(gzip, out);
    promc__deflate_finish(gzip->deflate, out);
    promc__store32(tail, gzip->crc);
    promc__store32(tail + 4, gzip->size);
    promc__buffer_append(out, tail, sizeof(tail));
    return out->error;
}
