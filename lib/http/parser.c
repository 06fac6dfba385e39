/* SPDX-License-Identifier: Apache-2.0 */
#include "http/parser.h"

#include <string.h>

static promc__parsed bad_head(promc__request_head *head, int status, const char *reason)
{
    head->status = status;
    head->reason = reason;
    return PROMC__BAD;
}

bool promc__is_token_char(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

bool promc__same_word(const char *text, size_t size, const char *word)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (!word[i] || c != word[i])
            return false;
    }
    return word[size] == '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Length of the token that begins at `at`. */
static size_t token_size(const char *data, size_t at, size_t end)
{
    size_t begin = at;

    while (at < end && promc__is_token_char((unsigned char)data[at]))
        at++;
    return at - begin;
}

static void trim_blanks(const char *data, size_t *begin, size_t *end)
{
    while (*begin < *end && is_blank(data[*begin]))
        ++*begin;
    while (*end > *begin && is_blank(data[*end - 1]))
        --*end;
}

/* method SP target SP HTTP/1.x, with single spaces. */
static promc__parsed request_line(promc__request_head *head, const char *data, size_t begin,
                                  size_t end)
{
    const char *version;
    size_t at = begin;

    head->method = begin;
    head->method_size = token_size(data, begin, end);
    at += head->method_size;
    if (!head->method_size || at == end || data[at] != ' ')
        return bad_head(head, 400, "malformed request line");
    head->target = ++at;
    while (at < end && data[at] != ' ' && data[at] != '\t' && data[at] != '#')
        at++;
    head->target_size = at - head->target;
    if (!head->target_size || at == end || data[at] != ' ')
        return bad_head(head, 400, "malformed request line");
    version = data + ++at;
    if (end - at != 8 || memcmp(version, "HTTP/", 5) != 0 || version[5] < '0' || version[5] > '9' ||
        version[6] != '.' || version[7] < '0' || version[7] > '9')
        return bad_head(head, 400, "malformed HTTP version");
    if (version[5] != '1')
        return bad_head(head, 505, "only HTTP/1.0 and 1.1 are spoken here");
    head->minor = version[7] == '0' ? 0 : 1;
    return PROMC__PARTIAL;
}

static promc__parsed content_length(promc__request_head *head, const char *text, size_t size)
{
    uint64_t value = 0;

    if (head->has_length)
        return bad_head(head, 400, "more than one Content-Length");
    if (!size)
        return bad_head(head, 400, "malformed Content-Length");
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)((unsigned char)text[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return bad_head(head, 400, "malformed Content-Length");
        value = value * 10 + digit;
    }
    head->has_length = true;
    head->content_length = value;
    return PROMC__PARTIAL;
}

static promc__parsed transfer_encoding(promc__request_head *head, const char *text, size_t size)
{
    if (head->chunked)
        return bad_head(head, 400, "more than one Transfer-Encoding");
    if (!promc__same_word(text, size, "chunked"))
        return bad_head(head, 501, "the only transfer coding understood here is chunked");
    head->chunked = true;
    return PROMC__PARTIAL;
}

static promc__parsed host(promc__request_head *head, const char *text, size_t size)
{
    if (head->has_host)
        return bad_head(head, 400, "more than one Host");
    for (size_t i = 0; i < size; i++)
        if (is_blank(text[i]) || strchr(",/?#@\\", text[i]))
            return bad_head(head, 400, "malformed Host");
    head->has_host = true;
    return PROMC__PARTIAL;
}

/* A comma-separated list of options. */
static void connection_options(promc__request_head *head, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *comma = memchr(text + at, ',', size - at);
        size_t begin = at, end = comma ? (size_t)(comma - text) : size;

        at = end + 1;
        trim_blanks(text, &begin, &end);
        head->close |= promc__same_word(text + begin, end - begin, "close");
        head->keep_alive |= promc__same_word(text + begin, end - begin, "keep-alive");
    }
}

static promc__parsed expectation(promc__request_head *head, const char *text, size_t size)
{
    if (!promc__same_word(text, size, "100-continue"))
        return bad_head(head, 417, "the only expectation met here is 100-continue");
    head->expect_continue = head->minor > 0; /* HTTP/1.0: to be ignored */
    return PROMC__PARTIAL;
}

