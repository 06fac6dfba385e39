/* SPDX-License-Identifier: Apache-2.0 */
#include "http/fetch.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "exposition/gzip.h"
#include "http/ask.h"
#include "http/dial.h"
#include "http/message.h"

#include <errno.h>
#include <string.h>

/* FETCH_STATUS: the longest ": status 511 Network Authentication Required: ", and some. */
enum {
    PACK_PIECE = 256 * 1024,
    FETCH_PIECE = 8192,
    FETCH_WHAT = 128,
    FETCH_WORDS = 200,
    FETCH_STATUS = 48
};

/* One request and its redirects. */
struct fetch {
    struct promc__client_request request; /* what is asked for now */
    char *location;                       /* owns request.url after a redirect */
    promc__buffer packed;                 /* owns request.body when it is compressed */
    promc__url url;
    promc__url origin; /* of the first request */
    bool away;         /* a redirect has left it; for good */
    promc__line line;
    promc__buffer head;
    promc__reply *reply;
    char what[FETCH_WHAT]; /* for messages: the URL without what may be secret */
};

/* ---- one exchange ---------------------------------------------------------------------------- */

/* What is still to be sent. */
struct outgoing {
    const char *data[2];
    size_t size[2];
    int error; /* errno when sending failed: there may be an answer all the same */
    bool failed;
};

static size_t outgoing_part(const struct outgoing *out)
{
    return out->size[0] ? 0 : 1;
}

static bool is_sent(const struct outgoing *out)
{
    return out->failed || (!out->size[0] && !out->size[1]);
}

static bool send_some(struct fetch *fetch, struct outgoing *out, int *needs)
{
    size_t part = outgoing_part(out);
    long sent;

    if (is_sent(out))
        return false;
    sent = promc__line_send(&fetch->line, out->data[part], out->size[part], needs);
    if (sent == PROMC__LINE_FAILED) {
        out->error = errno;
        out->failed = true;
    }
    if (sent <= 0)
        return false;
    out->data[part] += sent;
    out->size[part] -= (size_t)sent;
    return true;
}

/* After any other failure an answer might be awaited in vain. */
static bool may_have_answered(const struct fetch *fetch, const struct outgoing *out)
{
    return !fetch->line.session && (out->error == EPIPE || out->error == ECONNRESET);
}

static int reply_failed(struct fetch *fetch, const struct outgoing *out)
{
    const promc__reply *reply = fetch->reply;

    errno = out->error;
    if (out->failed && !reply->status)
        return promc__line_failed(&fetch->line, "cannot send");
    return promc__fail(reply->error, "%s: bad response: %s", fetch->what, reply->reason);
}

static int receive_failed(struct fetch *fetch, const struct outgoing *out)
{
    if (!out->failed)
        return promc__line_failed(&fetch->line, "cannot receive");
    errno = out->error;
    return promc__line_failed(&fetch->line, "cannot send");
}

static const char *current_step(const struct fetch *fetch, const struct outgoing *out)
{
    if (!is_sent(out))
        return "sending";
    return fetch->reply->status ? "receiving the response" : "waiting for the response";
}

/*
 * Sends and receives at the same time: a server may answer before it has read everything, and then
 * close, which must not hide what it had to say.
 */
static int exchange(struct fetch *fetch)
{
    struct outgoing out = {{fetch->head.data, fetch->request.body},
                           {fetch->head.size, fetch->request.body_size},
                           0,
                           false};
    char piece[FETCH_PIECE];
    promc__parsed parsed = PROMC__PARTIAL;
    int status = PROMC_OK;

    while (status == PROMC_OK && parsed == PROMC__PARTIAL) {
        int send_needs = 0, needs = 0;
        bool moved = send_some(fetch, &out, &send_needs);
        long got;

        if (out.failed && !may_have_answered(fetch, &out))
            return promc__line_failed(&fetch->line, "cannot send");
        got = promc__line_receive(&fetch->line, piece, sizeof(piece), &needs);
        if (got == PROMC__LINE_FAILED)
            return receive_failed(fetch, &out);
        if (got > 0)
            parsed = promc__reply_read(fetch->reply, piece, (size_t)got);
        else if (got == 0)
            parsed = promc__reply_end(fetch->reply);
        else if (!moved)
            status = promc__line_wait(&fetch->line, needs | send_needs, current_step(fetch, &out));
        if (status == PROMC_OK && parsed == PROMC__PARTIAL)
            status = promc__line_check(&fetch->line, current_step(fetch, &out));
    }
    return parsed == PROMC__BAD ? reply_failed(fetch, &out) : status;
}

