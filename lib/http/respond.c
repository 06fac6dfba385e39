/* SPDX-License-Identifier: Apache-2.0 */
#include "http/respond.h"

#include "base/error.h"
#include "http/message.h"
#include "http/response.h"

#include <string.h>

/* Room before a piece of a body: for the head, which is written when the first piece is there and
 * tells whether it is the whole, and for the size of a chunk. */
enum { CHUNK_ROOM = 16, FIRST_ROOM = 512 + CHUNK_ROOM };

/* What is rendered before it is known whether several clients can have it: a larger body is
 * streamed to each of them. */
enum { SHARED_MAX = 4 * PROMC__PIECE_SIZE };

/* What is larger is sent from where it is instead of being copied behind the head. */
enum { COPIED_MAX = 16 * 1024 };

static bool is_head_request(const promc__connection *c)
{
    return c->head.method_size == 4 && c->in.size >= c->head.method + 4 &&
           memcmp(c->in.data + c->head.method, "HEAD", 4) == 0;
}

/* Begins a response: whether the connection goes on after it, and until when it must be out. */
static void begin_response(promc__connection *c, int status, uint64_t now)
{
    bool keep = c->head.minor ? !c->head.close : c->head.keep_alive && !c->head.close;

    c->state = PROMC__RESPONSE;
    c->since = now;
    c->deadline = now + c->site->response_timeout_ms;
    if (!keep || c->site->close)
        c->closing = true;
    promc__stats_request(c->site->stats, c->in.data ? c->in.data + c->head.method : NULL,
                         c->in.data ? c->head.method_size : 0, status);
}

static promc__message message_for(const promc__connection *c, int status)
{
    return (promc__message){
        .status = status, .keep_alive = !c->closing, .http_1_0 = c->head.minor == 0};
}

/* Sends a text, of which there is something behind `at`, from where it is. */
static void send_shared(promc__connection *c, promc__shared_text *shared, size_t at)
{
    shared->users++;
    c->shared = shared;
    c->shared_at = at;
}

/* Sends it behind the head. */
static void send_body(promc__connection *c, promc__shared_text *shared, size_t at)
{
    const promc__buffer *text = &shared->text;

    if (text->size - at > COPIED_MAX)
        send_shared(c, shared, at);
    else
        promc__buffer_append(&c->out, text->data + at, text->size - at);
}

/* There is no memory for what is to be said. */
static void give_up(promc__connection *c)
{
    (void)promc__fail_memory("HTTP response");
    promc__connection_abort(c);
}

/* Takes a response that is in memory. */
static void send_response(promc__connection *c, promc_http_response *response, uint64_t now)
{
    promc__message message;
    promc__shared_text *body;
    bool bare = promc__status_without_body(response->status);
    int error = response->fields.error ? response->fields.error : response->body.error;

    begin_response(c, response->status, now);
    message = message_for(c, response->status);
    message.framing = bare ? PROMC__FRAMING_NONE : PROMC__FRAMING_LENGTH;
    message.length = response->body.size;
    message.fields = response->fields.data;
    message.fields_size = response->fields.size;
    if (!response->typed && response->body.size && !bare)
        message.content_type = "text/plain; charset=utf-8";
    promc__write_head(&c->out, &message);
    if (bare || is_head_request(c) || !response->body.size) {
        /* the head is all */
    } else if ((body = promc__shared_text_new(&response->body)) != NULL) {
        send_body(c, body, 0);
        promc__shared_text_leave(body);
    } else {
        error = PROMC_ERROR_NO_MEMORY;
    }
    if (c->out.error || error)
        give_up(c);
    promc__response_free(response);
}

static void send_error(promc__connection *c, int status, const char *detail, uint64_t now)
{
    promc_http_response response;

    promc__response_begin(&response);
    promc__response_error(&response, status, detail);
    send_response(c, &response, now);
}

void promc__respond_bad(promc__connection *c, int status, const char *detail, uint64_t now)
{
    c->closing = c->lingering = true;
    send_error(c, status, detail, now);
}

/* ---- metrics --------------------------------------------------------------------------------- */

/* Puts text before what is at `*at`; the room is there. */
static void prepend(promc__buffer *out, size_t *at, const char *text, size_t size)
{
    *at -= size;
    memcpy(out->data + *at, text, size);
}

