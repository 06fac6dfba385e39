/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a cap and a sticky error, so that a run of appends is checked once. */
#ifndef PROMC_BASE_BUFFER_H
#define PROMC_BASE_BUFFER_H

#include "base/compiler.h"

#include <stddef.h>
#include <string.h>

typedef struct promc__buffer {
    char *data;
    size_t size;
    size_t capacity;
    size_t limit; /* never grows past this; 0: no limit */
    int error;    /* PROMC_OK, PROMC_ERROR_NO_MEMORY or PROMC_ERROR_LIMIT; appends do nothing then */
} promc__buffer;

#define PROMC__BUFFER(limit_) ((promc__buffer){NULL, 0, 0, (limit_), 0})

void promc__buffer_free(promc__buffer *buffer);

/* What it holds, for whoever frees that with promc__free(); NULL if that is nothing. The buffer is
 * empty then. */
char *promc__buffer_take(promc__buffer *buffer);

/* Room for `size` more bytes at the end; the caller writes them and adds to buffer->size. NULL (and
 * the sticky error) if there is none. */
char *promc__buffer_grow(promc__buffer *buffer, size_t size);

/* The room that was asked for; what there is behind it would hide who asks for too little. (Where
 * the capacity is the limit all is open, since that may be memory of somebody else.) */
static inline char *promc__buffer_lend(const promc__buffer *buffer, size_t size)
{
    char *room = buffer->data + buffer->size;

    promc__open_up(room, size);
    if (buffer->capacity != buffer->limit)
        promc__fence_off(room + size, buffer->capacity - buffer->size - size);
    return room;
}

static inline char *promc__buffer_room(promc__buffer *buffer, size_t size)
{
    if (buffer->capacity - buffer->size >= size && !buffer->error)
        return promc__buffer_lend(buffer, size);
    return promc__buffer_grow(buffer, size);
}

static inline void promc__buffer_append(promc__buffer *buffer, const void *data, size_t size)
{
    char *room;

    if (!size)
        return;
    room = promc__buffer_room(buffer, size);
    if (room) {
        memcpy(room, data, size);
        buffer->size += size;
    }
}

static inline void promc__buffer_string(promc__buffer *buffer, const char *text)
{
    promc__buffer_append(buffer, text, strlen(text));
}

static inline void promc__buffer_char(promc__buffer *buffer, char c)
{
    promc__buffer_append(buffer, &c, 1);
}

#endif