static int ask(struct fetch *fetch)
{
    const struct promc__client_request *request = &fetch->request;
    bool to_head = request->method && strcmp(request->method, "HEAD") == 0;
    int status;

    fetch->head.size = 0;
    promc__ask_write(&fetch->head, request, &fetch->url, fetch->away);
    if (fetch->head.error)
        return promc__fail_memory(fetch->what);
    fetch->line.transport = fetch->url.https ? request->transport : NULL;
    status = promc__line_connect(&fetch->line, &fetch->url, request->unix_path);
    if (status != PROMC_OK)
        return status;
    promc__reply_begin(fetch->reply, to_head,
                       request->max_response ? request->max_response : PROMC__CLIENT_RESPONSE_MAX);
    status = exchange(fetch);
    if (status != PROMC_OK)
        promc__reply_free(fetch->reply);
    promc__line_close(&fetch->line);
    return status;
}

/* ---- URLs and redirects ---------------------------------------------------------------------- */

static int set_url(struct fetch *fetch, const char *text)
{
    const char *wrong = promc__url_parse(&fetch->url, text);

    if (wrong) /* what the URL says may be secret */
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP request: the URL is wrong: %s", wrong);
    promc__url_name(fetch->what, sizeof(fetch->what), &fetch->url, fetch->request.show_path);
    fetch->request.url = text;
    if (fetch->url.https && !fetch->request.transport)
        return promc__fail(PROMC_ERROR_UNSUPPORTED,
                           "%s: https needs a TLS library: give it as .transport", fetch->what);
    return PROMC_OK;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* RFC 9110 15.4: 303 asks for a GET; 301 and 302 made one of a POST for too long to change. */
static void change_method(struct promc__client_request *request, int status)
{
    bool post = request->method && strcmp(request->method, "POST") == 0;
    bool head = request->method && strcmp(request->method, "HEAD") == 0;

    if (request->keep_method || head)
        return;
    if (status == 303 || (post && (status == 301 || status == 302))) {
        request->method = "GET";
        request->body_size = 0;
    }
}

static int leave_origin(struct fetch *fetch, bool was_https)
{
    if (promc__url_same_origin(&fetch->url, &fetch->origin))
        return PROMC_OK;
    fetch->away = true;
    if (was_https && !fetch->url.https)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: a redirect from https leads there",
                           fetch->what);
    if (fetch->request.unix_path)
        return promc__fail(PROMC_ERROR_ARGUMENT, "%s: a redirect from a unix socket leads there",
                           fetch->what);
    return PROMC_OK;
}

/* Goes where the response says. */
static int follow(struct fetch *fetch, const char *location, size_t size)
{
    promc__buffer target = PROMC__BUFFER(0);
    char *copy = promc__copy(location, size);
    bool was_https = fetch->url.https;
    int status;

    if (copy)
        promc__url_resolve(&target, &fetch->url, copy);
    promc__free(copy);
    if (!copy || target.error) {
        promc__buffer_free(&target);
        return promc__fail_memory(fetch->what);
    }
    change_method(&fetch->request, fetch->reply->status);
    status = set_url(fetch, target.data);
    promc__free(fetch->location); /* which the old URL was made of */
    fetch->location = promc__buffer_take(&target);
    return status == PROMC_OK ? leave_origin(fetch, was_https) : status;
}

static int ask_and_follow(struct fetch *fetch, unsigned *redirects)
{
    for (;;) {
        int status = ask(fetch);
        const char *location = NULL;
        size_t size = 0;

        if (status != PROMC_OK)
            return status;
        if (is_redirect(fetch->reply->status))
            location = promc__reply_header(fetch->reply, "location", &size);
        if (!size || *redirects >= fetch->request.max_redirects)
            return PROMC_OK;
        ++*redirects;
        status = follow(fetch, location, size);
        promc__reply_free(fetch->reply);
        if (status != PROMC_OK)
            return status;
    }
}

/* ---- outside --------------------------------------------------------------------------------- */

static int begin_fetch(struct fetch *fetch)
{
    const struct promc__client_request *request = &fetch->request;
    const promc_client_transport *transport = request->transport;
    const char *wrong = request->url ? promc__ask_check(request) : "there is no URL";
    int status;

    if (!wrong && transport &&
        (!transport->open || !transport->read || !transport->write || !transport->close))
        wrong = "the transport needs open, read, write and close";
    if (wrong)
        return promc__fail(PROMC_ERROR_ARGUMENT, "HTTP request: %s", wrong);
    status = set_url(fetch, request->url);
    fetch->origin = fetch->url;
    return status;
}

