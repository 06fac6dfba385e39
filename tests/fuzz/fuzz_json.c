/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: byte 0 chooses limits or how long memory lasts, the rest is the text.
 *
 * What is read is what a second reader accepts, which knows nothing of the first (it recurses along
 * the grammar of RFC 8259); written again, in UTF-8 and in ASCII, and read again it is the same.
 */
#include "fuzz.h"

#include "alerts/json.h"
#include "alerts/json_write.h"

/* ---- the second reader ----------------------------------------------------------------------- */

/* What it finds beside the verdict, for the limits. */
struct grammar {
    const unsigned char *at, *end;
    size_t values, depth, deepest;
};

static bool value_is_valid(struct grammar *g);

static void skip_blanks(struct grammar *g)
{
    while (g->at < g->end && *g->at && strchr(" \t\r\n", *g->at))
        g->at++;
}

static bool next_is(struct grammar *g, char c)
{
    return g->at < g->end && *g->at == (unsigned char)c ? g->at++, true : false;
}

static bool word_is_valid(struct grammar *g, const char *word)
{
    while (*word)
        if (!next_is(g, *word++))
            return false;
    return true;
}

static bool skip_digits(struct grammar *g)
{
    const unsigned char *begin = g->at;

    while (g->at < g->end && *g->at >= '0' && *g->at <= '9')
        g->at++;
    return g->at > begin;
}

static bool number_is_valid(struct grammar *g)
{
    (void)next_is(g, '-');
    if (!next_is(g, '0') && !skip_digits(g))
        return false;
    if (next_is(g, '.') && !skip_digits(g))
        return false;
    if (next_is(g, 'e') || next_is(g, 'E')) {
        if (!next_is(g, '+'))
            (void)next_is(g, '-');
        return skip_digits(g);
    }
    return true;
}

/* The table of RFC 3629 4. */
static bool utf8_is_valid(struct grammar *g)
{
    unsigned char c = *g->at++, low = 0x80, high = 0xBF;
    int more = c >= 0xC2 && c <= 0xDF   ? 1
               : c >= 0xE0 && c <= 0xEF ? 2
               : c >= 0xF0 && c <= 0xF4 ? 3
                                        : 0;

    if (c == 0xE0)
        low = 0xA0;
    if (c == 0xED)
        high = 0x9F;
    if (c == 0xF0)
        low = 0x90;
    if (c == 0xF4)
        high = 0x8F;
    if (!more)
        return false;
    for (; more; more--, low = 0x80, high = 0xBF)
        if (g->at == g->end || *g->at < low || *g->at++ > high)
            return false;
    return true;
}

static long four_digits(struct grammar *g)
{
    char digits[5] = "";

    if (g->end - g->at < 4)
        return -1;
    memcpy(digits, g->at, 4);
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return -1;
    g->at += 4;
    return strtol(digits, NULL, 16);
}

static bool escape_is_valid(struct grammar *g)
{
    long unit;

    if (g->at == g->end)
        return false;
    if (*g->at != 'u')
        return *g->at && strchr("\"\\/bfnrt", *g->at++);
    g->at++;
    unit = four_digits(g);
    if (unit < 0 || (unit >= 0xDC00 && unit < 0xE000))
        return false;
    if (unit < 0xD800 || unit >= 0xE000)
        return true;
    if (!next_is(g, '\\') || !next_is(g, 'u'))
        return false;
    unit = four_digits(g);
    return unit >= 0xDC00 && unit < 0xE000;
}

static bool string_is_valid(struct grammar *g)
{
    if (!next_is(g, '"'))
        return false;
    while (!next_is(g, '"')) {
        if (g->at == g->end || *g->at < 0x20)
            return false;
        if (next_is(g, '\\')) {
            if (!escape_is_valid(g))
                return false;
        } else if (*g->at < 0x80) {
            g->at++;
        } else if (!utf8_is_valid(g)) {
            return false;
        }
    }
    return true;
}

static bool container_is_valid(struct grammar *g, bool object)
{
    g->depth++;
    g->deepest = g->depth > g->deepest ? g->depth : g->deepest;
    skip_blanks(g);
    if (!next_is(g, object ? '}' : ']')) {
        do {
            skip_blanks(g);
            if (object) {
                if (!string_is_valid(g))
                    return false;
                skip_blanks(g);
                if (!next_is(g, ':'))
                    return false;
            }
            if (!value_is_valid(g))
                return false;
        } while (next_is(g, ','));
        if (!next_is(g, object ? '}' : ']'))
            return false;
    }
    g->depth--;
    return true;
}

static bool value_is_valid(struct grammar *g)
{
    bool valid;

    skip_blanks(g);
    g->values++;
    if (g->at == g->end)
        return false;
    switch (*g->at) {
    case '{':
    case '[':
        valid = container_is_valid(g, *g->at++ == '{');
        break;
    case '"':
        valid = string_is_valid(g);
        break;
    case 'n':
        valid = word_is_valid(g, "null");
        break;
    case 't':
        valid = word_is_valid(g, "true");
        break;
    case 'f':
        valid = word_is_valid(g, "false");
        break;
    default:
        valid = number_is_valid(g);
    }
    skip_blanks(g);
    return valid;
}

