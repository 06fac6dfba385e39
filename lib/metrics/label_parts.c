/* SPDX-License-Identifier: Apache-2.0 */
/* Label texts taken apart. */
#include "base/bytes.h"
#include "base/compiler.h"
#include "metrics/label_text.h"

/* The end of quoted text that begins at `at`, that is, its closing quote. */
static inline const char *closing_quote(const char *at, const char *end, bool *escaped)
{
    *escaped = false;
    at = promc__find_either(at, end, '"', '\\');
    while (promc__unlikely(at < end && *at == '\\')) {
        *escaped = true;
        at = promc__find_either(at + 2, end, '"', '\\');
    }
    return at;
}

bool promc__label_next(const char **at, const char *end, promc__label_part *part)
{
    const char *p = *at;

    if (p >= end)
        return false;
    if (*p == ',')
        p++;
    part->begin = p;
    part->quoted_name = *p == '"';
    part->name = p + part->quoted_name;
    p = part->quoted_name ? closing_quote(part->name, end, &part->escaped)
                          : promc__find_either(p, end, '=', '=');
    part->name_size = (size_t)(p - part->name);
    p += part->quoted_name + 2; /* quote, equals sign, quote */
    part->value = p;
    p = closing_quote(p, end, &part->escaped);
    part->value_size = (size_t)(p - part->value);
    part->end = p + 1;
    *at = part->end;
    return true;
}
