/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label values, label names and help texts on their way out and back. Byte 0 chooses format and
 * escaping, byte 1 the length of the help; then come help, and name and value of a label.
 *
 * A reader of a few lines, and our parser, get back what was put in; invalid UTF-8 comes as U+FFFD.
 */
#include "fuzz.h"

#include "base/buffer.h"
#include "base/names.h"
#include "base/utf8.h"

/* ---- UTF-8, independently -------------------------------------------------------------------- */

/* Bytes of the character at `text`; if it is none, of its longest beginning, at least 1 (Unicode
 * 15, 3.9, table 3-7), with *good false. */
static size_t character(const unsigned char *text, size_t size, bool *good)
{
    unsigned char first = text[0], low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    size_t more = first < 0x80                    ? 0
                  : first >= 0xC2 && first < 0xE0 ? 1
                  : first >= 0xE0 && first < 0xF0 ? 2
                  : first >= 0xF0 && first < 0xF5 ? 3
                                                  : 4;

    *good = more < 4;
    for (size_t i = 1; *good && i <= more; i++, low = 0x80, high = 0xBF) {
        if (i >= size || text[i] < low || text[i] > high) {
            *good = false;
            return i;
        }
    }
    return *good ? more + 1 : 1;
}

static void repair(promc__buffer *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t left = strlen(text), size;
    bool good;

    for (; left; at += size, left -= size) {
        size = character(at, left, &good);
        promc__buffer_append(out, good ? (const void *)at : "\xEF\xBF\xBD", good ? size : 3);
    }
    promc__buffer_char(out, '\0');
    require(!out->error);
}

static void check_utf8(const char *text)
{
    promc__buffer mine = PROMC__BUFFER(0), ours = PROMC__BUFFER(0);

    repair(&mine, text);
    promc__utf8_repair(&ours, text, strlen(text));
    promc__buffer_char(&ours, '\0');
    require(mine.size == ours.size && memcmp(mine.data, ours.data, mine.size) == 0);
    require(promc__utf8_valid(text, strlen(text)) == (strcmp(mine.data, text) == 0));
    promc__buffer_free(&mine);
    promc__buffer_free(&ours);
}

/* ---- the exposition, read independently ------------------------------------------------------ */

/* What follows `prefix` at the beginning of a line. */
static const char *behind(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);

    while (text && strncmp(text, prefix, size) != 0) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    require(text != NULL);
    return text + size;
}

/* Unescapes up to an end that is not escaped; \" only where there may be quotes. */
static const char *unescape(promc__buffer *out, const char *at, char end, bool quotes)
{
    for (; *at != end; at++) {
        char c = *at;

        require(c && c != '\n');
        if (c == '\\') {
            c = *++at;
            require(c == '\\' || c == 'n' || (c == '"' && quotes));
            c = c == 'n' ? '\n' : c;
        }
        promc__buffer_char(out, c);
    }
    promc__buffer_char(out, '\0');
    require(!out->error);
    return at + 1;
}

struct texts {
    promc__buffer help, value; /* as they should come out */
    const char *name;
};

static void check_lines(const char *text, const struct texts *texts, bool openmetrics)
{
    promc__buffer help = PROMC__BUFFER(0), name = PROMC__BUFFER(0), value = PROMC__BUFFER(0);
    const char *at;

    (void)unescape(&help, behind(text, "# HELP g "), '\n', openmetrics);
    require(strcmp(help.data, texts->help.data) == 0);
    at = behind(text, "g{");
    if (*at == '"') {
        at = unescape(&name, at + 1, '"', true);
    } else {
        promc__buffer_append(&name, at, strcspn(at, "="));
        promc__buffer_char(&name, '\0');
        at += strcspn(at, "=");
    }
    require(strcmp(name.data, texts->name) == 0);
    require(at[0] == '=' && at[1] == '"');
    at = unescape(&value, at + 2, '"', true);
    require(strcmp(value.data, texts->value.data) == 0);
    require(strncmp(at, "} 1.0\n", 6) == 0);
    promc__buffer_free(&help);
    promc__buffer_free(&name);
    promc__buffer_free(&value);
}

static void check_parsed(const promc__buffer *text, const struct texts *texts, promc_format format)
{
    promc_parsed *parsed = promc_parse_all(format, text->data, text->size - 1, NULL);

    require(parsed && parsed->family_count == 1 && parsed->families->sample_count == 1);
    require(strcmp(parsed->families->help, texts->help.data) == 0);
    require(strcmp(parsed->families->samples->labels[0].name, texts->name) == 0);
    require(strcmp(parsed->families->samples->labels[0].value, texts->value.data) == 0);
    promc_parsed_free(parsed);
}

/* ---- entry ----------------------------------------------------------------------------------- */

static int take_text(const void *data, size_t size, void *arg)
{
    promc__buffer_append(arg, data, size);
    return 0;
}

/* By a metric, or by the writer; both have to say the same. False: it is refused. */
static bool expose(promc__buffer *text, promc_format format, const char *help,
                   const promc_label *label, bool by_writer)
{
    int status = PROMC_ERROR_LABELS;

    if (by_writer) {
        promc_writer *writer = promc_writer_new(format, take_text, text);
        promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "g", help);

        (void)promc_writer_u64(writer, family, 1, (promc_label[]){*label, {NULL, NULL}});
        status = promc_writer_end(writer);
    } else {
        promc_registry *registry = promc_registry_new();
        promc_gauge_family *family =
            promc_gauge_family_new("g", help, PROMC_LABELS(label->name), .registry = registry);

        if (family) {
            promc_gauge_set(promc_gauge_labels(family, label->value), 1);
            status = promc_expose(registry, format, take_text, text);
        }
        promc_registry_free(registry);
    }
    promc__buffer_char(text, '\0');
    return status == PROMC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    unsigned flags = choose_byte(&choices), help_size = choose_byte(&choices), name_size;
    promc_format format = flags & 1 ? PROMC_FORMAT_OPENMETRICS : PROMC_FORMAT_TEXT_1_0_0;
    struct texts texts = {PROMC__BUFFER(0), PROMC__BUFFER(0), NULL};
    promc__buffer text = PROMC__BUFFER(0), again = PROMC__BUFFER(0);
    char *help, *name, *value;
    bool exposed;

    help_size = choices.left < help_size ? (unsigned)choices.left : help_size;
    help = test_string(choices.at, help_size);
    choices.at += help_size;
    choices.left -= help_size;
    name_size = choose_byte(&choices) % 16;
    name_size = choices.left < name_size ? (unsigned)choices.left : name_size;
    name = test_string(choices.at, name_size);
    value = test_string(choices.at + name_size, choices.left - name_size);

    check_utf8(value);
    check_utf8(help);
    repair(&texts.help, help);
    repair(&texts.value, value);
    texts.name = name;
    format |= PROMC_ESCAPE_ALLOW_UTF_8;
    exposed = expose(&text, format, help, &(promc_label){name, value}, true);
    if (expose(&again, format, help, &(promc_label){name, value}, false))
        require(exposed && again.size == text.size &&
                memcmp(again.data, text.data, text.size) == 0);
    if (exposed) {
        require(promc__utf8_valid(text.data, text.size));
        check_lines(text.data, &texts, flags & 1);
        check_parsed(&text, &texts, format);
    }
    promc__buffer_free(&text);
    promc__buffer_free(&again);
    promc__buffer_free(&texts.help);
    promc__buffer_free(&texts.value);
    free(help);
    free(name);
    free(value);
    return 0;
}
