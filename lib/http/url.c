/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "http/parser.h"
#include "http/query.h"

#include <stdio.h>
#include <string.h>

/* Characters that stand for themselves in paths and queries (RFC 3986 3.3, 3.4). */
static bool is_url_char(unsigned char c)
{
    return c > ' ' && c < 0x7F && !strchr("\"<>\\^`{|}#", c);
}

static bool is_host_char(unsigned char c, bool brackets)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.')
        return true;
    return brackets ? c == ':' || c == '%' : c == '-' || c == '_';
}

/* Length of "http:" or "https:" at the beginning; 0 if there is neither. */
static size_t scheme_size(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : 0;

    if (promc__same_word(text, size, "http") || promc__same_word(text, size, "https"))
        return size + 1;
    return 0;
}

static const char *parse_port(promc__url *url, const char *text, size_t size)
{
    int port = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return "the port is not a number";
        port = port * 10 + (text[i] - '0');
        if (port > 65535)
            return "the port is greater than 65535";
    }
    if (size && !port)
        return "the port is 0";
    if (size)
        url->port = port;
    return NULL;
}

/* More than one colon, and nothing that no address has before its zone. */
static bool is_bare_ipv6(const char *text, size_t size)
{
    const char *colon = memchr(text, ':', size);
    size_t address = strspn(text, "0123456789abcdefABCDEF:.");

    return colon && memchr(colon + 1, ':', size - (size_t)(colon + 1 - text)) &&
           (address >= size || text[address] == '%');
}

/* host, [address], each with or without :port */
static const char *parse_authority(promc__url *url)
{
    const char *text = url->authority, *end = text + url->authority_size, *behind;

    if (memchr(text, '@', url->authority_size))
        return "user name and password do not belong into a URL: give them as options";
    url->brackets = text < end && *text == '[';
    if (url->brackets) {
        behind = memchr(text, ']', url->authority_size);
        if (!behind)
            return "the ] of the address is missing";
        url->host = text + 1;
        url->host_size = (size_t)(behind++ - url->host);
    } else {
        behind = memchr(text, ':', url->authority_size);
        if (!behind)
            behind = end;
        url->host = text;
        url->host_size = (size_t)(behind - text);
    }
    if (!url->brackets && is_bare_ipv6(text, url->authority_size))
        return "an IPv6 address stands in brackets: [::1]";
    if (!url->host_size)
        return "the host is missing";
    if (url->host_size > 255)
        return "the host name is too long";
    for (size_t i = 0; i < url->host_size; i++)
        if (!is_host_char((unsigned char)url->host[i], url->brackets))
            return "the host name has a character that is not allowed there";
    if (behind == end)
        return NULL;
    if (*behind != ':')
        return "only a port may follow the host";
    return parse_port(url, behind + 1, (size_t)(end - behind - 1));
}

const char *promc__url_parse(promc__url *url, const char *text)
{
    size_t scheme = scheme_size(text);

    *url = (promc__url){.https = scheme == 6};
    url->port = url->https ? 443 : 80;
    if (!scheme || strncmp(text + scheme, "//", 2) != 0)
        return "it must begin with http:// or https://";
    url->authority = text + scheme + 2;
    url->authority_size = strcspn(url->authority, "/?#");
    url->target = url->authority + url->authority_size;
    url->target_size = strcspn(url->target, "#");
    for (size_t i = 0; i < url->target_size; i++) {
        const char *at = url->target + i;

        if (!is_url_char((unsigned char)*at))
            return "it has a character that must be percent-encoded";
        if (*at == '%' && (promc__hex_digit(at[1]) < 0 || promc__hex_digit(at[2]) < 0))
            return "% without two hexadecimal digits";
    }
    return parse_authority(url);
}

const char *promc__url_parse_host(promc__url *url, const char *text, int default_port)
{
    *url = (promc__url){.authority = text, .authority_size = strlen(text), .port = default_port};
    return parse_authority(url);
}

void promc__url_name_host(char *out, size_t size, const promc__url *url)
{
    (void)snprintf(out, size, url->brackets ? "[%.*s]:%d" : "%.*s:%d", (int)url->host_size,
                   url->host, url->port);
}

