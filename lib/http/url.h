/* SPDX-License-Identifier: Apache-2.0 */
/* http and https URLs (RFC 3986), as strictly as a client can: nothing is guessed or repaired. */
#ifndef PROMC_HTTP_URL_H
#define PROMC_HTTP_URL_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Places are in the caller's text. */
typedef struct promc__url {
    bool https;
    const char *authority; /* host and port as written: what the Host header says */
    size_t authority_size;
    const char *host; /* without the brackets of an IPv6 address */
    size_t host_size;
    bool brackets;
    int port;           /* 80 or 443 if none is written */
    const char *target; /* path and query; may be empty or begin with "?": then "/" comes before */
    size_t target_size; /* the fragment is left out */
} promc__url;

/* NULL, or what is wrong with the text. User names and passwords are: URLs end up in logs. */
const char *promc__url_parse(promc__url *url, const char *text);

/* Host and optional port ("db1", "[::1]:2003") alone; the rest of `url` is empty. */
const char *promc__url_parse_host(promc__url *url, const char *text, int default_port);

/* Their name in messages, cut to `size`: host and port, which may be the default one; the URL, with
 * its path if that is no secret, as it is of many webhooks. Never the query. */
void promc__url_name_host(char *out, size_t size, const promc__url *url);
void promc__url_name(char *out, size_t size, const promc__url *url, bool with_path);

/* Whether both have the same scheme, host and port (RFC 9110 4.3.1). */
bool promc__url_same_origin(const promc__url *a, const promc__url *b);

/* Appends the URL that a Location header means, seen from `base` (RFC 3986 5.2), and a NUL. */
void promc__url_resolve(promc__buffer *out, const promc__url *base, const char *location);

/* Appends what belongs into the request line. */
void promc__url_write_target(promc__buffer *out, const promc__url *url);

#endif
