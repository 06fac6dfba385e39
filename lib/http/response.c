/* SPDX-License-Identifier: Apache-2.0 */
#include "http/response.h"

#include "base/error.h"
#include "http/message.h"
#include "http/parser.h"

#include <string.h>

void promc__response_begin(promc_http_response *response)
{
    *response = (promc_http_response){.status = 200,
                                      .fields = PROMC__BUFFER(PROMC__RESPONSE_FIELDS_MAX),
                                      .body = PROMC__BUFFER(PROMC__RESPONSE_BODY_MAX)};
}

void promc__response_free(promc_http_response *response)
{
    promc__buffer_free(&response->fields);
    promc__buffer_free(&response->body);
}

void promc__response_error(promc_http_response *response, int status, const char *detail)
{
    promc__buffer *body = &response->body;
    char number[] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
                     (char)('0' + status % 10), ' ', '\0'};

    response->status = status;
    response->typed = false;
    response->fields.size = 0;
    body->size = 0;
    promc__buffer_string(body, "# HTTP ");
    promc__buffer_string(body, number);
    promc__buffer_string(body, promc__status_text(status));
    if (detail) {
        promc__buffer_string(body, ": ");
        promc__buffer_string(body, detail);
    }
    promc__buffer_char(body, '\n');
}

void promc_http_response_status(promc_http_response *response, int status)
{
    response->status = status;
}

/* The server says these itself; a second one would be a second opinion on the framing. */
static bool is_own_field(const char *name)
{
    static const char own[][18] = {"content-length", "transfer-encoding", "connection", "date",
                                   "keep-alive",     "upgrade",           "trailer"};

    for (size_t i = 0; i < promc__count_of(own); i++)
        if (promc__same_word(name, strlen(name), own[i]))
            return true;
    return false;
}

static bool is_field_name(const char *name)
{
    if (!*name)
        return false;
    for (; *name; name++)
        if (!promc__is_token_char((unsigned char)*name))
            return false;
    return true;
}

static bool is_field_value(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7F)
            return false;
    return true;
}

int promc_http_response_header(promc_http_response *response, const char *name, const char *value)
{
    if (!name || !value || !is_field_name(name) || !is_field_value(value))
        return promc__fail(
            PROMC_ERROR_ARGUMENT,
            "response header \"%s\": the name must be a token and the value one line",
            name ? name : "");
    if (is_own_field(name))
        return promc__fail(PROMC_ERROR_ARGUMENT,
                           "response header \"%s\": the server sends it itself", name);
    promc__write_field(&response->fields, name, value);
    if (response->fields.error)
        return promc__fail(response->fields.error, "response header \"%s\": %s", name,
                           promc_error_string(response->fields.error));
    response->typed |= promc__same_word(name, strlen(name), "content-type");
    return PROMC_OK;
}

int promc_http_response_write(promc_http_response *response, const void *data, size_t size)
{
    promc__buffer_append(&response->body, data, size);
    if (response->body.error)
        return promc__fail(response->body.error, "response body: %s (at most 64 MiB)",
                           promc_error_string(response->body.error));
    return PROMC_OK;
}
