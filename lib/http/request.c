/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

#include "base/error.h"
#include "base/memory.h"
#include "http/query.h"

#include <string.h>

/* Where the path begins: absolute-form (RFC 9112 3.2.2) has scheme and authority before it. */
static const char *behind_authority(const char *target, const char *end)
{
    size_t scheme = (size_t)(end - target) >= 7 && promc__same_word(target, 7, "http://")    ? 7
                    : (size_t)(end - target) >= 8 && promc__same_word(target, 8, "https://") ? 8
                                                                                             : 0;

    if (!scheme)
        return target;
    target += scheme;
    while (target < end && *target != '/' && *target != '?')
        target++;
    return target;
}

/* Appends a string to the request's text. */
static const char *keep_text(char **out, const char *text, size_t size)
{
    char *begin = *out;

    memcpy(begin, text, size);
    begin[size] = '\0';
    *out += size + 1;
    return begin;
}

static bool make_target(promc__request *request, const char *target, size_t size, char **out)
{
    const char *end = target + size, *path = behind_authority(target, end), *query;
    size_t path_size;

    if (size == 1 && *target == '*' && strcmp(request->view.method, "OPTIONS") == 0) {
        request->asterisk = true;
        request->view.path = keep_text(out, "*", 1);
        request->view.query = "";
        return true;
    }
    query = memchr(path, '?', (size_t)(end - path));
    path_size = (size_t)((query ? query : end) - path);
    if (!path_size && path > target) { /* "http://host" means "/" */
        request->view.path = keep_text(out, "/", 1);
    } else {
        if (!path_size || *path != '/' || !promc__decode_path(*out, path, path_size))
            return false;
        request->view.path = *out;
        *out += strlen(*out) + 1;
    }
    request->view.query = query ? keep_text(out, query + 1, (size_t)(end - query - 1)) : "";
    return true;
}

int promc__request_make(promc__request *request, const promc__request_head *head, const char *data)
{
    size_t at = head->fields, count = 0;
    promc__field field;
    char *out;

    request->view = (promc_http_request){.headers = request->headers, .body = ""};
    request->asterisk = false;
    /* Every string is shorter than its part of the head with the separators; "http://host" grows
     * by a path at most. */
    request->text = promc__malloc(head->size + 2);
    if (!request->text)
        return promc__fail_memory("request");
    out = request->text;
    request->view.method = keep_text(&out, data + head->method, head->method_size);
    if (!make_target(request, data + head->target, head->target_size, &out))
        return PROMC_ERROR_SYNTAX;
    while (count < PROMC__HTTP_FIELDS_MAX && promc__next_field(data, head, &at, &field)) {
        request->headers[count].name = keep_text(&out, data + field.name, field.name_size);
        request->headers[count++].value = keep_text(&out, data + field.value, field.value_size);
    }
    request->headers[count] = (promc_http_header){NULL, NULL};
    return PROMC_OK;
}

void promc__request_free(promc__request *request)
{
    promc__free(request->text);
    request->text = NULL;
}

static bool same_field_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        char x = *a, y = *b;

        if (x >= 'A' && x <= 'Z')
            x = (char)(x - 'A' + 'a');
        if (y >= 'A' && y <= 'Z')
            y = (char)(y - 'A' + 'a');
        if (x != y)
            return false;
    }
    return *a == *b;
}

const char *promc_http_request_header(const promc_http_request *request, const char *name)
{
    if (!request || !name || !request->headers)
        return NULL;
    for (const promc_http_header *header = request->headers; header->name; header++)
        if (same_field_name(header->name, name))
            return header->value;
    return NULL;
}

int promc__request_joined(const promc_http_request *request, const char *name, const char **value,
                          char **owned)
{
    promc__buffer joined = PROMC__BUFFER(0);
    size_t count = 0;

    *owned = NULL;
    *value = NULL;
    for (const promc_http_header *header = request->headers; header->name; header++)
        if (same_field_name(header->name, name) && count++ == 0)
            *value = header->value;
    if (count < 2)
        return PROMC_OK;
    for (const promc_http_header *header = request->headers; header->name; header++) {
        if (!same_field_name(header->name, name))
            continue;
        if (joined.size)
            promc__buffer_char(&joined, ',');
        promc__buffer_string(&joined, header->value);
    }
    promc__buffer_append(&joined, "", 1);
    if (joined.error) {
        promc__buffer_free(&joined);
        return promc__fail_memory("Accept header");
    }
    *value = *owned = promc__buffer_take(&joined);
    return PROMC_OK;
}
