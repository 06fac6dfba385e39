/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compression as gzip: byte 0 chooses the pieces, byte 1 how often what follows is repeated, so
 * that long inputs need no large files. A decoder that shares nothing with the library gets the
 * data back; the stream does not depend on the pieces and is no longer than promised.
 */
#include "fuzz.h"

#include "exposition/gzip.h"
#include "inflate.h"

enum { TEXT_MAX = 40000 }; /* more than a window */

static unsigned repetitions(size_t size, unsigned wanted)
{
    unsigned most = size ? (unsigned)(TEXT_MAX / size) : 0;

    return 1 + (wanted < most ? wanted : most);
}

/* Repetitions differ a little from each other, as the lines of an exposition do. */
static size_t repeat(char *out, const uint8_t *data, size_t size, unsigned times)
{
    size_t at = 0;

    for (unsigned i = 0; i < times; i++) {
        memcpy(out + at, data, size);
        if (size)
            out[at + i * 7 % size] = (char)(out[at + i * 7 % size] + (char)i);
        at += size;
    }
    return at;
}

static int compress(promc__buffer *out, const char *data, size_t size, struct pieces pieces)
{
    promc__gzip *gzip = promc__gzip_new();
    int status = gzip ? PROMC_OK : PROMC_ERROR_NO_MEMORY;

    while (size && status == PROMC_OK) {
        size_t piece = next_piece(&pieces, size);
        char *exact = test_copy(data, piece);

        status = promc__gzip_write(gzip, out, exact, piece);
        free(exact);
        data += piece;
        size -= piece;
    }
    if (status == PROMC_OK)
        status = promc__gzip_finish(gzip, out);
    promc__gzip_free(gzip);
    return status;
}

static void check_stream(const promc__buffer *stream, const char *data, size_t size)
{
    char *back = test_memory(size), *exact = test_copy(stream->data, stream->size);
    struct inflate inflate;

    require(stream->size <= inflate_bound(size));
    require(inflate_gzip(&inflate, exact, stream->size, back, size) == 0);
    require(inflate.out_at == size && memcmp(back, data, size) == 0);
    free(exact);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    uint8_t seed = choose_byte(&choices);
    unsigned chosen = choose_byte(&choices);
    unsigned times = repetitions(choices.left, chosen % 4 == 3 ? chosen / 4 : 0);
    char *text = test_memory(choices.left * times);
    size_t text_size = repeat(text, choices.at, choices.left, times);
    promc__buffer whole = PROMC__BUFFER(0), pieces = PROMC__BUFFER(0);

    script_memory();
    require(compress(&whole, text, text_size, pieces_of(0)) == PROMC_OK);
    check_stream(&whole, text, text_size);
    require(compress(&pieces, text, text_size, pieces_of(seed ? seed : 1)) == PROMC_OK);
    require(whole.size == pieces.size && memcmp(whole.data, pieces.data, whole.size) == 0);
    promc__buffer_free(&pieces);

    refuse_memory_after(chosen % 8);
    require((compress(&pieces, text, text_size, pieces_of(seed)) == PROMC_OK) == !grant_memory());
    promc__buffer_free(&pieces);
    promc__buffer_free(&whole);
    free(text);
    return 0;
}
