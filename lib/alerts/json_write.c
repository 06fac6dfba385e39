/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/json_write.h"

#include "base/utf8.h"

static void json_comma(promc__json_writer *writer)
{
    if (writer->comma)
        promc__buffer_char(writer->out, ',');
    writer->comma = true;
}

void promc__json_open(promc__json_writer *writer, char bracket)
{
    json_comma(writer);
    promc__buffer_char(writer->out, bracket);
    writer->comma = false;
}

void promc__json_close(promc__json_writer *writer, char bracket)
{
    promc__buffer_char(writer->out, bracket);
    writer->comma = true;
}

static void json_hex(promc__buffer *out, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {
        '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};

    promc__buffer_append(out, text, sizeof(text));
}

/* Past U+FFFF as two surrogates. */
static void json_code(promc__buffer *out, uint32_t code_point)
{
    if (code_point > 0xFFFF) {
        json_hex(out, 0xD800 + ((code_point - 0x10000) >> 10));
        json_hex(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
    } else {
        json_hex(out, code_point);
    }
}

static void json_ascii(promc__buffer *out, unsigned char c)
{
    static const char special[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
    const char *at = c ? strchr(special, c) : NULL;

    if (at) {
        promc__buffer_char(out, '\\');
        promc__buffer_char(out, escapes[at - special]);
    } else {
        json_code(out, c);
    }
}

/* Bytes from `text` on that can be copied as they are. */
static size_t json_copyable(const char *text, size_t size)
{
    size_t at = 0;

    while (at < size && (unsigned char)text[at] >= ' ' && (unsigned char)text[at] < 0x7F &&
           text[at] != '"' && text[at] != '\\')
        at++;
    return at;
}

/* One character that is not ASCII, or one invalid byte. Returns how many bytes it took. */
static size_t json_wide(promc__json_writer *writer, const char *text, size_t size)
{
    uint32_t code_point = 0xFFFD;
    size_t length = promc__utf8_decode(text, size, &code_point);

    if (!length)
        code_point = 0xFFFD;
    if (writer->ascii)
        json_code(writer->out, code_point);
    else if (length)
        promc__buffer_append(writer->out, text, length);
    else
        promc__buffer_string(writer->out, "\xEF\xBF\xBD");
    return length ? length : 1;
}

void promc__json_write_string(promc__json_writer *writer, const char *text, size_t size)
{
    json_comma(writer);
    promc__buffer_char(writer->out, '"');
    for (size_t at = 0; at < size;) {
        size_t plain = json_copyable(text + at, size - at);

        promc__buffer_append(writer->out, text + at, plain);
        at += plain;
        if (at == size)
            break;
        if ((unsigned char)text[at] < 0x80)
            json_ascii(writer->out, (unsigned char)text[at++]);
        else
            at += json_wide(writer, text + at, size - at);
    }
    promc__buffer_char(writer->out, '"');
}

void promc__json_write_key(promc__json_writer *writer, const char *key)
{
    promc__json_write_string(writer, key, strlen(key));
    promc__buffer_char(writer->out, ':');
    writer->comma = false;
}

void promc__json_write_raw(promc__json_writer *writer, const char *text)
{
    json_comma(writer);
    promc__buffer_string(writer->out, text);
}
