/* SPDX-License-Identifier: Apache-2.0 */
/* Authorizers for basic (RFC 7617) and bearer (RFC 6750) credentials. */
#include "http/parser.h"

#include <promc/http.h>

#include <string.h>

/* Takes the same time wherever the first difference is; only the length given by the client shows.
 */
static bool same_secret(const char *given, size_t size, const char *secret)
{
    size_t secret_size = strlen(secret);
    volatile unsigned difference = size != secret_size;

    for (size_t i = 0; i < size; i++) {
        unsigned expected = (unsigned char)(secret_size ? secret[i % secret_size] : 0);

        difference = difference | ((unsigned char)given[i] ^ expected);
    }
    return difference == 0;
}

/* What follows the scheme in Authorization; NULL if it is another scheme. */
static const char *credentials(const promc_http_request *request, const char *scheme)
{
    const char *value = promc_http_request_header(request, "Authorization");
    size_t size = strlen(scheme);

    if (!value || strlen(value) <= size || value[size] != ' ' ||
        !promc__same_word(value, size, scheme))
        return NULL;
    value += size;
    while (*value == ' ')
        value++;
    return value;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The decoded size; -1 if the text is not base64 (padding may be left out) or does not fit. */
static long decode_base64(const char *text, char *out, size_t room)
{
    unsigned bits = 0, count = 0;
    size_t used = 0, size = strlen(text);

    while (size && text[size - 1] == '=')
        size--;
    if (size % 4 == 1)
        return -1;
    for (size_t i = 0; i < size; i++) {
        int digit = base64_digit(text[i]);

        if (digit < 0)
            return -1;
        bits = (bits << 6 | (unsigned)digit) & 0xFFFFFF;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        if (used == room)
            return -1;
        out[used++] = (char)(bits >> count & 0xFF);
    }
    return (long)used;
}

bool promc_http_authorize_basic(const promc_http_request *request, void *arg)
{
    const promc_http_basic *expected = arg;
    const char *given = credentials(request, "basic"), *colon;
    char decoded[1024];
    long size;
    bool user, password;

    if (!given || !expected || !expected->user || !expected->password)
        return false;
    size = decode_base64(given, decoded, sizeof(decoded));
    colon = size > 0 ? memchr(decoded, ':', (size_t)size) : NULL;
    if (!colon)
        return false;
    user = same_secret(decoded, (size_t)(colon - decoded), expected->user);
    password = same_secret(colon + 1, (size_t)(decoded + size - colon - 1), expected->password);
    return user & password;
}

bool promc_http_authorize_bearer(const promc_http_request *request, void *arg)
{
    const char *token = arg, *given = credentials(request, "bearer");

    return token && *token && given && same_secret(given, strlen(given), token);
}
