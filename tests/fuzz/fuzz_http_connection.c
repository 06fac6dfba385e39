/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of a connection: requests in, responses out.
 *
 * Byte 0 is the site, byte 1 the pieces, byte 2 how long memory lasts; the rest is what a client
 * sends. In pieces it gets the same answers as at once, and these are responses by RFC 9112, one a
 * request, as a reader of a few lines sees it; so it does from the scrapes of another client that
 * waits for the same. Without memory a connection ends or answers 500, and nothing else happens.
 */
#include "fuzz.h"

#include "answers.h"
#include "base/os.h"
#include "inflate.h"

/* A large site takes long, so it is chosen rarely: by all of its bits. */
enum { SITE_CLOSE = 1, SITE_LOCKED = 2, SITE_PATH = 4, SITE_PLAIN = 8, SITE_LARGE = 0xF0 };
enum { OUTPUT_MAX = 8 << 20, LARGE_BODY = 40000, HEADS_MAX = 4096 };

/* ---- the site -------------------------------------------------------------------------------- */

static promc_registry *small_registry, *large_registry;
static promc__routes routes;

/* What the server has said yes or no to; the methods tell which responses have no body. */
static struct {
    bool head[HEADS_MAX];
    size_t count;
    bool locked;
} seen;

static bool authorize(const promc_http_request *request, void *arg)
{
    (void)arg;
    require(request->method && request->path && request->query && request->headers);
    require(*request->method && (*request->path == '/' || strcmp(request->path, "*") == 0));
    for (const promc_http_header *header = request->headers; header->name; header++)
        require(promc_http_request_header(request, header->name) != NULL);
    require(seen.count < HEADS_MAX);
    seen.head[seen.count++] = strcmp(request->method, "HEAD") == 0;
    return !seen.locked;
}

static int echo(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)arg;
    require(strlen(request->body) <= request->body_size);
    (void)promc_http_response_header(response, "X-Query", request->query);
    return promc_http_response_write(response, request->body, request->body_size);
}

static int large_body(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)request, (void)arg;
    for (int i = 0; i < LARGE_BODY / 100; i++)
        (void)promc_http_response_write(
            response,
            "0123456789012345678901234567890123456789012345678901234567890123456789"
            "012345678901234567890123456789",
            100);
    return 0;
}

static int no_content(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)request, (void)arg;
    promc_http_response_status(response, 204);
    return 0;
}

static int failing(const promc_http_request *request, promc_http_response *response, void *arg)
{
    (void)request, (void)response, (void)arg;
    return -1;
}

/* More than a piece holds. */
static int collect_lines(promc_writer *writer, void *arg)
{
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "line", "Lines.");

    (void)arg;
    for (unsigned i = 0; i < 1500; i++) {
        char number[16];

        snprintf(number, sizeof(number), "%u", i);
        (void)promc_writer_u64(writer, family, i,
                               PROMC_PAIRS({"number", number}, {"text", "of fifty bytes"}));
    }
    return PROMC_OK;
}

static double fixed_time(void)
{
    return 784111777;
}

static void set_up(void)
{
    promc_collector collector = {collect_lines, NULL, NULL};

    script_memory();
    if (small_registry)
        return;
    promc__os.unix_time = fixed_time;
    small_registry = promc_registry_new();
    large_registry = promc_registry_new();
    require(small_registry && large_registry);
    require(promc_registry_register(large_registry, &collector) == PROMC_OK);
    require(promc_counter_new("requests", "Requests.", .registry = small_registry));
    require(promc_gauge_new("temperature.ü", "Not of the old set.", .registry = small_registry));
    promc__routes_begin(&routes);
    require(promc__routes_add(&routes, "POST", "/echo", echo, NULL) == PROMC_OK);
    require(promc__routes_add(&routes, NULL, "/any", echo, NULL) == PROMC_OK);
    require(promc__routes_add(&routes, "GET", "/large", large_body, NULL) == PROMC_OK);
    require(promc__routes_add(&routes, "PUT", "/empty", no_content, NULL) == PROMC_OK);
    require(promc__routes_add(&routes, NULL, "/fails", failing, NULL) == PROMC_OK);
}

