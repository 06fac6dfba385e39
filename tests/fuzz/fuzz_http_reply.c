/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of a connection: what a server answers.
 *
 * Byte 0: the request was HEAD (1), memory is refused (2); byte 1: the pieces, byte 2: the limit of
 * the body or how long memory lasts; the rest is what the server sends before it closes. In pieces
 * it means the same as at once; memory keeps to the limit; a response that was read has the content
 * that a slow reader of its framing finds.
 */
#include "fuzz.h"

#include "http/reply.h"

#include <limits.h>

struct verdict {
    promc__parsed parsed, at_end;
    int status, error;
    const char *reason;
};

static struct verdict read_reply(promc__reply *reply, bool to_head, size_t limit,
                                 const uint8_t *data, size_t size, struct pieces pieces)
{
    struct verdict verdict = {.parsed = PROMC__PARTIAL};

    promc__reply_begin(reply, to_head, limit);
    while (size && verdict.parsed == PROMC__PARTIAL) {
        size_t piece = next_piece(&pieces, size);
        char *exact = test_copy(data, piece);

        verdict.parsed = promc__reply_read(reply, exact, piece);
        free(exact);
        data += piece;
        size -= piece;
    }
    /* A response without a body is complete with its head. */
    if (verdict.parsed == PROMC__PARTIAL && reply->status)
        verdict.parsed = promc__reply_read(reply, "", 0);
    verdict.at_end = verdict.parsed;
    if (verdict.parsed == PROMC__PARTIAL)
        verdict.at_end = promc__reply_end(reply);
    verdict.status = reply->status;
    verdict.error = reply->error;
    verdict.reason = reply->reason;
    require(verdict.at_end != PROMC__PARTIAL);
    require((verdict.at_end == PROMC__BAD) == (verdict.error != PROMC_OK));
    require(!verdict.error || (verdict.reason && *verdict.reason));
    require(reply->content.size <= limit && reply->text.size <= PROMC__REPLY_HEAD_MAX);
    require(reply->content.capacity <= (limit < 64 ? 128 : 2 * limit));
    require(reply->text.capacity <= 2 * PROMC__REPLY_HEAD_MAX);
    return verdict;
}

/* ---- the framing, read independently --------------------------------------------------------- */

static const char *find(const char *data, size_t size, const char *what)
{
    size_t length = strlen(what);

    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(data + i, what, length) == 0)
            return data + i;
    return NULL;
}

static bool named(const char *line, size_t size, const char *name)
{
    for (; *name; name++, line++, size--)
        if (!size || (*line | 0x20) != (*name | 0x20))
            return false;
    return size && *line == ':';
}

/* Puts the data of chunks together; the reply was accepted, so they are well-formed. */
static size_t join_chunks(char *out, const char *at, const char *end)
{
    size_t joined = 0;

    for (;;) {
        const char *line_end = find(at, (size_t)(end - at), "\r\n");
        unsigned long size = strtoul(at, NULL, 16);

        require(line_end != NULL);
        at = line_end + 2;
        if (!size)
            return joined;
        require(size + 2 <= (size_t)(end - at));
        memcpy(out + joined, at, size);
        joined += size;
        at += size + 2;
    }
}

static void check_content(const promc__reply *reply, const char *data, size_t size, bool to_head)
{
    const char *head = data, *end = data + size, *body;
    bool chunked = false;
    long long length = -1;
    char *content;
    size_t content_size;

    /* Interim responses have no body. */
    do {
        require(memcmp(head, "HTTP/1.", 7) == 0);
        body = find(head, (size_t)(end - head), "\r\n\r\n");
        require(body != NULL);
        body += 4;
        if (head[9] != '1')
            break;
        head = body;
    } while (true);
    require(atoi(head + 9) == reply->status);
    for (const char *line = find(head, (size_t)(body - head), "\r\n") + 2; line + 2 < body;) {
        const char *line_end = find(line, (size_t)(body - line), "\r\n");
        size_t line_size = (size_t)(line_end - line);

        if (named(line, line_size, "content-length"))
            length = strtoll(line + 15, NULL, 10);
        chunked |= named(line, line_size, "transfer-encoding");
        line = line_end + 2;
    }
    content = test_memory((size_t)(end - body));
    if (to_head || reply->status == 204 || reply->status == 304)
        content_size = 0;
    else if (chunked)
        content_size = join_chunks(content, body, end);
    else if (length >= 0 || body == end)
        memcpy(content, body, content_size = length < 0 ? 0 : (size_t)length);
    else
        memcpy(content, body, content_size = (size_t)(end - body));
    require(content_size == reply->content.size);
    require(!content_size || memcmp(content, reply->content.data, content_size) == 0);
    free(content);
}

static void check_headers(const promc__reply *reply)
{
    promc__field field;
    size_t at = reply->head.fields, count = 0;

    while (promc__next_field(reply->text.data, &reply->head, &at, &field)) {
        char name[64];
        size_t size;
        const char *value;

        count++;
        if (field.name_size >= sizeof(name))
            continue;
        for (size_t i = 0; i < field.name_size; i++) {
            char c = reply->text.data[field.name + i];

            name[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
        name[field.name_size] = '\0';
        value = promc__reply_header(reply, name, &size);
        require(value && value <= reply->text.data + field.value);
        require(!size || (*value != ' ' && value[size - 1] != ' '));
    }
    require(count == reply->head.field_count && count <= PROMC__HTTP_FIELDS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    uint8_t flags = choose_byte(&choices), seed = choose_byte(&choices);
    unsigned chosen = choose_byte(&choices), limit = flags & 2 ? 4096 : chosen * 16;
    struct verdict whole, pieces;
    promc__reply first, second;

    script_memory();
    whole = read_reply(&first, flags & 1, limit, choices.at, choices.left, pieces_of(0));
    pieces =
        read_reply(&second, flags & 1, limit, choices.at, choices.left, pieces_of(seed ? seed : 1));
    require(whole.parsed == pieces.parsed && whole.at_end == pieces.at_end);
    require(whole.status == pieces.status && whole.error == pieces.error);
    require(whole.reason == pieces.reason);
    if (whole.at_end == PROMC__COMPLETE) {
        char *exact = test_copy(choices.at, choices.left);

        require(first.content.size == second.content.size);
        require(!first.content.size ||
                memcmp(first.content.data, second.content.data, first.content.size) == 0);
        check_headers(&first);
        check_content(&first, exact, choices.left, flags & 1);
        free(exact);
    }
    promc__reply_free(&first);
    promc__reply_free(&second);
    if (!(flags & 2))
        return 0;
    refuse_memory_after(chosen % 16);
    pieces = read_reply(&second, flags & 1, limit, choices.at, choices.left, pieces_of(seed));
    require(grant_memory() ? pieces.error == PROMC_ERROR_NO_MEMORY : pieces.error == whole.error);
    promc__reply_free(&second);
    return 0;
}
