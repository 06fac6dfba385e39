/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/json.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <promc/common.h>

/* The reader's state. Decoded strings never need more room than they take in the text, quotes
 * included, so that one block holds them all and never moves. */
struct json_reader {
    const char *text;
    size_t size, at;
    const promc__json_limits *limits;
    promc__json *json;
    size_t capacity;                    /* of values */
    char *out;                          /* where the next string goes */
    size_t open[PROMC__JSON_DEPTH_MAX]; /* containers that are not closed, outermost first */
    size_t depth;
    const char *key; /* of the value that comes next */
    size_t key_size;
};

static int json_stop(struct json_reader *reader, int code, const char *reason)
{
    reader->json->at = reader->at;
    reader->json->reason = reason;
    return code;
}

static int json_malformed(struct json_reader *reader, const char *reason)
{
    return json_stop(reader, PROMC_ERROR_SYNTAX, reason);
}

/* The next byte; -1 at the end. */
static int json_peek(const struct json_reader *reader)
{
    return reader->at < reader->size ? (unsigned char)reader->text[reader->at] : -1;
}

static void json_skip_blanks(struct json_reader *reader)
{
    int c = json_peek(reader);

    while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        reader->at++;
        c = json_peek(reader);
    }
}

/* ---- strings --------------------------------------------------------------------------------- */

/* Four hexadecimal digits; -1 if there are none. */
static long json_hex4(struct json_reader *reader)
{
    long value = 0;

    for (int i = 0; i < 4; i++, reader->at++) {
        int c = json_peek(reader);

        if (c >= '0' && c <= '9')
            value = value * 16 + c - '0';
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            value = value * 16 + (c | 32) - 'a' + 10;
        else
            return -1;
    }
    return value;
}

static void json_put_character(struct json_reader *reader, unsigned long c)
{
    char *out = reader->out;

    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 63));
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    }
    reader->out = out;
}

