/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include "base/memory.h"

#include <promc/common.h>

#include <stdint.h>

void promc__buffer_free(promc__buffer *buffer)
{
    promc__open_up(buffer->data, buffer->capacity);
    promc__free(buffer->data);
    *buffer = PROMC__BUFFER(buffer->limit);
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
