/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reply.h"

#include <promc/common.h>

void promc__reply_begin(promc__reply *reply, bool to_head, size_t limit)
{
    *reply = (promc__reply){.to_head = to_head, .limit = limit};
}

void promc__reply_free(promc__reply *reply)
{
    promc__buffer_free(&reply->text);
    promc__buffer_free(&reply->content);
}

static promc__parsed bad_reply(promc__reply *reply, int error, const char *reason)
{
    reply->error = error;
    reply->reason = reason;
    return PROMC__BAD;
}

static promc__parsed malformed(promc__reply *reply, const char *reason)
{
    return bad_reply(reply, PROMC_ERROR_SYNTAX, reason);
}

/* ---- the head -------------------------------------------------------------------------------- */

/* HTTP/1.x SP status [SP reason] */
static promc__parsed status_line(promc__reply *reply)
{
    const char *line = reply->text.data;
    const char *end = memchr(line, '\r', reply->text.size); /* every line has one: head_byte() */
    size_t size = (size_t)(end - line);
    int status = 0;

    if (size < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
        line[8] != ' ' || (size > 12 && line[12] != ' '))
        return malformed(reply, "malformed status line");
    for (size_t i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9')
            return malformed(reply, "malformed status line");
        status = status * 10 + (line[i] - '0');
    }
    if (status < 100 || status > 599)
        return malformed(reply, "there is no such status");
    reply->status = status;
    reply->head.minor = line[7] == '0' ? 0 : 1;
    reply->head.fields = size + 2;
    return PROMC__COMPLETE;
}

static promc__parsed reply_length(promc__reply *reply, const char *text, size_t size)
{
    uint64_t value = 0;

    if (reply->head.has_length)
        return malformed(reply, "more than one Content-Length");
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)((unsigned char)text[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return malformed(reply, "malformed Content-Length");
        value = value * 10 + digit;
    }
    if (!size)
        return malformed(reply, "malformed Content-Length");
    reply->head.has_length = true;
    reply->head.content_length = value;
    return PROMC__COMPLETE;
}

static promc__parsed reply_coding(promc__reply *reply, const char *text, size_t size)
{
    if (reply->head.chunked || reply->head.minor == 0 || !promc__same_word(text, size, "chunked"))
        return malformed(reply, "a Transfer-Encoding that is not understood here");
    reply->head.chunked = true;
    return PROMC__COMPLETE;
}

static promc__parsed reply_field(promc__reply *reply, const promc__field *field)
{
    const char *name = reply->text.data + field->name, *value = reply->text.data + field->value;

    if (++reply->head.field_count > PROMC__HTTP_FIELDS_MAX)
        return bad_reply(reply, PROMC_ERROR_LIMIT, "too many header lines");
    if (promc__same_word(name, field->name_size, "content-length"))
        return reply_length(reply, value, field->value_size);
    if (promc__same_word(name, field->name_size, "transfer-encoding"))
        return reply_coding(reply, value, field->value_size);
    return PROMC__COMPLETE;
}

/* RFC 9112 6.3. */
static promc__parsed reply_framing(promc__reply *reply)
{
    promc__request_head *head = &reply->head;

    if (head->chunked && head->has_length)
        return malformed(reply, "both Content-Length and Transfer-Encoding");
    if (reply->to_head || reply->status == 204 || reply->status == 304)
        head->chunked = head->has_length = false, head->content_length = 0;
    else
        reply->until_close = !head->chunked && !head->has_length;
    promc__body_begin(&reply->body, head, reply->limit);
    return PROMC__COMPLETE;
}