void promc__url_name(char *out, size_t size, const promc__url *url, bool with_path)
{
    char host[272];
    size_t path = 0;

    promc__url_name_host(host, sizeof(host), url);
    while (with_path && path < url->target_size && path < size && url->target[path] != '?')
        path++;
    if (snprintf(out, size, "http%s://%s%.*s", url->https ? "s" : "", host, (int)path,
                 url->target) >= (int)size)
        memcpy(out + size - 4, "...", 4); /* there was more */
}

static bool same_host(const promc__url *a, const promc__url *b)
{
    char lower[256]; /* a host has at most 255: parse_authority() */

    for (size_t i = 0; i < a->host_size; i++)
        lower[i] =
            a->host[i] >= 'A' && a->host[i] <= 'Z' ? (char)(a->host[i] - 'A' + 'a') : a->host[i];
    lower[a->host_size] = '\0';
    return promc__same_word(b->host, b->host_size, lower);
}

bool promc__url_same_origin(const promc__url *a, const promc__url *b)
{
    return a->https == b->https && a->port == b->port && same_host(a, b);
}

void promc__url_write_target(promc__buffer *out, const promc__url *url)
{
    if (!url->target_size || *url->target != '/')
        promc__buffer_char(out, '/');
    promc__buffer_append(out, url->target, url->target_size);
}

/* ---- references ------------------------------------------------------------------------------ */

/* Takes the last segment, and its slash, off a path that begins at `start`. */
static void drop_segment(promc__buffer *out, size_t start)
{
    while (out->size > start && out->data[out->size - 1] != '/')
        out->size--;
    if (out->size > start)
        out->size--;
}

/* Appends a path that begins with "/" without its "." and ".." (RFC 3986 5.2.4), and its query as
 * it is. */
static void append_without_dots(promc__buffer *out, const char *path)
{
    size_t start = out->size, end = strcspn(path, "?#");

    for (size_t at = 0; at < end;) {
        size_t size = 1;

        while (at + size < end && path[at + size] != '/')
            size++;
        if (size == 3 && memcmp(path + at, "/..", 3) == 0)
            drop_segment(out, start);
        else if (size != 2 || path[at + 1] != '.')
            promc__buffer_append(out, path + at, size);
        if (at + size == end && (size == 2 || size == 3) && path[at + 1] == '.' &&
            path[at + size - 1] == '.')
            promc__buffer_char(out, '/');
        at += size;
    }
    promc__buffer_append(out, path + end, strcspn(path + end, "#"));
}

/* The base's path up to its last slash, and behind it the reference. One without a path keeps the
 * base's, and one without a query its query. */
static void append_merged(promc__buffer *out, const promc__url *base, const char *location)
{
    promc__buffer path = PROMC__BUFFER(0);
    bool no_query = !*location || *location == '#', no_path = no_query || *location == '?';
    size_t end = 0;

    promc__url_write_target(&path, base);
    if (!path.error) {
        while (end < path.size && (path.data[end] != '?' || no_query))
            end++;
        while (!no_path && path.data[end - 1] != '/')
            end--;
        path.size = end;
    }
    promc__buffer_string(&path, location);
    promc__buffer_char(&path, '\0');
    if (path.error)
        out->error = path.error;
    else
        append_without_dots(out, path.data);
    promc__buffer_free(&path);
}

void promc__url_resolve(promc__buffer *out, const promc__url *base, const char *location)
{
    size_t scheme = strcspn(location, ":/?#");

    if (location[scheme] == ':') {
        promc__buffer_string(out, location);
    } else {
        promc__buffer_string(out, base->https ? "https:" : "http:");
        if (strncmp(location, "//", 2) == 0) {
            promc__buffer_string(out, location);
        } else {
            promc__buffer_string(out, "//");
            promc__buffer_append(out, base->authority, base->authority_size);
            if (*location == '/')
                append_without_dots(out, location);
            else
                append_merged(out, base, location);
        }
    }
    promc__buffer_char(out, '\0');
}
