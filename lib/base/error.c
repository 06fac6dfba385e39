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

/* Formats at most `size` bytes; what is cut ends in an ellipsis, not in the middle of a character. */
static void write_message(size_t size, const char *format, va_list arguments)
{
    static const char etc[] = "\xE2\x80\xA6";
    char *message = last_error.message;
    int whole = vsnprintf(message, size, format, arguments);
    size_t end = size - sizeof(etc);

    if (whole < 0)
        message[0] = '\0';
    if (whole < 0 || (size_t)whole < size)
        return;
    for (int i = 0; i < 3 && ((unsigned char)message[end] & 0xC0) == 0x80; i++)
        end--;
    memcpy(message + end, etc, sizeof(etc));
}

/* Messages are one line of valid UTF-8, whatever names they quote and wherever those were cut. */
static void mend_message(void)
{
    char *at = last_error.message;
    size_t left = strlen(at);

    while (left) {
        uint32_t code_point = 0;
        size_t length = promc__utf8_decode(at, left, &code_point);

        if (length == 0 || code_point < ' ' || code_point == 0x7F) {
            *at = '?';
            length = 1;
        }
        at += length;
        left -= length;
    }
}

void promc__set_error(int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_message(sizeof(last_error.message), format, arguments);
    va_end(arguments);
    mend_message();
    publish(code);
}

/* The reason is never cut off. */
void promc__set_system_error(const char *format, ...)
{
    int number = errno;
    char reason[80];
    size_t used;
    va_list arguments;

    if (strerror_r(number, reason, sizeof(reason)) != 0)
        (void)snprintf(reason, sizeof(reason), "error %d", number);
    va_start(arguments, format);
    write_message(sizeof(last_error.message) - strlen(reason) - 2, format, arguments);
    va_end(arguments);
    used = strlen(last_error.message);
    (void)snprintf(last_error.message + used, sizeof(last_error.message) - used, ": %s", reason);
    mend_message();
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