/* The text is a whole head, the empty line included. */
static promc__parsed whole_head(promc__reply *reply)
{
    promc__field field;
    promc__parsed parsed = status_line(reply);
    size_t at = reply->head.fields;

    reply->head.size = reply->text.size;
    while (parsed == PROMC__COMPLETE && at + 2 < reply->text.size) {
        if (!promc__next_field(reply->text.data, &reply->head, &at, &field))
            return malformed(reply, "malformed header line");
        parsed = reply_field(reply, &field);
    }
    if (parsed != PROMC__COMPLETE)
        return parsed;
    if (reply->status == 101)
        return malformed(reply, "another protocol, which nobody asked for");
    if (reply->status >= 200)
        return reply_framing(reply);
    if (++reply->interim > PROMC__REPLY_INTERIM_MAX)
        return bad_reply(reply, PROMC_ERROR_LIMIT, "too many interim responses");
    reply->text.size = 0;
    reply->head = (promc__request_head){0};
    reply->status = 0;
    return PROMC__PARTIAL;
}

/* One more byte of the head. The head ends with the first empty line. */
static promc__parsed head_byte(promc__reply *reply, unsigned char c)
{
    const char *text;
    size_t size = reply->text.size;
    bool after_cr = size && reply->text.data[size - 1] == '\r';

    if (after_cr != (c == '\n'))
        return malformed(reply, "a line of the head does not end in CR LF");
    if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
        return malformed(reply, "control character in the head");
    if (size == PROMC__REPLY_HEAD_MAX)
        return bad_reply(reply, PROMC_ERROR_LIMIT, "the head is too long");
    promc__buffer_char(&reply->text, (char)c);
    if (reply->text.error)
        return bad_reply(reply, PROMC_ERROR_NO_MEMORY, "out of memory");
    text = reply->text.data;
    size++;
    if (c != '\n' || (size > 2 && (size < 4 || text[size - 3] != '\n')))
        return PROMC__PARTIAL;
    return whole_head(reply);
}

/* ---- the body -------------------------------------------------------------------------------- */

static promc__parsed too_long(promc__reply *reply)
{
    return bad_reply(reply, PROMC_ERROR_LIMIT, "the body is too long");
}

static promc__parsed body_bytes(promc__reply *reply, const char *data, size_t size)
{
    promc__parsed parsed = PROMC__PARTIAL;
    size_t used;

    if (!reply->until_close) {
        parsed = promc__body_read(&reply->body, data, size, &used, &reply->content);
        if (parsed == PROMC__BAD && reply->body.status == 413)
            return too_long(reply);
        if (parsed == PROMC__BAD && reply->body.status == 400)
            return malformed(reply, reply->body.reason);
    } else {
        if (size > reply->limit - reply->content.size)
            return too_long(reply);
        promc__buffer_append(&reply->content, data, size);
    }
    if (reply->content.error)
        return bad_reply(reply, PROMC_ERROR_NO_MEMORY, "out of memory");
    return parsed;
}

promc__parsed promc__reply_read(promc__reply *reply, const char *data, size_t size)
{
    size_t at = 0;

    while (!reply->status) {
        promc__parsed parsed;

        if (at == size)
            return PROMC__PARTIAL;
        parsed = head_byte(reply, (unsigned char)data[at++]);
        if (parsed == PROMC__BAD)
            return parsed;
    }
    return body_bytes(reply, data + at, size - at);
}

promc__parsed promc__reply_end(promc__reply *reply)
{
    if (reply->status && reply->until_close)
        return PROMC__COMPLETE;
    if (reply->status)
        return malformed(reply, "it ends in the middle of the body");
    if (reply->text.size || reply->interim)
        return malformed(reply, "it ends in the middle of the head");
    return malformed(reply, "the connection was closed without an answer");
}

const char *promc__reply_header(const promc__reply *reply, const char *name, size_t *size)
{
    promc__field field;
    size_t at = reply->head.fields;

    while (promc__next_field(reply->text.data, &reply->head, &at, &field)) {
        if (!promc__same_word(reply->text.data + field.name, field.name_size, name))
            continue;
        *size = field.value_size;
        return reply->text.data + field.value;
    }
    return NULL;
}
