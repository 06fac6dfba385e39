/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connection.h"

#include "base/error.h"
#include "http/respond.h"

#include <string.h>

void promc__connection_begin(promc__connection *c, const promc__site *site, uint64_t now)
{
    *c = (promc__connection){.site = site, .state = PROMC__IDLE, .since = now};
    /* A client that connects has something to say: the long wait is for later requests. */
    c->deadline = now + site->head_timeout_ms;
}

static void leave_shared(promc__connection *c)
{
    promc__shared_text_leave(c->shared);
    c->shared = NULL;
}

void promc__connection_free(promc__connection *c)
{
    promc__source_close(&c->source);
    promc__buffer_free(&c->in);
    promc__buffer_free(&c->content);
    promc__buffer_free(&c->out);
    leave_shared(c);
}

static void close_connection(promc__connection *c)
{
    c->state = PROMC__CLOSED;
    c->deadline = PROMC__NEVER;
    promc__connection_free(c);
}

void promc__connection_abort(promc__connection *c)
{
    if (c->state == PROMC__CLOSED)
        return;
    if (c->state == PROMC__RESPONSE) {
        c->aborted = true;
        if (c->site->stats)
            promc__stats_add(&c->site->stats->aborted, 1);
    }
    close_connection(c);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void erase_input(promc__connection *c, size_t at, size_t size)
{
    if (!size)
        return;
    c->in.size -= size;
    memmove(c->in.data + at, c->in.data + at + size, c->in.size - at);
}

/* What is behind the head goes to the body; the head stays, for the handler. */
static void read_body(promc__connection *c, uint64_t now)
{
    size_t used, head = c->head.size;
    promc__parsed parsed =
        promc__body_read(&c->body, c->in.data + head, c->in.size - head, &used, &c->content);

    if (parsed == PROMC__BAD) {
        promc__respond_bad(c, c->body.status, c->body.reason, now);
        return;
    }
    erase_input(c, head, used);
    if (parsed == PROMC__COMPLETE)
        promc__respond_handler(c, now);
}

static void begin_body(promc__connection *c, uint64_t now)
{
    c->state = PROMC__BODY;
    promc__body_begin(&c->body, &c->head, c->site->max_body_size);
    if (c->head.expect_continue && (c->head.chunked || c->body.left) &&
        c->body.left <= c->body.limit)
        promc__buffer_string(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    read_body(c, now);
}

static void read_head(promc__connection *c, uint64_t now)
{
    promc__parsed parsed =
        promc__parse_head(&c->head, c->in.data, c->in.size, c->site->max_head_size);

    if (parsed == PROMC__BAD)
        promc__respond_bad(c, c->head.status, c->head.reason, now);
    else if (parsed == PROMC__COMPLETE && promc__respond_head(c, now))
        begin_body(c, now);
}

static void begin_head(promc__connection *c, uint64_t now)
{
    c->state = PROMC__HEAD;
    c->since = now;
    c->deadline = now + c->site->head_timeout_ms;
    c->head = (promc__request_head){.line = 0};
    c->closing = c->lingering = false;
    read_head(c, now);
}

void promc__connection_receive(promc__connection *c, const void *data, size_t size, uint64_t now)
{
    if (c->state == PROMC__CLOSED || c->state == PROMC__LINGER || !size)
        return;
    promc__buffer_append(&c->in, data, size);
    if (c->in.error) {
        promc__connection_abort(c);
        return;
    }
    if (c->state == PROMC__IDLE)
        begin_head(c, now);
    else if (c->state == PROMC__HEAD)
        read_head(c, now);
    else if (c->state == PROMC__BODY)
        read_body(c, now);
}

void promc__connection_end(promc__connection *c, uint64_t now)
{
    c->input_ended = true;
    if (c->state == PROMC__IDLE || c->state == PROMC__LINGER)
        close_connection(c);
    else if (c->state == PROMC__HEAD || c->state == PROMC__BODY)
        promc__respond_bad(c, 400, "the request ends in the middle", now);
}

bool promc__connection_wants_input(const promc__connection *c)
{
    return c->state != PROMC__WAITING && c->state != PROMC__RESPONSE && c->state != PROMC__CLOSED;
}

/* ---- output ---------------------------------------------------------------------------------- */

static bool all_sent(const promc__connection *c)
{
    return c->out_at == c->out.size && !c->shared;
}

static size_t rest_of(const promc__buffer *text, size_t at, const char **data)
{
    *data = text->data + at;
    return text->size - at;
}

static size_t rest_of_shared(const promc__connection *c, const char **data)
{
    return c->shared ? rest_of(&c->shared->text, c->shared_at, data) : 0;
}

/* The response is out: on to the next request, or to the end. */
static void end_response(promc__connection *c, uint64_t now)
{
    promc__buffer_free(&c->out);
    promc__buffer_free(&c->content);
    c->out_at = 0;
    c->since = now;
    if (c->closing) {
        if (!c->lingering || c->input_ended) {
            close_connection(c);
            return;
        }
        promc__buffer_free(&c->in);
        c->state = PROMC__LINGER;
        c->deadline = now + PROMC__LINGER_MS;
        return;
    }
    erase_input(c, 0, c->head.size);
    c->state = PROMC__IDLE;
    c->deadline = now + c->site->idle_timeout_ms;
    if (c->in.size)
        begin_head(c, now);
    else
        promc__buffer_free(&c->in);
    if (c->input_ended &&
        (c->state == PROMC__IDLE || c->state == PROMC__HEAD || c->state == PROMC__BODY))
        promc__connection_end(c, now);
}

/* A last piece may be empty, so a response can also end here; then the next one may be there. */
size_t promc__connection_output(promc__connection *c, const char **data, uint64_t now)
{
    while (c->state == PROMC__RESPONSE && all_sent(c)) {
        if (c->source.state)
            promc__respond_piece(c);
        else
            end_response(c, now);
    }
    return c->out_at < c->out.size ? rest_of(&c->out, c->out_at, data) : rest_of_shared(c, data);
}

size_t promc__connection_behind(const promc__connection *c, const char **data)
{
    return c->out_at < c->out.size ? rest_of_shared(c, data) : 0;
}

void promc__connection_sent(promc__connection *c, size_t size, uint64_t now)
{
    size_t of_out = c->out.size - c->out_at;

    if (of_out > size)
        of_out = size;
    c->out_at += of_out;
    c->shared_at += size - of_out;
    c->since = now;
    if (c->site->stats)
        promc__stats_add(&c->site->stats->bytes, size);
    if (c->shared && c->shared_at == c->shared->text.size)
        leave_shared(c);
    if (!all_sent(c))
        return;
    if (c->state != PROMC__RESPONSE) { /* 100 Continue */
        promc__buffer_free(&c->out);
        c->out_at = 0;
    } else if (!c->source.state) {
        end_response(c, now);
    }
}

void promc__connection_expire(promc__connection *c, uint64_t now)
{
    if (c->state == PROMC__HEAD || c->state == PROMC__BODY)
        promc__respond_bad(c, 408, "the request took too long", now);
    else
        promc__connection_abort(c);
}
