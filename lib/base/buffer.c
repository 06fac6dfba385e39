/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include "base/memory.h"

#include <promc/common.h>

#include <stdint.h>

char *promc__buffer_take(promc__buffer *buffer)
{
    char *data = buffer->data;

    promc__open_up(data, buffer->capacity);
    *buffer = PROMC__BUFFER(buffer->limit);
    return data;
}

void promc__buffer_free(promc__buffer *buffer)
{
    promc__free(promc__buffer_take(buffer));
}

char *promc__buffer_grow(promc__buffer *buffer, size_t size)
{
    size_t needed, limit = buffer->limit ? buffer->limit : SIZE_MAX;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    char *data;

    if (buffer->error)
        return NULL;
    if (size > limit || buffer->size > limit - size) {
        buffer->error = PROMC_ERROR_LIMIT;
        return NULL;
    }
    needed = buffer->size + size;
    while (capacity < needed)
        capacity = capacity > limit / 2 ? limit : capacity * 2;
    if (capacity > limit)
        capacity = limit;
    promc__open_up(buffer->data, buffer->capacity);
    data = promc__realloc(buffer->data, capacity);
    if (!data) {
        buffer->error = PROMC_ERROR_NO_MEMORY;
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return promc__buffer_lend(buffer, size);
}