/* Size line before the data at `*at`, line end (and the last chunk) behind it. */
static void frame_chunk(promc__buffer *out, size_t *at, bool last)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = out->size - *at;

    promc__buffer_string(out, size ? "\r\n" : "");
    if (last)
        promc__buffer_string(out, "0\r\n\r\n");
    if (!size || out->error)
        return;
    prepend(out, at, "\r\n", 2);
    for (; size; size >>= 4)
        prepend(out, at, digits + (size & 15), 1);
}

/* Reads `enough` bytes and at most a piece more behind `room` bytes of space; status as of the
 * source. */
static int read_pieces(promc__connection *c, size_t room, size_t enough)
{
    int status = 1, reads = 0;

    c->out.size = 0;
    c->out_at = 0;
    if (c->out.capacity > SHARED_MAX) /* it was to be shared and got too large */
        promc__buffer_free(&c->out);
    /* Once for all pieces, and not much more than needed. */
    if (!promc__buffer_room(&c->out, FIRST_ROOM + PROMC__PIECE_SIZE))
        return promc__fail_memory("HTTP response");
    c->out.size = room;
    while (status > 0 && c->out.size - room < enough && reads++ < 1000)
        status = c->source.read(c->source.state, &c->out, PROMC__PIECE_SIZE);
    if (status > 0 && c->out.size == room)
        return promc__fail(PROMC_ERROR_STATE, "scrape: goes on without output");
    return status;
}

void promc__respond_piece(promc__connection *c)
{
    size_t at = CHUNK_ROOM;
    int status = read_pieces(c, CHUNK_ROOM, 1);

    if (status >= 0 && c->chunked)
        frame_chunk(&c->out, &at, status == 0);
    if (status < 0) {
        promc__connection_abort(c);
        return;
    }
    if (c->out.error) {
        give_up(c);
        return;
    }
    if (status == 0)
        promc__source_close(&c->source);
    c->out_at = at;
}

static promc__message metrics_message(const promc__connection *c)
{
    promc__message message = message_for(c, 200);

    message.content_type = c->variant.content_type;
    message.fields = c->variant.fields;
    message.fields_size = strlen(c->variant.fields);
    return message;
}

/* The head before the first piece, which is at FIRST_ROOM. False: no memory. */
static bool head_of_stream(promc__connection *c, bool whole)
{
    char space[512];
    promc__buffer head = {space, 0, sizeof(space), sizeof(space), 0};
    promc__message message;
    size_t at = FIRST_ROOM, length = c->out.size - FIRST_ROOM;

    c->chunked = !whole && c->head.minor > 0;
    if (!whole && !c->chunked)
        c->closing = true;
    message = metrics_message(c);
    message.length = length;
    message.framing = whole        ? PROMC__FRAMING_LENGTH
                      : c->chunked ? PROMC__FRAMING_CHUNKED
                                   : PROMC__FRAMING_CLOSE;
    promc__write_head(&head, &message);
    if (c->chunked)
        frame_chunk(&c->out, &at, false);
    if (head.error || c->out.error)
        return false;
    prepend(&c->out, &at, head.data, head.size);
    c->out_at = at;
    return true;
}

/* What is behind the "?" of the request's target. */
static size_t query_of(const promc__connection *c, const char **query)
{
    const char *target = c->in.data + c->head.target, *end = target + c->head.target_size;
    const char *mark = memchr(target, '?', c->head.target_size);

    *query = mark ? mark + 1 : end;
    return (size_t)(end - *query);
}

bool promc__waits_for_same(const promc__connection *a, const promc__connection *b)
{
    return a->variant.format == b->variant.format && a->variant.gzip == b->variant.gzip &&
           a->head.target_size == b->head.target_size &&
           memcmp(a->in.data + a->head.target, b->in.data + b->head.target, a->head.target_size) ==
               0;
}

/* The output, which is all of the response, becomes what others can send too, behind FIRST_ROOM. */
static promc__shared_text *share_output(promc__connection *c)
{
    promc__shared_text *shared = promc__shared_text_new(&c->out);

    if (shared) {
        send_shared(c, shared, c->out_at);
        c->out_at = 0;
    }
    return shared;
}

promc__shared_text *promc__respond_metrics(promc__connection *c, bool others, uint64_t now)
{
    const char *query;
    size_t query_size = query_of(c, &query);
    int status = promc__metrics_open(&c->source, c->site, query, query_size, &c->variant);

    if (status == PROMC_OK)
        status = read_pieces(c, FIRST_ROOM, others ? SHARED_MAX : 1);
    if (status < 0) {
        promc__source_close(&c->source);
        promc__buffer_free(&c->out);
        send_error(c, 500, "the metrics could not be collected", now);
        return NULL;
    }
    begin_response(c, 200, now);
    if (status == 0)
        promc__source_close(&c->source);
    if (head_of_stream(c, status == 0))
        return others && status == 0 ? share_output(c) : NULL;
    give_up(c);
    return NULL;
}