static promc__site make_site(uint8_t flags)
{
    return (promc__site){.registry =
                             (flags & SITE_LARGE) == SITE_LARGE ? large_registry : small_registry,
                         .path = flags & SITE_PATH ? "/metrics" : NULL,
                         .authorizer = authorize,
                         .routes = &routes,
                         .max_head_size = 1024,
                         .max_body_size = 100,
                         .head_timeout_ms = 1000,
                         .response_timeout_ms = 5000,
                         .idle_timeout_ms = 20000,
                         .close = flags & SITE_CLOSE,
                         .no_compression = flags & SITE_PLAIN};
}

/* ---- a conversation -------------------------------------------------------------------------- */

struct transcript {
    char *output;
    size_t size;
    promc__connection_state state; /* before the client stops sending */
    bool aborted;
};

/* The request once more from another client, whose scrape may do for both. */
static void answer_together(promc__connection *c)
{
    promc__connection other;
    promc__shared_text *shared = NULL;
    size_t count = seen.count;

    promc__connection_begin(&other, c->site, 0);
    promc__connection_receive(&other, c->in.data, c->head.size, 0);
    seen.count = count;
    if (other.state == PROMC__WAITING) {
        require(promc__waits_for_same(&other, c));
        shared = promc__respond_metrics(&other, true, 0);
    }
    if (shared)
        promc__respond_shared(c, shared, 0);
    else
        (void)promc__respond_metrics(c, false, 0);
    promc__shared_text_leave(shared);
    promc__connection_free(&other);
}

static bool together; /* scrapes are shared */

static void take_output(promc__connection *c, struct transcript *to, struct pieces *pieces)
{
    const char *data;
    size_t size;

    if (together && c->state == PROMC__WAITING)
        answer_together(c);
    while ((size = next_output(c, &data, 0)) > 0) {
        size = pieces->seed == 1 ? size : next_piece(pieces, size);
        require(to->size + size <= OUTPUT_MAX);
        memcpy(to->output + to->size, data, size);
        to->size += size;
        promc__connection_sent(c, size, 0);
        if (together && c->state == PROMC__WAITING)
            answer_together(c);
    }
    require(c->state != PROMC__RESPONSE && c->state != PROMC__WAITING);
}

static struct transcript converse(const promc__site *site, const uint8_t *data, size_t size,
                                  struct pieces pieces)
{
    static char output[OUTPUT_MAX];
    struct transcript transcript = {.output = output};
    promc__connection c;

    promc__connection_begin(&c, site, 0);
    while (size && c.state != PROMC__CLOSED) {
        size_t piece = next_piece(&pieces, size);
        char *exact = test_copy(data, piece);

        require(promc__connection_wants_input(&c));
        promc__connection_receive(&c, exact, piece, 0);
        free(exact);
        data += piece;
        size -= piece;
        take_output(&c, &transcript, &pieces);
        require(c.in.size <= site->max_head_size + site->max_body_size + size + piece);
    }
    transcript.state = c.state;
    transcript.aborted = c.aborted;
    if (c.state != PROMC__CLOSED) {
        promc__connection_end(&c, 0);
        take_output(&c, &transcript, &pieces);
        require(c.state == PROMC__CLOSED);
    }
    promc__connection_free(&c);
    return transcript;
}

/* ---- responses, read independently ----------------------------------------------------------- */

struct text {
    const char *at, *end;
};

static struct text next_line(struct text *from)
{
    struct text line = {from->at, from->at};

    while (line.end + 1 < from->end && (line.end[0] != '\r' || line.end[1] != '\n')) {
        require(*line.end != '\r' && *line.end != '\n' && *line.end != '\0');
        line.end++;
    }
    require(line.end + 1 < from->end);
    from->at = line.end + 2;
    return line;
}

static const char *value_of(struct text line, const char *name)
{
    size_t size = strlen(name);

    return (size_t)(line.end - line.at) >= size && memcmp(line.at, name, size) == 0 ? line.at + size
                                                                                    : NULL;
}

