/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snappy blocks: byte 0 chooses how often the rest is repeated. A decoder written from the format
 * description (google/snappy: format_description.txt) gets the data back.
 */
#include "fuzz.h"

#include "delivery/snappy.h"

enum { TEXT_MAX = 150000 }; /* more than two blocks */

struct stream {
    const unsigned char *at, *end;
};

static size_t little_endian(struct stream *in, unsigned bytes)
{
    size_t value = 0;

    require(bytes <= (size_t)(in->end - in->at));
    for (unsigned i = 0; i < bytes; i++)
        value |= (size_t)*in->at++ << 8 * i;
    return value;
}

static size_t varint(struct stream *in)
{
    size_t value = 0, byte;
    unsigned shift = 0;

    do {
        byte = little_endian(in, 1);
        value |= (byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static size_t element(struct stream *in, unsigned char *out, size_t have, size_t size)
{
    size_t tag = little_endian(in, 1), length, offset;

    switch (tag & 3) {
    case 0:
        length = tag >> 2;
        length = 1 + (length < 60 ? length : little_endian(in, (unsigned)length - 59));
        require(length <= (size_t)(in->end - in->at) && length <= size - have);
        memcpy(out + have, in->at, length);
        in->at += length;
        return length;
    case 1:
        length = 4 + (tag >> 2 & 7);
        offset = (tag >> 5) << 8 | little_endian(in, 1);
        break;
    default:
        length = 1 + (tag >> 2);
        offset = little_endian(in, (tag & 3) == 2 ? 2 : 4);
    }
    require(offset && offset <= have && length <= size - have);
    for (size_t i = 0; i < length; i++)
        out[have + i] = out[have + i - offset];
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    unsigned times = choose_byte(&choices);
    size_t wanted = choices.left * (times ? times : 1), have = 0;
    size_t text_size = wanted < TEXT_MAX ? wanted : TEXT_MAX;
    char *text = test_memory(text_size);
    unsigned char *back = test_memory(text_size);
    promc__buffer out = PROMC__BUFFER(0);
    struct stream in;

    script_memory();
    for (size_t i = 0; i < text_size; i++)
        text[i] = (char)(choices.at[i % choices.left] + i / choices.left % 3);
    promc__snappy(&out, text, text_size);
    require(!out.error);
    /* snappy::MaxCompressedLength */
    require(out.size <= 32 + text_size + text_size / 6);
    in = (struct stream){(unsigned char *)out.data, (unsigned char *)out.data + out.size};
    require(varint(&in) == text_size);
    while (in.at < in.end)
        have += element(&in, back, have, text_size);
    require(have == text_size && memcmp(back, text, text_size) == 0);
    promc__buffer_free(&out);

    refuse_memory_after(times % 4);
    promc__snappy(&out, text, text_size);
    require(grant_memory() == (out.error == PROMC_ERROR_NO_MEMORY));
    promc__buffer_free(&out);
    free(back);
    free(text);
    return 0;
}