/* Behind "\u". A character past U+FFFF is two of them (RFC 8259 7). */
static int json_code_point(struct json_reader *reader)
{
    long first = json_hex4(reader), second;

    if (first < 0)
        return json_malformed(reader, "\\u without four hexadecimal digits");
    if (first >= 0xDC00 && first <= 0xDFFF)
        return json_malformed(reader, "the second half of a surrogate pair alone");
    if (first >= 0xD800 && first <= 0xDBFF) {
        if (reader->size - reader->at < 2 || memcmp(reader->text + reader->at, "\\u", 2) != 0)
            return json_malformed(reader, "the first half of a surrogate pair alone");
        reader->at += 2;
        second = json_hex4(reader);
        if (second < 0xDC00 || second > 0xDFFF)
            return json_malformed(reader, "the first half of a surrogate pair alone");
        first = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    json_put_character(reader, (unsigned long)first);
    return PROMC_OK;
}

/* Behind the backslash. */
static int json_escape(struct json_reader *reader)
{
    static const char escapes[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    int c = json_peek(reader);
    const char *escape = c > 0 ? strchr(escapes, c) : NULL;

    if (c == 'u') {
        reader->at++;
        return json_code_point(reader);
    }
    if (!escape)
        return json_malformed(reader, "an escape that does not exist");
    reader->at++;
    *reader->out++ = means[escape - escapes];
    return PROMC_OK;
}

/* The bytes up to the next quote, backslash or mistake. */
static int json_plain(struct json_reader *reader)
{
    size_t begin = reader->at, size;
    uint32_t code_point;

    for (;;) {
        int c = json_peek(reader);

        if (c == '"' || c == '\\')
            break;
        if (c < 0)
            return json_malformed(reader, "a string that does not end");
        if (c < ' ')
            return json_malformed(reader, "a control character in a string");
        size = c < 0x80 ? 1
                        : promc__utf8_decode(reader->text + reader->at, reader->size - reader->at,
                                             &code_point);
        if (!size)
            return json_malformed(reader, "a string that is not UTF-8");
        reader->at += size;
    }
    memcpy(reader->out, reader->text + begin, reader->at - begin);
    reader->out += reader->at - begin;
    return PROMC_OK;
}

/* At the opening quote. */
static int json_read_string(struct json_reader *reader, const char **text, size_t *size)
{
    int status;

    *text = reader->out;
    reader->at++;
    while ((status = json_plain(reader)) == PROMC_OK && json_peek(reader) == '\\') {
        reader->at++;
        status = json_escape(reader);
        if (status != PROMC_OK)
            return status;
    }
    if (status != PROMC_OK)
        return status;
    reader->at++;
    *size = (size_t)(reader->out - *text);
    *reader->out++ = '\0';
    return PROMC_OK;
}

/* ---- numbers and words ----------------------------------------------------------------------- */

static bool json_digits(struct json_reader *reader)
{
    size_t begin = reader->at;

    while (json_peek(reader) >= '0' && json_peek(reader) <= '9')
        reader->at++;
    return reader->at > begin;
}

static bool json_number_grammar(struct json_reader *reader)
{
    if (json_peek(reader) == '-')
        reader->at++;
    if (json_peek(reader) == '0')
        reader->at++;
    else if (!json_digits(reader))
        return false;
    if (json_peek(reader) == '.') {
        reader->at++;
        if (!json_digits(reader))
            return false;
    }
    if (json_peek(reader) == 'e' || json_peek(reader) == 'E') {
        reader->at++;
        if (json_peek(reader) == '+' || json_peek(reader) == '-')
            reader->at++;
        return json_digits(reader);
    }
    return true;
}

static int json_read_number(struct json_reader *reader, promc__json_value *value)
{
    size_t begin = reader->at;

    if (!json_number_grammar(reader))
        return json_malformed(reader, "a malformed number");
    value->type = PROMC__JSON_NUMBER;
    value->text = reader->out;
    value->text_size = reader->at - begin;
    memcpy(reader->out, reader->text + begin, value->text_size);
    reader->out += value->text_size;
    *reader->out++ = '\0'; /* what must follow a number leaves room for it */
    return PROMC_OK;
}

static int json_read_word(struct json_reader *reader, promc__json_value *value)
{
    static const struct {
        const char *word;
        size_t size;
        promc__json_type type;
    } words[] = {{"null", 4, PROMC__JSON_NULL},
                 {"false", 5, PROMC__JSON_FALSE},
                 {"true", 4, PROMC__JSON_TRUE}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (reader->size - reader->at < words[i].size ||
            memcmp(reader->text + reader->at, words[i].word, words[i].size) != 0)
            continue;
        reader->at += words[i].size;
        value->type = words[i].type;
        return PROMC_OK;
    }
    return json_malformed(reader, "something that is no value");
}

/* ---- values ---------------------------------------------------------------------------------- */

static int json_grow(struct json_reader *reader)
{
    size_t capacity = reader->capacity ? 2 * reader->capacity : 16, size;
    promc__json_value *values = NULL;

    if (reader->json->value_count < reader->capacity)
        return PROMC_OK;
    if (promc__size_of(capacity, sizeof(*values), 0, &size))
        values = promc__realloc(reader->json->values, size);
    if (!values)
        return json_stop(reader, PROMC_ERROR_NO_MEMORY, "out of memory");
    reader->json->values = values;
    reader->capacity = capacity;
    return PROMC_OK;
}

static int json_open(struct json_reader *reader, promc__json_value *value, bool object)
{
    if (reader->depth == reader->limits->depth || reader->depth == PROMC__JSON_DEPTH_MAX)
        return json_stop(reader, PROMC_ERROR_LIMIT, "nested too deeply");
    reader->at++;
    value->type = object ? PROMC__JSON_OBJECT : PROMC__JSON_ARRAY;
    reader->open[reader->depth++] = reader->json->value_count - 1;
    return PROMC_OK;
}

/* At the first byte of a value; a container is only opened. */
static int json_value(struct json_reader *reader)
{
    promc__json_value *value;
    int c = json_peek(reader), status = PROMC_OK;

    if (reader->json->value_count == reader->limits->values)
        return json_stop(reader, PROMC_ERROR_LIMIT, "too many values");
    status = json_grow(reader);
    if (status != PROMC_OK)
        return status;
    value = &reader->json->values[reader->json->value_count++];
    *value = (promc__json_value){.key = reader->key, .key_size = reader->key_size, .span = 1};
    reader->key = NULL;
    reader->key_size = 0;
    if (reader->depth)
        reader->json->values[reader->open[reader->depth - 1]].count++;
    if (c == '{' || c == '[')
        return json_open(reader, value, c == '{');
    if (c == '"') {
        value->type = PROMC__JSON_STRING;
        return json_read_string(reader, &value->text, &value->text_size);
    }
    return c == '-' || (c >= '0' && c <= '9') ? json_read_number(reader, value)
                                              : json_read_word(reader, value);
}

/* The name of a member and its colon. */
static int json_key(struct json_reader *reader)
{
    int status;

    if (json_peek(reader) != '"')
        return json_malformed(reader, "a member without a name");
    status = json_read_string(reader, &reader->key, &reader->key_size);
    if (status != PROMC_OK)
        return status;
    json_skip_blanks(reader);
    if (json_peek(reader) != ':')
        return json_malformed(reader, "a member without a colon");
    reader->at++;
    json_skip_blanks(reader);
    return PROMC_OK;
}

/* Behind a value, or behind the bracket that opens a container: up to the next value, closing what
 * ends. */
static int json_go_on(struct json_reader *reader, bool just_opened)
{
    while (reader->depth) {
        size_t at = reader->open[reader->depth - 1];
        promc__json_value *container = &reader->json->values[at];
        bool object = container->type == PROMC__JSON_OBJECT;
        int c;

        json_skip_blanks(reader);
        c = json_peek(reader);
        if (c != (object ? '}' : ']')) {
            if (!just_opened && c != ',')
                return json_malformed(reader, c < 0 ? "the end is missing" : "a comma is missing");
            if (!just_opened)
                reader->at++;
            json_skip_blanks(reader);
            return object ? json_key(reader) : PROMC_OK;
        }
        reader->at++;
        container->span = reader->json->value_count - at;
        reader->depth--;
        just_opened = false;
    }
    return PROMC_OK;
}

static int json_document(struct json_reader *reader)
{
    int status = PROMC_OK;

    json_skip_blanks(reader);
    do {
        size_t depth = reader->depth;

        status = json_value(reader);
        if (status == PROMC_OK)
            status = json_go_on(reader, reader->depth > depth);
    } while (status == PROMC_OK && reader->depth);
    if (status != PROMC_OK)
        return status;
    json_skip_blanks(reader);
    if (reader->at < reader->size)
        return json_malformed(reader, "something behind the end");
    return PROMC_OK;
}

int promc__json_read(promc__json *json, const char *text, size_t size,
                     const promc__json_limits *limits)
{
    struct json_reader reader = {.text = text, .size = size, .limits = limits, .json = json};
    size_t room;
    int status;

    *json = (promc__json){.values = NULL};
    if (size > limits->size)
        return json_stop(&reader, PROMC_ERROR_LIMIT, "the text is too long");
    if (promc__size_of(size, 1, 1, &room))
        json->strings = reader.out = promc__malloc(room);
    if (!reader.out)
        return json_stop(&reader, PROMC_ERROR_NO_MEMORY, "out of memory");
    status = json_document(&reader);
    if (status != PROMC_OK)
        promc__json_free(json);
    return status;
}

void promc__json_free(promc__json *json)
{
    promc__free(json->values);
    promc__free(json->strings);
    json->values = NULL;
    json->strings = NULL;
    json->value_count = 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

const promc__json_value *promc__json_member(const promc__json_value *object, const char *name)
{
    const promc__json_value *found = NULL, *member;
    size_t size = strlen(name);

    if (!object || object->type != PROMC__JSON_OBJECT)
        return NULL;
    member = object + 1;
    for (size_t i = 0; i < object->count; i++, member += member->span)
        if (member->key_size == size && memcmp(member->key, name, size) == 0)
            found = member;
    return found;
}

const char *promc__json_string(const promc__json_value *value)
{
    if (!value || value->type != PROMC__JSON_STRING ||
        memchr(value->text, '\0', value->text_size) != NULL)
        return NULL;
    return value->text;
}

bool promc__json_u64(const promc__json_value *value, uint64_t *number)
{
    uint64_t result = 0;

    if (!value || value->type != PROMC__JSON_NUMBER)
        return false;
    for (const char *at = value->text; *at; at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (*at < '0' || *at > '9' || result > (UINT64_MAX - digit) / 10)
            return false;
        result = result * 10 + digit;
    }
    *number = result;
    return true;
}
