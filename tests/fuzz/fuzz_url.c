/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs and percent-encoding. The input is two texts with a newline between them: a URL, and a
 * reference to be resolved from there.
 *
 * A URL that is accepted is what its parts put together; references are resolved as the algorithm
 * of RFC 3986 5.2 resolves them, word by word; paths and queries are decoded as a table decodes
 * them.
 */
#include "fuzz.h"

#include "base/memory.h"
#include "http/query.h"
#include "http/url.h"

/* ---- RFC 3986, appendix B and 5.2, to the letter --------------------------------------------- */

struct reference {
    char *scheme, *authority, *path, *query; /* NULL: undefined, but for the path */
};

static char *part(const char *from, size_t size)
{
    return test_string(from, size);
}

static struct reference split(const char *text)
{
    struct reference to = {NULL, NULL, NULL, NULL};
    size_t size = strcspn(text, ":/?#");

    if (text[size] == ':' && size) {
        to.scheme = part(text, size);
        text += size + 1;
    }
    if (text[0] == '/' && text[1] == '/') {
        size = strcspn(text + 2, "/?#");
        to.authority = part(text + 2, size);
        text += 2 + size;
    }
    size = strcspn(text, "?#");
    to.path = part(text, size);
    text += size;
    if (*text == '?')
        to.query = part(text + 1, strcspn(text + 1, "#"));
    return to;
}