/* ---- the document ---------------------------------------------------------------------------- */

static void write_value(promc__json_writer *writer, const promc__json_value *value)
{
    bool object = value->type == PROMC__JSON_OBJECT;
    const promc__json_value *member = value + 1;

    switch (value->type) {
    case PROMC__JSON_NULL:
        promc__json_write_raw(writer, "null");
        return;
    case PROMC__JSON_FALSE:
        promc__json_write_raw(writer, "false");
        return;
    case PROMC__JSON_TRUE:
        promc__json_write_raw(writer, "true");
        return;
    case PROMC__JSON_NUMBER:
        promc__json_write_raw(writer, value->text);
        return;
    case PROMC__JSON_STRING:
        promc__json_write_string(writer, value->text, value->text_size);
        return;
    default:
        break;
    }
    promc__json_open(writer, object ? '{' : '[');
    for (size_t i = 0; i < value->count; i++, member += member->span) {
        if (object) { /* not promc__json_write_key(): there may be a NUL inside */
            promc__json_write_string(writer, member->key, member->key_size);
            promc__buffer_char(writer->out, ':');
            writer->comma = false;
        }
        write_value(writer, member);
    }
    promc__json_close(writer, object ? '}' : ']');
}

static bool same_text(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return (a != NULL) == (b != NULL) && a_size == b_size && (!a || memcmp(a, b, a_size + 1) == 0);
}

static void check_same(const promc__json *a, const promc__json *b)
{
    require(a->value_count == b->value_count);
    for (size_t i = 0; i < a->value_count; i++) {
        const promc__json_value *v = &a->values[i], *w = &b->values[i];

        require(v->type == w->type && v->count == w->count && v->span == w->span);
        require(same_text(v->key, v->key_size, w->key, w->key_size));
        require(same_text(v->text, v->text_size, w->text, w->text_size));
    }
}

static void check_lookups(const promc__json *json)
{
    for (size_t i = 0; i < json->value_count; i++) {
        const promc__json_value *v = &json->values[i], *member = v + 1, *found;
        const char *string = promc__json_string(v);
        uint64_t number;

        require(!string || (v->type == PROMC__JSON_STRING && strlen(string) == v->text_size));
        if (promc__json_u64(v, &number)) {
            char text[24];

            snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
            require(v->type == PROMC__JSON_NUMBER && strcmp(text, v->text) == 0);
        }
        require(v->span >= 1 && i + v->span <= json->value_count);
        if (v->type != PROMC__JSON_OBJECT || v->count > 100)
            continue;
        for (size_t m = 0; m < v->count; m++, member += member->span) {
            found = promc__json_member(v, member->key);
            require(strlen(member->key) < member->key_size || (found && found >= member));
        }
        require(member == v + v->span);
    }
}

static void check_round_trip(const promc__json *json, bool ascii)
{
    static const promc__json_limits limits = {SIZE_MAX, PROMC__JSON_DEPTH_MAX, SIZE_MAX};
    promc__buffer text = PROMC__BUFFER(0);
    promc__json_writer writer = {&text, ascii, false};
    promc__json again;
    char *exact;

    write_value(&writer, json->values);
    require(!text.error);
    for (size_t i = 0; ascii && i < text.size; i++)
        require((unsigned char)text.data[i] < 0x80);
    exact = test_copy(text.data, text.size);
    require(promc__json_read(&again, exact, text.size, &limits) == PROMC_OK);
    free(exact);
    check_same(json, &again);
    promc__json_free(&again);
    promc__buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    unsigned chosen = choose_byte(&choices);
    promc__json_limits limits = {SIZE_MAX, PROMC__JSON_DEPTH_MAX, SIZE_MAX};
    const char *text = (const char *)choices.at;
    struct grammar grammar = {choices.at, choices.at + choices.left, 0, 0, 0};
    bool valid;
    promc__json json;
    int status;

    script_memory();
    if (chosen & 1)
        limits = (promc__json_limits){chosen * 16, chosen / 8, chosen};
    status = promc__json_read(&json, text, choices.left, &limits);
    valid = value_is_valid(&grammar) && grammar.at == grammar.end;
    if (status == PROMC_OK) {
        require(valid && grammar.values == json.value_count);
        require(grammar.deepest <= limits.depth && grammar.values <= limits.values);
        check_lookups(&json);
        check_round_trip(&json, false);
        check_round_trip(&json, true);
        promc__json_free(&json);
    } else {
        require(json.reason && json.at <= choices.left && !json.values && !json.strings);
        if (status == PROMC_ERROR_SYNTAX)
            require(!valid);
        else
            require(status == PROMC_ERROR_LIMIT &&
                    (choices.left > limits.size || grammar.deepest > limits.depth ||
                     grammar.values > limits.values));
    }
    refuse_memory_after(chosen % 8);
    status = promc__json_read(&json, text, choices.left, &limits);
    if (grant_memory())
        require(status == PROMC_ERROR_NO_MEMORY);
    if (status == PROMC_OK)
        promc__json_free(&json);
    return 0;
}
