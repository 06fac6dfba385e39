/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Thread_local promc_error last_error;

static void (*_Atomic error_handler)(const promc_error *error, void *arg);
static void *_Atomic error_handler_arg;

static atomic_ullong mishaps[PROMC_MISHAP_COUNT];

const promc_error *promc_last_error(void)
{
    return &last_error;
}

const char *promc_error_string(int code)
{
    switch (code) {
#define CASE(name, number, message)                                                                \
    case number:                                                                                   \
        return message;
        PROMC_ERROR_MAP(CASE)
#undef CASE
    default:
        return "unknown error";
    }
}

void promc_set_error_handler(void (*handler)(const promc_error *error, void *arg), void *arg)
{
    atomic_store(&error_handler, NULL);
    atomic_store(&error_handler_arg, arg);
    atomic_store(&error_handler, handler);
}

static void publish(int code)
{
    void (*handler)(const promc_error *error, void *arg);

    last_error.code = code;
    handler = atomic_load(&error_handler);
    if (handler)
        handler(&last_error, atomic_load(&error_handler_arg));
}

/* A message that is cut must not end in the middle of a UTF-8 sequence. */
static void end_on_a_character(char *message, size_t size)
{
    size_t length = strlen(message);

    if (length + 1 < size)
        return;
    while (length && ((unsigned char)message[length - 1] & 0xC0) == 0x80)
        length--;
    if (length && (unsigned char)message[length - 1] >= 0xC0)
        length--;
    message[length] = '\0';
}

/* Messages are valid UTF-8, whatever names they quote and wherever those were cut. */
static void mend_message(char *message, size_t size)
{
    uint32_t code_point;
    size_t length;

    end_on_a_character(message, size);
    for (size = strlen(message); size; message += length, size -= length) {
        length = promc__utf8_decode(message, size, &code_point);
        if (length == 0) {
            *message = '?';
            length = 1;
        }
    }
}

void promc__set_error(int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(last_error.message, sizeof(last_error.message), format, arguments);
    va_end(arguments);
    mend_message(last_error.message, sizeof(last_error.message));
    publish(code);
}

void promc__set_system_error(const char *format, ...)
{
    int number = errno;
    char reason[80];
    size_t used;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(last_error.message, sizeof(last_error.message), format, arguments);
    va_end(arguments);
    end_on_a_character(last_error.message, sizeof(last_error.message));
    if (strerror_r(number, reason, sizeof(reason)) != 0)
        (void)snprintf(reason, sizeof(reason), "error %d", number);
    used = strlen(last_error.message);
    (void)snprintf(last_error.message + used, sizeof(last_error.message) - used, ": %s", reason);
    mend_message(last_error.message, sizeof(last_error.message));
    publish(PROMC_ERROR_SYSTEM);
}

void promc__count_mishap(promc_mishap which)
{
    atomic_fetch_add_explicit(&mishaps[which], 1, memory_order_relaxed);
}

uint64_t promc_mishaps(promc_mishap which)
{
    if ((unsigned)which >= PROMC_MISHAP_COUNT)
        return 0;
    return atomic_load_explicit(&mishaps[which], memory_order_relaxed);
}
