/* SPDX-License-Identifier: Apache-2.0 */
#include "http/ask.h"

#include "base/number.h"
#include "http/base64.h"
#include "http/message.h"

#include <math.h>
#include <string.h>

static bool is_token(const char *text)
{
    const char *at = text;

    while (promc__is_token_char((unsigned char)*at))
        at++;
    return at != text && !*at;
}

/* Headers that tell where the request goes and where it ends are the client's. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {"connection", "content-length", "expect",
                                           "host",       "keep-alive",     "transfer-encoding",
                                           "te",         "trailer",        "upgrade"};

    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (promc__same_word(name, strlen(name), reserved[i]))
            return true;
    return false;
}

static bool is_plain_value(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
            return false;
    return true;
}

static size_t count_header(const promc_http_header *header, const char *name)
{
    size_t count = 0;

    for (; header && header->name; header++)
        count += promc__same_word(header->name, strlen(header->name), name);
    return count;
}

static bool has_header(const promc_http_header *header, const char *name)
{
    return count_header(header, name) > 0;
}

/* Of these servers take the first, or the last, or neither. */
static bool is_said_twice(const struct promc__client_request *request)
{
    return count_header(request->headers, "content-type") > 1 ||
           count_header(request->headers, "content-encoding") > 1 ||
           count_header(request->headers, "authorization") + (request->user || request->token) > 1;
}

const char *promc__ask_check(const struct promc__client_request *request)
{
    const promc_http_header *header = request->headers;

    if (request->method && !is_token(request->method))
        return "the method is no method";
    for (; header && header->name; header++) {
        if (!is_token(header->name) || is_reserved(header->name))
            return "a header's name is malformed, or one that the client sends itself";
        if (!header->value || !is_plain_value(header->value))
            return "a header's value is NULL, or has a line break or control character";
    }
    if (is_said_twice(request))
        return "the content type, its encoding or the authorization is given twice";
    if (request->gzip && has_header(request->headers, "content-encoding"))
        return "it says how the body is encoded, and gzip would encode it again";
    if (isnan(request->timeout))
        return "the timeout is not a number";
    if (!request->user != !request->password)
        return "user and password go together";
    if (request->user && request->token)
        return "either user and password or a token, not both";
    if (request->user && (strchr(request->user, ':') || !is_plain_value(request->user) ||
                          !is_plain_value(request->password)))
        return "user and password must have no control characters, and the user no colon";
    if (request->token && (!*request->token || !is_plain_value(request->token)))
        return "the token is empty or has control characters";
    return NULL;
}

static void write_authorization(promc__buffer *out, const struct promc__client_request *request)
{
    promc__buffer pair = PROMC__BUFFER(0);

    if (request->token) {
        promc__buffer_string(out, "Authorization: Bearer ");
        promc__buffer_string(out, request->token);
    }
    if (request->user) {
        promc__buffer_string(&pair, request->user);
        promc__buffer_char(&pair, ':');
        promc__buffer_string(&pair, request->password);
        promc__buffer_string(out, "Authorization: Basic ");
        if (pair.error)
            out->error = pair.error;
        else
            promc__write_base64(out, pair.data, pair.size, false);
        promc__buffer_free(&pair);
    }
    if (request->token || request->user)
        promc__buffer_string(out, "\r\n");
}

/* Of headers that the caller set, those that describe the body may be told to anybody. */
static bool may_travel(const char *name)
{
    return promc__same_word(name, strlen(name), "content-type") ||
           promc__same_word(name, strlen(name), "content-encoding") ||
           promc__same_word(name, strlen(name), "accept");
}

void promc__ask_write(promc__buffer *out, const struct promc__client_request *request,
                      const promc__url *url, bool away)
{
    const char *method = request->method ? request->method : "GET";
    char number[PROMC__NUMBER_SIZE];

    promc__buffer_string(out, method);
    promc__buffer_char(out, ' ');
    promc__url_write_target(out, url);
    promc__buffer_string(out, " HTTP/1.1\r\nHost: ");
    promc__buffer_append(out, url->authority, url->authority_size);
    promc__buffer_string(out, "\r\n");
    if (away || !has_header(request->headers, "user-agent"))
        promc__write_field(out, "User-Agent", "libpromc/" PROMC_VERSION);
    for (const promc_http_header *header = request->headers; header && header->name; header++)
        if (!away || may_travel(header->name))
            promc__write_field(out, header->name, header->value);
    if (!away)
        write_authorization(out, request);
    if (request->gzip && request->body_size)
        promc__write_field(out, "Content-Encoding", "gzip");
    /* RFC 9110 8.6: said without a body too where the method has a meaning for one. */
    if (request->body_size || strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0) {
        promc__buffer_string(out, "Content-Length: ");
        promc__buffer_append(out, number, promc__write_u64(number, request->body_size));
        promc__buffer_string(out, "\r\n");
    }
    promc__buffer_string(out, "Connection: close\r\n\r\n");
}
