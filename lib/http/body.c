/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

#include "http/query.h"

enum { BODY_OVERHEAD_MAX = 8192, BODY_DIGITS_MAX = 16 };

static promc__parsed bad_body(promc__body *body, int status, const char *reason)
{
    body->status = status;
    body->reason = reason;
    return PROMC__BAD;
}

void promc__body_begin(promc__body *body, const promc__request_head *head, size_t limit)
{
    *body = (promc__body){.limit = limit, .chunked = head->chunked, .left = head->content_length};
    if (head->chunked)
        body->state = PROMC__BODY_SIZE;
    else if (!body->left)
        body->state = PROMC__BODY_DONE;
}

static promc__parsed body_data(promc__body *body, const char *data, size_t size, size_t *used,
                               promc__buffer *out)
{
    size_t take = size < body->left ? size : (size_t)body->left;

    promc__buffer_append(out, data, take);
    if (out->error)
        return bad_body(body, 500, "out of memory");
    *used = take;
    body->left -= take;
    if (!body->left)
        body->state = body->chunked ? PROMC__BODY_DATA_CR : PROMC__BODY_DONE;
    return PROMC__PARTIAL;
}

/* Behind the digits of a chunk's size. */
static promc__parsed end_of_size(promc__body *body, char c)
{
    if (!body->digits || (c != '\r' && c != ';' && c != ' ' && c != '\t'))
        return bad_body(body, 400, "malformed chunk size");
    body->state = c == '\r' ? PROMC__BODY_SIZE_LF : PROMC__BODY_EXTENSION;
    return PROMC__PARTIAL;
}

static promc__parsed size_digit(promc__body *body, char c, size_t have)
{
    int digit = promc__hex_digit(c);

    if (digit < 0)
        return end_of_size(body, c);
    if (++body->digits > BODY_DIGITS_MAX)
        return bad_body(body, 400, "malformed chunk size");
    body->left = body->left << 4 | (unsigned)digit;
    if (body->left > body->limit || have > body->limit - body->left)
        return bad_body(body, 413, "the request body is too long");
    return PROMC__PARTIAL;
}

/* Bytes that are read over: extensions and trailers. */
static promc__parsed skipped(promc__body *body, char c, promc__body_state after_cr)
{
    if (c == '\r') {
        body->state = after_cr;
        return PROMC__PARTIAL;
    }
    if (((unsigned char)c < ' ' && c != '\t') || c == 0x7F)
        return bad_body(body, 400, "control character in a chunked body");
    if (++body->overhead > BODY_OVERHEAD_MAX)
        return bad_body(body, 400, "too much beside the data of a chunked body");
    return PROMC__PARTIAL;
}

static promc__parsed expect_char(promc__body *body, char c, char wanted, promc__body_state next)
{
    if (c != wanted)
        return bad_body(body, 400, "malformed chunk");
    body->state = next;
    return PROMC__PARTIAL;
}

static promc__parsed framing(promc__body *body, char c, size_t have)
{
    switch (body->state) {
    case PROMC__BODY_SIZE:
        return size_digit(body, c, have);
    case PROMC__BODY_EXTENSION:
        return skipped(body, c, PROMC__BODY_SIZE_LF);
    case PROMC__BODY_SIZE_LF:
        return expect_char(body, c, '\n', body->left ? PROMC__BODY_DATA : PROMC__BODY_TRAILER);
    case PROMC__BODY_DATA_CR:
        return expect_char(body, c, '\r', PROMC__BODY_DATA_LF);
    case PROMC__BODY_DATA_LF:
        body->digits = 0;
        return expect_char(body, c, '\n', PROMC__BODY_SIZE);
    case PROMC__BODY_TRAILER:
        body->state = PROMC__BODY_TRAILER_REST;
        return skipped(body, c, PROMC__BODY_LAST_LF);
    case PROMC__BODY_TRAILER_REST:
        return skipped(body, c, PROMC__BODY_TRAILER_LF);
    case PROMC__BODY_TRAILER_LF:
        return expect_char(body, c, '\n', PROMC__BODY_TRAILER);
    case PROMC__BODY_LAST_LF:
        return expect_char(body, c, '\n', PROMC__BODY_DONE);
    case PROMC__BODY_DATA:
    case PROMC__BODY_DONE:
        break;
    }
    return PROMC__PARTIAL;
}

promc__parsed promc__body_read(promc__body *body, const char *data, size_t size, size_t *used,
                               promc__buffer *out)
{
    *used = 0;
    if (body->left > body->limit)
        return bad_body(body, 413, "the request body is too long");
    while (*used < size && body->state != PROMC__BODY_DONE) {
        size_t step = 1;
        promc__parsed parsed;

        if (body->state == PROMC__BODY_DATA)
            parsed = body_data(body, data + *used, size - *used, &step, out);
        else
            parsed = framing(body, data[*used], out->size);
        if (parsed == PROMC__BAD)
            return parsed;
        *used += step;
    }
    return body->state == PROMC__BODY_DONE ? PROMC__COMPLETE : PROMC__PARTIAL;
}