void promc__respond_shared(promc__connection *c, promc__shared_text *shared, uint64_t now)
{
    promc__message message;

    begin_response(c, 200, now);
    message = metrics_message(c);
    message.framing = PROMC__FRAMING_LENGTH;
    message.length = shared->text.size - FIRST_ROOM;
    promc__write_head(&c->out, &message);
    send_body(c, shared, FIRST_ROOM);
    if (c->out.error)
        give_up(c);
}

/* As for GET, without collecting anything: RFC 9110 9.3.2 lets Content-Length be left out. */
static void send_metrics_head(promc__connection *c, uint64_t now)
{
    promc__message message;

    begin_response(c, 200, now);
    message = metrics_message(c);
    promc__write_head(&c->out, &message);
    if (c->out.error)
        give_up(c);
}

static void await_scrape(promc__connection *c)
{
    c->state = PROMC__WAITING;
    c->deadline = PROMC__NEVER; /* it does not wait for its client */
}

/* ---- everything else ------------------------------------------------------------------------- */

static void send_decided(promc__connection *c, const promc__decision *decision,
                         const promc_http_request *request, uint64_t now)
{
    promc_http_response response;
    const char *allowed = decision->allow.text;

    promc__response_begin(&response);
    if (decision->answer == PROMC__ANSWER_ERROR)
        promc__response_error(&response, decision->status, NULL);
    if (decision->status == 405 && !response.body.error) {
        response.body.size--; /* the line goes on */
        promc__buffer_string(&response.body, ": ");
        promc__buffer_string(&response.body, request->method);
        promc__buffer_string(&response.body, "; use ");
        promc__buffer_string(&response.body, allowed);
        promc__buffer_char(&response.body, '\n');
    }
    if (*allowed)
        (void)promc_http_response_header(&response, "Allow", allowed);
    if (decision->authenticate)
        (void)promc_http_response_header(&response, "WWW-Authenticate", decision->authenticate);
    send_response(c, &response, now);
}

void promc__respond_handler(promc__connection *c, uint64_t now)
{
    promc__request request;
    promc_http_response response;
    int status = promc__request_make(&request, &c->head, c->in.data);

    promc__response_begin(&response);
    promc__buffer_append(&c->content, "", 1); /* for those who read it as a string */
    if (status == PROMC_OK && !c->content.error) {
        request.view.body = c->content.data;
        request.view.body_size = c->content.size - 1;
        status = c->route.handler(&request.view, &response, c->route.arg);
    } else {
        status = PROMC_ERROR_NO_MEMORY;
    }
    promc__request_free(&request);
    if (status != 0 || response.fields.error || response.body.error || response.status < 200 ||
        response.status > 599) {
        promc__response_free(&response);
        promc__response_begin(&response);
        promc__response_error(&response, 500, NULL);
    }
    send_response(c, &response, now);
}

bool promc__respond_head(promc__connection *c, uint64_t now)
{
    promc__request request;
    promc__decision decision;
    int status = promc__request_make(&request, &c->head, c->in.data);
    bool has_body = c->head.chunked || c->head.content_length;

    if (status == PROMC_ERROR_SYNTAX) {
        promc__respond_bad(c, 400, "malformed request target", now);
    } else if (status != PROMC_OK) {
        promc__respond_bad(c, 500, promc_error_string(status), now);
    } else {
        promc__decide(&decision, c->site, &request);
        if (decision.answer == PROMC__ANSWER_HANDLER) {
            c->route = decision.route;
            promc__request_free(&request);
            return true;
        }
        /* A body that nobody reads is not waited for, so no request can follow it. */
        if (has_body)
            c->closing = c->lingering = true;
        if (decision.answer != PROMC__ANSWER_METRICS)
            send_decided(c, &decision, &request.view, now);
        else if (promc__metrics_choose(&c->variant, c->site, &request.view) != PROMC_OK)
            send_error(c, 500, "out of memory", now);
        else if (is_head_request(c))
            send_metrics_head(c, now);
        else
            await_scrape(c);
    }
    promc__request_free(&request);
    return false;
}
