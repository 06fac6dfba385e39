/* SPDX-License-Identifier: Apache-2.0 */
/* Whole expositions: to a sink, into memory. */
#include "base/error.h"
#include "base/memory.h"
#include "exposition/scrape.h"

#define EXPOSE_PIECE ((size_t)32 << 10)

int promc_expose(promc_registry *registry, promc_format format, promc_sink sink, void *arg)
{
    promc__buffer piece = PROMC__BUFFER(0);
    promc__scrape *scrape;
    int more = 1, refused = 0;

    if (!sink)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_expose: there is no sink");
    if (promc__format_check(format, "promc_expose") != PROMC_OK)
        return PROMC_ERROR_UNSUPPORTED;
    scrape = promc__scrape_open(registry, format);
    if (!scrape)
        return promc_last_error()->code;
    while (more == 1 && !refused) {
        piece.size = 0;
        more = promc__scrape_read(scrape, &piece, EXPOSE_PIECE);
        if (more >= 0 && piece.size)
            refused = sink(piece.data, piece.size, arg);
    }
    promc__scrape_close(scrape);
    promc__buffer_free(&piece);
    if (refused)
        return promc__fail(PROMC_ERROR_SINK, "promc_expose: the sink returned %d", refused);
    return more;
}

int promc_generate_latest(promc_registry *registry, promc_text *text)
{
    promc__buffer buffer = PROMC__BUFFER(0);
    promc__scrape *scrape;
    int more = 1;

    if (!text)
        return promc__fail(PROMC_ERROR_ARGUMENT, "promc_generate_latest: text is NULL");
    *text = (promc_text){0};
    scrape = promc__scrape_with(registry, PROMC_FORMAT_TEXT, &promc__text_encoding);
    if (!scrape)
        return promc_last_error()->code;
    while (more == 1)
        more = promc__scrape_read(scrape, &buffer, EXPOSE_PIECE);
    promc__scrape_close(scrape);
    if (more == PROMC_OK) {
        promc__buffer_append(&buffer, "", 1);
        if (buffer.error)
            more = promc__fail_memory("promc_generate_latest");
    }
    if (more != PROMC_OK) {
        promc__buffer_free(&buffer);
        return more;
    }
    text->size = buffer.size - 1;
    text->data = promc__buffer_take(&buffer);
    return PROMC_OK;
}

void promc_text_free(promc_text *text)
{
    if (!text)
        return;
    promc__free(text->data);
    *text = (promc_text){0};
}