static void free_reference(struct reference *r)
{
    free(r->scheme);
    free(r->authority);
    free(r->path);
    free(r->query);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* 5.2.4; for paths that begin with "/". */
static char *remove_dot_segments(const char *path)
{
    char *in = test_string(path, strlen(path)), *kept = in, *out = test_memory(strlen(path) + 2);
    size_t size = 0;

    while (*in) {
        if (begins(in, "/./")) {
            in += 2;
        } else if (strcmp(in, "/.") == 0) {
            in[1] = '\0';
        } else if (begins(in, "/../") || strcmp(in, "/..") == 0) {
            if (in[3])
                in += 3;
            else
                in[1] = '\0';
            while (size && out[--size] != '/')
                continue;
        } else {
            do
                out[size++] = *in++;
            while (*in && *in != '/');
        }
    }
    out[size] = '\0';
    free(kept);
    return out;
}

static char *merge(const struct reference *base, const char *path)
{
    const char *slash = strrchr(base->path, '/');
    size_t size = slash ? (size_t)(slash - base->path) + 1 : 0, room = size + strlen(path) + 2;
    char *merged = test_memory(room);

    if (!slash)
        snprintf(merged, room, "/%s", path);
    else
        snprintf(merged, room, "%.*s%s", (int)size, base->path, path);
    return merged;
}

/* What 5.2.2 makes of a reference without a scheme. */
static void check_resolved(const char *resolved, const struct reference *base,
                           const struct reference *r, bool https)
{
    const char *authority = r->authority ? r->authority : base->authority;
    const char *query = r->query || r->authority || *r->path ? r->query : base->query;
    char *merged = NULL, *path, *expected;
    size_t room;

    if (r->authority) { /* is left as it is: it is parsed and resolved once more where it is used */
        path = test_string(r->path, strlen(r->path));
    } else if (!*r->path) {
        path = remove_dot_segments(*base->path ? base->path : "/");
    } else {
        merged = *r->path == '/' ? test_string(r->path, strlen(r->path)) : merge(base, r->path);
        path = remove_dot_segments(merged);
    }
    room = strlen(authority) + strlen(path) + (query ? strlen(query) : 0) + 20;
    expected = test_memory(room);
    snprintf(expected, room, "%s://%s%s%s%s", https ? "https" : "http", authority, path,
             query ? "?" : "", query ? query : "");
    if (strncmp(resolved, expected, strlen(expected)) != 0)
        fprintf(stderr, "resolved: %s\nexpected: %s\n", resolved, expected);
    require(strncmp(resolved, expected, strlen(expected)) == 0);
    require(resolved[strlen(expected)] == '\0' || resolved[strlen(expected)] == '#');
    free(expected);
    free(merged);
    free(path);
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void check_parts(const promc__url *url, const char *text)
{
    promc__buffer again = PROMC__BUFFER(0);
    promc__url second;
    char port[16];

    require(url->host_size && url->host_size <= 255 && url->port > 0 && url->port <= 65535);
    snprintf(port, sizeof(port), ":%d", url->port);
    promc__buffer_string(&again, url->https ? "https://" : "http://");
    promc__buffer_string(&again, url->brackets ? "[" : "");
    promc__buffer_append(&again, url->host, url->host_size);
    promc__buffer_string(&again, url->brackets ? "]" : "");
    promc__buffer_string(&again, port);
    promc__url_write_target(&again, url);
    promc__buffer_char(&again, '\0');
    require(promc__url_parse(&second, again.data) == NULL);
    require(promc__url_same_origin(url, &second) && url->brackets == second.brackets);
    require(!memchr(second.target, '#', second.target_size) && *second.target == '/');
    require(strcspn(text, "\r\n ") == strlen(text) || strchr(text, '#'));
    promc__buffer_free(&again);
}

/* 1: accepted, 0: refused. */
static bool check_url(const char *text, const char *location)
{
    promc__url url, host;
    const char *wrong = promc__url_parse(&url, text);
    promc__buffer resolved = PROMC__BUFFER(0);
    struct reference base, reference;

    require(!wrong || *wrong);
    if (promc__url_parse_host(&host, text, 7) == NULL)
        require(host.host_size && host.port > 0);
    if (wrong)
        return false;
    check_parts(&url, text);
    promc__url_resolve(&resolved, &url, location);
    require(!resolved.error && resolved.data[resolved.size - 1] == '\0');
    base = split(text);
    reference = split(location);
    if (reference.scheme || *location == ':')
        require(strcmp(resolved.data, location) == 0);
    else
        check_resolved(resolved.data, &base, &reference, url.https);
    free_reference(&base);
    free_reference(&reference);
    promc__buffer_free(&resolved);
    return true;
}

/* ---- percent-encoding ------------------------------------------------------------------------ */

/* -1: no two hexadecimal digits. */
static int percent(const char *text)
{
    char digits[3] = {text[1], text[1] ? text[2] : '\0', '\0'};

    if (strspn(digits, "0123456789abcdefABCDEF") != 2)
        return -1;
    return (int)strtol(digits, NULL, 16);
}

static void check_decoded(const char *text)
{
    char *out = test_memory(strlen(text) + 1), *expected = test_memory(strlen(text) + 1);
    size_t size = 0;
    bool good = true;

    for (const char *at = text; *at; at++) {
        int byte = *at == '%' ? percent(at) : (unsigned char)*at;

        good = good && byte > 0;
        expected[size++] = (char)byte;
        at += *at == '%' && byte >= 0 ? 2 : 0;
    }
    expected[size] = '\0';
    require(promc__decode_path(out, text, strlen(text)) == good);
    if (good)
        require(strcmp(out, expected) == 0);
    free(out);
    free(expected);
}

static void check_query(const char *query)
{
    char **names;
    size_t count = 0, parameters = 1;

    for (const char *at = query; *at; at++)
        parameters += *at == '&';
    require(promc__query_names(query, strlen(query), &names) == PROMC_OK);
    for (; names && names[count]; count++)
        require(*names[count]);
    require(count <= parameters && (!names || count));
    promc__free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *newline = size ? memchr(data, '\n', size) : NULL;
    size_t first = newline ? (size_t)(newline - (const char *)data) : size;
    char *text = test_string(data, first);
    char *location =
        test_string(data + first + (newline != NULL), size - first - (newline != NULL));

    if (!check_url(text, location))
        (void)check_url("http://a/b/c/d;p?q", location);
    check_decoded(location);
    check_query(location);
    free(text);
    free(location);
    return 0;
}
