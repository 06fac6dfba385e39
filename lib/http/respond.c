/* SPDX-License-Identifier: Apache-2.0 */
#include "http/respond.h"

#include "base/error.h"
#include "http/message.h"
#include "http/response.h"

#include <string.h>

/* Room before a piece of a body: for the head, which is written when the first piece is there and
 * tells whether it is the whole, and for the size of a chunk. */
enum { CHUNK_ROOM = 16, FIRST_ROOM = 512 + CHUNK_ROOM };

/* A larger body is sent from where it is instead of being copied behind its head. */
enum { COPIED_BODY_MAX = 16 * 1024 };

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
    if (bare || is_head_request(c)) {
        /* the head is all */
    } else if (response->body.size <= COPIED_BODY_MAX) {
        promc__buffer_append(&c->out, response->body.data, response->body.size);
    } else {
        c->after = response->body;
        response->body = PROMC__BUFFER(0);
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

/* Reads a piece behind `room` bytes of space; status as of the source. */
static int read_piece(promc__connection *c, size_t room)
{
    int status = 1, empty = 0;

    c->out.size = 0;
    c->out_at = 0;
    /* Once for all pieces, and not much more than needed. */
    if (!promc__buffer_room(&c->out, FIRST_ROOM + PROMC__PIECE_SIZE))
        return promc__fail_memory("HTTP response");
    c->out.size = room;
    while (status > 0 && c->out.size == room && empty++ < 1000)
        status = c->source.read(c->source.state, &c->out, PROMC__PIECE_SIZE);
    if (status > 0 && c->out.size == room)
        return promc__fail(PROMC_ERROR_STATE, "scrape: goes on without output");
    return status;
}

void promc__respond_piece(promc__connection *c)
{
    size_t at = CHUNK_ROOM;
    int status = read_piece(c, CHUNK_ROOM);

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

static promc__message variant_message(const promc__connection *c, const promc__variant *variant)
{
    promc__message message = message_for(c, 200);

    message.content_type = variant->content_type;
    message.fields = variant->fields;
    message.fields_size = strlen(variant->fields);
    return message;
}

/* The head before the first piece, which is at FIRST_ROOM. False: no memory. */
static bool head_of_stream(promc__connection *c, const promc__variant *variant, bool whole)
{
    char space[512];
    promc__buffer head = {space, 0, sizeof(space), sizeof(space), 0};
    promc__message message;
    size_t at = FIRST_ROOM, length = c->out.size - FIRST_ROOM;

    c->chunked = !whole && c->head.minor > 0;
    if (!whole && !c->chunked)
        c->closing = true;
    message = variant_message(c, variant);
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

static void send_metrics(promc__connection *c, const promc_http_request *request, uint64_t now)
{
    static const char failed[] = "the metrics could not be collected";
    promc__variant variant;
    int status = promc__metrics_choose(&variant, c->site, request);

    if (status == PROMC_OK)
        status = promc__metrics_open(&c->source, c->site, request, &variant);
    if (status == PROMC_OK)
        status = read_piece(c, FIRST_ROOM);
    if (status < 0) {
        promc__source_close(&c->source);
        promc__buffer_free(&c->out);
        send_error(c, 500, failed, now);
        return;
    }
    begin_response(c, 200, now);
    if (status == 0)
        promc__source_close(&c->source);
    if (!head_of_stream(c, &variant, status == 0))
        give_up(c);
}

/* As for GET, without collecting anything: RFC 9110 9.3.2 lets Content-Length be left out. */
static void send_metrics_head(promc__connection *c, const promc_http_request *request, uint64_t now)
{
    promc__variant variant;
    promc__message message;

    if (promc__metrics_choose(&variant, c->site, request) != PROMC_OK) {
        send_error(c, 500, "out of memory", now);
        return;
    }
    begin_response(c, 200, now);
    message = variant_message(c, &variant);
    promc__write_head(&c->out, &message);
    if (c->out.error)
        give_up(c);
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
        else if (is_head_request(c))
            send_metrics_head(c, &request.view, now);
        else
            send_metrics(c, &request.view, now);
    }
    promc__request_free(&request);
    return false;
}