static size_t skip_chunks(struct text *from)
{
    size_t total = 0, size;

    do {
        char *end;

        size = strtoul(from->at, &end, 16);
        require(end > from->at && end[0] == '\r' && end[1] == '\n');
        require(size + 4 <= (size_t)(from->end - end));
        from->at = end + 2 + size;
        require(from->at[0] == '\r' && from->at[1] == '\n');
        from->at += 2;
        total += size;
    } while (size);
    return total;
}

static void check_gzip(const char *data, size_t size)
{
    static char text[1 << 20];
    struct inflate inflate;

    require(inflate_gzip(&inflate, data, size, text, sizeof(text)) == 0);
}

/* One response; whether it has a body is known to who knows the request. */
static int skip_response(struct text *from, bool to_head)
{
    struct text line = next_line(from);
    long length = -1;
    bool chunked = false, gzip = false;
    int status;

    require(line.end - line.at > 13 && memcmp(line.at, "HTTP/1.1 ", 9) == 0 && line.at[12] == ' ');
    status = atoi(line.at + 9);
    require(status >= 100 && status <= 599);
    for (line = next_line(from); line.at < line.end; line = next_line(from)) {
        const char *value = value_of(line, "Content-Length: ");

        require(memchr(line.at, ':', (size_t)(line.end - line.at)) > (const void *)line.at);
        require(!value || length < 0);
        length = value ? strtol(value, NULL, 10) : length;
        chunked |= value_of(line, "Transfer-Encoding: chunked") != NULL;
        gzip |= value_of(line, "Content-Encoding: gzip") != NULL;
    }
    require(!chunked || length < 0);
    if (status < 200 || status == 204 || status == 304)
        require(length < 0 && !chunked);
    else if (!to_head && chunked)
        (void)skip_chunks(from);
    else if (!to_head && length >= 0) {
        require(length <= from->end - from->at);
        if (gzip)
            check_gzip(from->at, (size_t)length);
        from->at += length;
    } else if (!to_head) { /* to the end of the connection */
        from->at = from->end;
    }
    return status;
}

static void check_responses(const struct transcript *transcript)
{
    struct text rest = {transcript->output, transcript->output + transcript->size};
    size_t answered = 0;

    while (rest.at < rest.end) {
        struct text again = rest;
        bool known = answered < seen.count;
        int status = skip_response(&rest, known && seen.head[answered]);

        if (status < 200)
            continue;
        answered++;
        /* A request that was refused before anybody saw its method is the last one. */
        if (!known)
            require(rest.at == rest.end && status >= 400);
        if (status == 400 || status >= 500)
            continue;
        require(again.at < rest.at);
    }
    require(answered >= seen.count && answered <= seen.count + 1);
}

/* HEAD with a target that makes no sense is refused without a body: to be left out above. */
static bool ends_with_bare_head(const struct transcript *transcript)
{
    return transcript->size >= 4 &&
           memcmp(transcript->output + transcript->size - 4, "\r\n\r\n", 4) == 0;
}

/* ---- entry ----------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    uint8_t flags = choose_byte(&choices), seed = choose_byte(&choices);
    unsigned memory = choose_byte(&choices);
    struct transcript whole, again;
    promc__site site;
    char *kept;

    set_up();
    site = make_site(flags);
    seen.locked = flags & SITE_LOCKED;

    seen.count = 0;
    whole = converse(&site, choices.at, choices.left, pieces_of(0));
    require(!whole.aborted);
    if (!ends_with_bare_head(&whole))
        check_responses(&whole);
    kept = test_copy(whole.output, whole.size);

    seen.count = 0;
    again = converse(&site, choices.at, choices.left, pieces_of(seed ? seed : 1));
    require(again.size == whole.size && memcmp(again.output, kept, again.size) == 0);
    require(again.state == whole.state && again.aborted == whole.aborted);

    /* What is larger than a piece is streamed otherwise: in chunks. */
    together = site.registry == small_registry;
    seen.count = 0;
    again = converse(&site, choices.at, choices.left, pieces_of(seed));
    require(again.size == whole.size && memcmp(again.output, kept, again.size) == 0);

    seen.count = 0;
    refuse_memory_after(memory);
    again = converse(&site, choices.at, choices.left, pieces_of(seed));
    together = false;
    if (!grant_memory())
        require(again.size == whole.size && memcmp(again.output, kept, again.size) == 0);
    free(kept);
    return 0;
}
