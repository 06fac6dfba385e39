/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/gateway_url.h"

#include "base/error.h"
#include "base/names.h"
#include "http/base64.h"
#include "http/parser.h"

/* Python's quote_plus(); a space never gets here. */
static void append_quoted(promc__buffer *out, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            strchr("_.-~", c)) {
            promc__buffer_char(out, *value);
        } else {
            promc__buffer_char(out, '%');
            promc__buffer_char(out, hex[c >> 4]);
            promc__buffer_char(out, hex[c & 15]);
        }
    }
}

/* What is lost on the way: the gateway redirects paths with an empty part, a coded slash, or a part
 * of dots (which client_python sends as they are). */
static bool needs_base64(const char *value)
{
    return !*value || strpbrk(value, "/ ") || strcmp(value, ".") == 0 || strcmp(value, "..") == 0;
}

static void append_pair(promc__buffer *out, const char *name, const char *value)
{
    promc__buffer_char(out, '/');
    promc__buffer_string(out, name);
    if (!needs_base64(value)) {
        promc__buffer_char(out, '/');
        append_quoted(out, value);
        return;
    }
    promc__buffer_string(out, "@base64/");
    if (*value)
        promc__write_base64(out, value, strlen(value), true);
    else
        promc__buffer_char(out, '=');
}

static int check_grouping_key(const promc_label *key, size_t *count)
{
    for (*count = 0; key && key[*count].name; ++*count) {
        const promc_label *label = &key[*count];

        if (!promc__is_legacy_label_name(label->name, strlen(label->name)))
            return promc__fail(PROMC_ERROR_LABELS, "grouping key: \"%.60s\" is no label name",
                               label->name);
        if (!label->value)
            return promc__fail(PROMC_ERROR_LABELS, "grouping key: the value of %.60s is NULL",
                               label->name);
        if (strcmp(label->name, "job") == 0)
            return promc__fail(PROMC_ERROR_LABELS,
                               "grouping key: the job is given as argument, not in the key");
        for (size_t i = 0; i < *count; i++)
            if (strcmp(label->name, key[i].name) == 0)
                return promc__fail(PROMC_ERROR_LABELS, "grouping key: %.60s is there twice",
                                   label->name);
    }
    return PROMC_OK;
}

/* The first label behind `last` in the order of names; NULL `last`: the first of all. */
static const promc_label *next_label(const promc_label *key, const promc_label *last)
{
    const promc_label *next = NULL;

    for (; key->name; key++)
        if ((!last || strcmp(key->name, last->name) > 0) &&
            (!next || strcmp(key->name, next->name) < 0))
            next = key;
    return next;
}

/* urllib's scheme of the gateway is http or https. */
static bool has_http_scheme(const char *gateway)
{
    size_t size = strcspn(gateway, ":");

    return gateway[size] &&
           (promc__same_word(gateway, size, "http") || promc__same_word(gateway, size, "https"));
}

int promc__gateway_url(promc__buffer *out, const char *gateway, const char *job,
                       const promc_label *grouping_key)
{
    size_t size, count;
    int status;

    if (!gateway || !*gateway || !job)
        return promc__fail(PROMC_ERROR_ARGUMENT, "Pushgateway: %s is missing",
                           job ? "its address" : "the job");
    status = check_grouping_key(grouping_key, &count);
    if (status != PROMC_OK)
        return status;
    if (!has_http_scheme(gateway))
        promc__buffer_string(out, "http://");
    size = strlen(gateway);
    while (size && gateway[size - 1] == '/')
        size--;
    promc__buffer_append(out, gateway, size);
    promc__buffer_string(out, "/metrics");
    append_pair(out, "job", job);
    for (const promc_label *label = NULL; count; count--) {
        label = next_label(grouping_key, label);
        append_pair(out, label->name, label->value);
    }
    promc__buffer_char(out, '\0');
    return out->error ? promc__fail_memory("Pushgateway") : PROMC_OK;
}