/* In pieces, between which the deadline is looked at. */
static int pack_pieces(struct fetch *fetch, promc__gzip *gzip)
{
    const char *at = fetch->request.body;
    size_t left = fetch->request.body_size;
    int status = PROMC_OK;

    while (status == PROMC_OK && left) {
        size_t size = left < PACK_PIECE ? left : PACK_PIECE;

        promc__gzip_write(gzip, &fetch->packed, at, size);
        at += size;
        left -= size;
        status = promc__line_check(&fetch->line, "compressing");
    }
    if (status == PROMC_OK && promc__gzip_finish(gzip, &fetch->packed) != PROMC_OK)
        status = promc__fail_memory(fetch->what);
    return status;
}

/* Once for all redirects. */
static int pack_body(struct fetch *fetch)
{
    promc__gzip *gzip;
    int status;

    if (!fetch->request.gzip || !fetch->request.body_size)
        return PROMC_OK;
    gzip = promc__gzip_new();
    if (!gzip)
        return promc_last_error()->code;
    status = pack_pieces(fetch, gzip);
    promc__gzip_free(gzip);
    if (status != PROMC_OK)
        return status;
    fetch->request.body = fetch->packed.data;
    fetch->request.body_size = fetch->packed.size;
    return PROMC_OK;
}

int promc__http_request(const struct promc__client_request *request,
                        struct promc__client_response *response)
{
    struct fetch fetch = {.request = *request, .reply = &response->reply};
    int status = begin_fetch(&fetch);

    response->redirects = 0;
    promc__line_begin(&fetch.line, fetch.what, request->timeout);
    if (status == PROMC_OK)
        status = pack_body(&fetch);
    if (status == PROMC_OK)
        status = ask_and_follow(&fetch, &response->redirects);
    promc__buffer_free(&fetch.head);
    promc__buffer_free(&fetch.packed);
    promc__free(fetch.location);
    return status;
}

int promc__client_check(const struct promc__client_request *request)
{
    struct fetch fetch = {.request = *request};

    return begin_fetch(&fetch);
}

void promc__client_response_free(struct promc__client_response *response)
{
    promc__reply_free(&response->reply);
}

/* The first line that says something, fit for a message. */
static void first_line(const promc__reply *reply, char words[FETCH_WORDS])
{
    static const char etc[] = "\xE2\x80\xA6"; /* an ellipsis */
    const char *at = reply->content.data ? reply->content.data : "";
    const char *end = at + reply->content.size;
    size_t used = 0, cut = 0; /* where the ellipsis goes if the rest does not fit */

    while (at < end && (unsigned char)*at <= ' ')
        at++;
    while (at < end && *at != '\n' && *at != '\r') {
        uint32_t code_point = 0;
        size_t size = promc__utf8_decode(at, (size_t)(end - at), &code_point);
        bool shown = size && code_point >= ' ' && (code_point < 0x7F || code_point >= 0xA0);

        if (used + strlen(etc) < FETCH_WORDS)
            cut = used;
        if (used + (shown ? size : 1) >= FETCH_WORDS) {
            memcpy(words + cut, etc, strlen(etc));
            used = cut + strlen(etc);
            break;
        }
        if (shown)
            memcpy(words + used, at, size);
        else
            words[used] = '?';
        used += shown ? size : 1;
        at += size ? size : 1;
    }
    words[used] = '\0';
}

int promc__client_expect_success(const struct promc__client_request *request,
                                 const struct promc__client_response *response)
{
    const promc__reply *reply = &response->reply;
    char words[FETCH_WORDS], what[FETCH_WHAT] = "";
    promc__url url;

    if (reply->status >= 200 && reply->status <= 299)
        return PROMC_OK;
    first_line(reply, words);
    (void)promc__url_parse(&url, request->url); /* which has led to an answer */
    promc__url_name(what, sizeof(what), &url, request->show_path);
    /* Where there is no room for both, the server's words say more than the path. */
    if (strlen(what) + strlen(words) + FETCH_STATUS > sizeof(promc_last_error()->message))
        promc__url_name(what, sizeof(what), &url, false);
    return promc__fail(PROMC_ERROR_REFUSED, "%s: status %d %s%s%s", what, reply->status,
                       promc__status_text(reply->status), *words ? ": " : "", words);
}