/* Places of name and value in the line; false if it is malformed. */
static bool split_field(const char *data, size_t begin, size_t end, promc__field *field)
{
    field->name = begin;
    field->name_size = token_size(data, begin, end);
    begin += field->name_size;
    if (!field->name_size || begin == end || data[begin] != ':')
        return false;
    begin++;
    trim_blanks(data, &begin, &end);
    field->value = begin;
    field->value_size = end - begin;
    return true;
}

static promc__parsed header_line(promc__request_head *head, const char *data, size_t begin,
                                 size_t end)
{
    promc__field field;
    const char *name, *value;

    if (is_blank(data[begin]))
        return bad_head(head, 400, "folded header line");
    if (!split_field(data, begin, end, &field))
        return bad_head(head, 400, "malformed header line");
    if (++head->field_count > PROMC__HTTP_FIELDS_MAX)
        return bad_head(head, 431, "too many header lines");
    name = data + field.name;
    value = data + field.value;
    if (promc__same_word(name, field.name_size, "content-length"))
        return content_length(head, value, field.value_size);
    if (promc__same_word(name, field.name_size, "transfer-encoding"))
        return transfer_encoding(head, value, field.value_size);
    if (promc__same_word(name, field.name_size, "host"))
        return host(head, value, field.value_size);
    if (promc__same_word(name, field.name_size, "expect"))
        return expectation(head, value, field.value_size);
    if (promc__same_word(name, field.name_size, "connection"))
        connection_options(head, value, field.value_size);
    return PROMC__PARTIAL;
}

/* What can only be said of the whole head. */
static promc__parsed finish_head(promc__request_head *head)
{
    if (head->chunked && head->has_length)
        return bad_head(head, 400, "both Content-Length and Transfer-Encoding");
    if (head->chunked && head->minor == 0)
        return bad_head(head, 400, "Transfer-Encoding in HTTP/1.0");
    if (!head->has_host && head->minor > 0)
        return bad_head(head, 400, "Host is missing");
    return PROMC__COMPLETE;
}

static promc__parsed head_line(promc__request_head *head, const char *data, size_t begin,
                               size_t end)
{
    if (!head->fields) {
        promc__parsed parsed;

        if (begin == end) /* RFC 9112 2.2: empty lines before a request are skipped */
            return PROMC__PARTIAL;
        parsed = request_line(head, data, begin, end);
        head->fields = end + 2;
        return parsed;
    }
    if (begin == end)
        return finish_head(head);
    return header_line(head, data, begin, end);
}

promc__parsed promc__parse_head(promc__request_head *head, const char *data, size_t size,
                                size_t limit)
{
    size_t end = size < limit ? size : limit;

    while (head->scanned < end) {
        unsigned char c = (unsigned char)data[head->scanned];
        promc__parsed parsed;

        if ((c >= ' ' && c != 0x7F) || c == '\t') {
            head->scanned++;
            continue;
        }
        if (c != '\r')
            return bad_head(head, 400,
                            c == '\n' ? "line that does not end in CR LF"
                                      : "control character in the request head");
        if (head->scanned + 1 == end)
            break;
        if (data[head->scanned + 1] != '\n')
            return bad_head(head, 400, "carriage return inside a line");
        parsed = head_line(head, data, head->line, head->scanned);
        head->scanned += 2;
        head->line = head->scanned;
        if (parsed == PROMC__COMPLETE)
            head->size = head->scanned;
        if (parsed != PROMC__PARTIAL)
            return parsed;
    }
    if (size <= limit)
        return PROMC__PARTIAL;
    if (!head->fields)
        return bad_head(head, 414, "the request line is too long");
    return bad_head(head, 431, "the request head is too long");
}

bool promc__next_field(const char *data, const promc__request_head *head, size_t *at,
                       promc__field *field)
{
    const char *line_end = memchr(data + *at, '\r', head->size - *at);
    size_t begin = *at, end;

    if (!line_end)
        return false;
    end = (size_t)(line_end - data);
    if (end == begin)
        return false;
    *at = end + 2;
    return split_field(data, begin, end, field);
}
