/* SPDX-License-Identifier: Apache-2.0 */
#include "http/query.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

int promc__hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of the two digits behind a "%"; -1 if there are no two. */
static int percent_byte(const char *text, size_t size)
{
    int high = size > 2 ? promc__hex_digit(text[1]) : -1;
    int low = high < 0 ? -1 : promc__hex_digit(text[2]);

    return low < 0 ? -1 : high * 16 + low;
}

bool promc__decode_path(char *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c == '%') {
            int byte = percent_byte(text + i, size - i);

            if (byte <= 0)
                return false;
            c = (char)byte;
            i += 2;
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

/* As parse_qs: what cannot be decoded stays. "%00" stays too, so that no name is cut short. */
static char *decode_form(char *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int byte = text[i] == '%' ? percent_byte(text + i, size - i) : -1;

        if (byte > 0) {
            *out++ = (char)byte;
            i += 2;
        } else {
            *out++ = text[i] == '+' ? ' ' : text[i];
        }
    }
    *out = '\0';
    return out;
}

/* Whether the parameter is name[]=value; decodes the value to `out`. */
static bool name_parameter(const char *text, size_t size, char *out)
{
    const char *equals = memchr(text, '=', size);
    size_t key_size = equals ? (size_t)(equals - text) : size;
    char key[3 * 6 + 1]; /* every character of name[] may be percent-encoded */

    if (!equals || key_size >= sizeof(key))
        return false;
    decode_form(key, text, key_size);
    if (strcmp(key, "name[]") != 0)
        return false;
    decode_form(out, equals + 1, size - key_size - 1);
    return *out != '\0';
}

int promc__query_names(const char *query, size_t size, char ***names)
{
    size_t parameters = 1, bytes, count = 0;
    char **list, *text;

    *names = NULL;
    if (!size)
        return PROMC_OK;
    for (size_t i = 0; i < size; i++)
        parameters += query[i] == '&';
    /* A decoded value is shorter than its parameter, so the texts fit in as many bytes. */
    if (!promc__size_of(parameters + 1, sizeof(*list), size + 1, &bytes))
        return promc__fail_memory("name[] filter");
    list = promc__malloc(bytes);
    if (!list)
        return promc__fail_memory("name[] filter");
    text = (char *)(list + parameters + 1);
    while (size) {
        const char *next = memchr(query, '&', size);
        size_t length = next ? (size_t)(next - query) : size;

        if (name_parameter(query, length, text)) {
            list[count++] = text;
            text += strlen(text) + 1;
        }
        length += next != NULL;
        query += length;
        size -= length;
    }
    list[count] = NULL;
    if (count)
        *names = list;
    else
        promc__free(list);
    return PROMC_OK;
}
