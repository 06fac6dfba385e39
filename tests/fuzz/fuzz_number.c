/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers. Byte 0 chooses: a double of eight bytes, which is written and read by strtod(), or a
 * text, which is read as strtod() reads it if it is a number of the grammar, and refused otherwise.
 */
#include "fuzz.h"

#include "base/number.h"
#include "base/parse_number.h"

#include <inttypes.h>
#include <math.h>

static bool same_number(double a, double b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof(a)) == 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* How many digits a number has from the first to the last that is not 0. */
static int significant(const char *text)
{
    int digits = 0, kept = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (!digits && *text == '0'))
            continue;
        digits++;
        if (*text != '0')
            kept = digits;
    }
    return kept;
}

static void check_text(const char *text, double value)
{
    double back;
    char *end, shorter[64];

    if (isnan(value) || isinf(value))
        return;
    require(same_number(strtod(text, &end), value) && !*end);
    require(promc__parse_double(text, strlen(text), &back) == PROMC__NUMBER_OK);
    require(same_number(back, value));
    /* No shorter number is the same double. */
    if (significant(text) > 1) {
        snprintf(shorter, sizeof(shorter), "%.*e", significant(text) - 2, value);
        require(strtod(shorter, NULL) != value);
    }
}

static void check_layout(const char *text, double value)
{
    const char *exponent = strchr(text, 'e');

    if (isnan(value))
        require(strcmp(text, "NaN") == 0);
    else if (isinf(value))
        require(strcmp(text, value < 0 ? "-Inf" : "+Inf") == 0);
    else if (value >= 1e6)
        require(exponent && exponent[1] == '+' && exponent[2] && exponent[3]);
    else
        require(exponent || strchr(text, '.'));
}

static void check_double(double value)
{
    char text[PROMC__NUMBER_SIZE + 1], in_two_steps[PROMC__NUMBER_SIZE];
    size_t size = promc__write_double(text, value);
    promc__digits found;

    promc__find_digits(&value, 1, &found);
    require(size && size <= PROMC__NUMBER_SIZE);
    if (found.digits)
        require(promc__write_digits(in_two_steps, found) == size &&
                memcmp(in_two_steps, text, size) == 0);
    text[size] = '\0';
    check_layout(text, value);
    check_text(text, value);
    size = promc__write_repr(text, value);
    require(size && size <= PROMC__NUMBER_SIZE);
    text[size] = '\0';
    check_text(text, value);
    if (isnan(value) || isinf(value))
        require(strcmp(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf") == 0);
}

static void check_integer(uint64_t value)
{
    char text[PROMC__NUMBER_SIZE + 1], expected[32];
    int64_t back, signed_value;
    size_t size = promc__write_u64(text, value);

    text[size] = '\0';
    snprintf(expected, sizeof(expected), "%" PRIu64, value);
    require(strcmp(text, expected) == 0);
    require(promc__parse_i64(text, size, &back) == (value <= INT64_MAX));
    memcpy(&signed_value, &value, sizeof(value));
    size = promc__write_i64(text, signed_value);
    text[size] = '\0';
    snprintf(expected, sizeof(expected), "%" PRId64, signed_value);
    require(strcmp(text, expected) == 0);
    require(promc__parse_i64(text, size, &back) && back == signed_value);
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

static bool is_decimal(const char *at)
{
    const char *digits, *fraction;

    at += *at == '+' || *at == '-';
    digits = at;
    at = skip_digits(at);
    if (*at == '.') {
        fraction = skip_digits(at + 1);
        if (at == digits && fraction == at + 1)
            return false;
        at = fraction;
    } else if (at == digits) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        digits = at;
        at = skip_digits(at);
        if (at == digits)
            return false;
    }
    return !*at;
}

static bool is_word(const char *at, const char *word)
{
    for (; *word; at++, word++)
        if ((*at | 0x20) != *word)
            return false;
    return !*at;
}

static bool is_number(const char *text)
{
    const char *at = text + (*text == '+' || *text == '-');

    return is_decimal(text) || is_word(at, "inf") || is_word(at, "infinity") ||
           is_word(text, "nan");
}

static void check_parse(const char *exact, size_t size)
{
    char *text = test_string(exact, size);
    double value = 0, expected = strtod(text, NULL);
    enum promc__number_result result = promc__parse_double(exact, size, &value);
    int64_t integer;

    if (strlen(text) != size || !is_number(text)) {
        require(result == PROMC__NUMBER_SYNTAX);
    } else {
        bool overflow = isinf(expected) && is_decimal(text);

        require(result == (overflow ? PROMC__NUMBER_TOO_LARGE : PROMC__NUMBER_OK));
        require(same_number(value, expected));
    }
    if (promc__parse_i64(exact, size, &integer)) {
        require(strspn(text + (*text == '-'), "0123456789") + (*text == '-') == size);
        require(integer == strtoll(text, NULL, 10));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    double value;
    uint64_t bits;
    char *exact;

    if (choose_byte(&choices) & 1) {
        exact = test_copy(choices.at, choices.left);
        check_parse(exact, choices.left);
        free(exact);
        return 0;
    }
    value = choose_double(&choices);
    memcpy(&bits, &value, sizeof(bits));
    check_double(value);
    check_integer(bits);
    return 0;
}
