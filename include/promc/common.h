/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file common.h  What every other header uses: errors, labels, texts, memory.
 *
 * Conventions of the whole library
 *  - Constructors return NULL on failure, everything else that can fail returns PROMC_OK or a
 *    negative PROMC_ERROR_ code; promc_last_error() has the words for both.
 *  - Updates (inc, set, observe, ...) cannot fail and accept NULL.
 *  - "Borrowed" means: valid for the call, copied if the library needs it longer. Every string and
 *    list given to the library is borrowed unless its comment says otherwise.
 *  - Every function may be called from any thread unless its comment says otherwise.
 */
#ifndef PROMC_COMMON_H
#define PROMC_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <promc/version.h>

#ifdef __cplusplus
#define PROMC_BEGIN_DECLS extern "C" {
#define PROMC_END_DECLS }
/** The option is called `.namespace` in C; C++ reserves that word. */
#define PROMC_NAMESPACE namespace_
#else
#define PROMC_BEGIN_DECLS
#define PROMC_END_DECLS
#define PROMC_NAMESPACE namespace
#endif

#if defined(__GNUC__)
#define PROMC_API __attribute__((visibility("default")))
#else
#define PROMC_API
#endif

PROMC_BEGIN_DECLS

/* ---- errors ---------------------------------------------------------------------------------- */

/** Every code the library returns: X(name, number, message). */
#define PROMC_ERROR_MAP(X)                                                                         \
    X(OK, 0, "success")                                                                            \
    X(ERROR_NO_MEMORY, -1, "out of memory")                                                        \
    X(ERROR_ARGUMENT, -2, "invalid argument")                                                      \
    X(ERROR_NAME, -3, "invalid name")                                                              \
    X(ERROR_DUPLICATE, -4, "name already registered")                                              \
    X(ERROR_LABELS, -5, "wrong labels")                                                            \
    X(ERROR_NOT_FOUND, -6, "not found")                                                            \
    X(ERROR_LIMIT, -7, "limit exceeded")                                                           \
    X(ERROR_SINK, -8, "the sink refused the output")                                               \
    X(ERROR_SYSTEM, -9, "system call failed")                                                      \
    X(ERROR_TIMEOUT, -10, "timed out")                                                             \
    X(ERROR_STATE, -11, "not possible in this state")                                              \
    X(ERROR_UNSUPPORTED, -12, "not supported")                                                     \
    X(ERROR_COLLECTOR, -13, "a collector failed")                                                  \
    X(ERROR_SYNTAX, -14, "malformed input")                                                        \
    X(ERROR_REFUSED, -15, "the server refused it")

enum {
#define PROMC_ERROR_ENUM(name, number, message) PROMC_##name = (number),
    PROMC_ERROR_MAP(PROMC_ERROR_ENUM)
#undef PROMC_ERROR_ENUM
};

/** What went wrong: a code and a sentence that names the metric or option and the remedy. */
typedef struct promc_error {
    int code;
    char message[252];
} promc_error;

/**
 * The last failure in the calling thread.
 * @return never NULL; code PROMC_OK and an empty message before the first failure. Owned by the
 *         thread and overwritten by its next failure. Successful calls leave it alone.
 */
PROMC_API const promc_error *promc_last_error(void);

/** The fixed short text of a code, "unknown error" for a number that is none. Never NULL. */
PROMC_API const char *promc_error_string(int code);

/**
 * Calls `handler` for every failure, in the thread that failed, for hosts that log.
 * @param handler  NULL: none (the default). It may update metrics whose handles it has (an
 *                 increment is fine, a lookup is not); anything else of the library may deadlock.
 * @param arg      passed through; borrowed until the handler is replaced.
 */
PROMC_API void promc_set_error_handler(void (*handler)(const promc_error *error, void *arg), void *arg);

/** Mishaps that updates and scrapes cannot report: they are counted instead. */
typedef enum promc_mishap {
    PROMC_DROPPED_UPDATES,    /**< negative increments, updates of NULL, unknown enum states,
                                   oversized exemplars */
    PROMC_REPLACED_TEXTS,     /**< label values and help texts that were not valid UTF-8 */
    PROMC_DISCARDED_CHILDREN, /**< lookups past .max_children, answered by the discarding child */
    PROMC_MISHAP_COUNT
} promc_mishap;

/** How often that happened in this process, in all registries. 0 for a number that is no mishap. */
PROMC_API uint64_t promc_mishaps(promc_mishap which);

/* ---- labels ---------------------------------------------------------------------------------- */

/** One name and value. Lists of labels end in {NULL, NULL}. */
typedef struct promc_label {
    const char *name;
    const char *value;
} promc_label;

#ifndef __cplusplus
/** Label names of a family: PROMC_LABELS("method", "code"). */
#define PROMC_LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})
/** Names with values: PROMC_PAIRS({"version", "1.2.3"}, {"host", "db1"}). */
#define PROMC_PAIRS(...) ((const promc_label[]){__VA_ARGS__, {NULL, NULL}})
#endif

/**
 * The value of `name` in a list that ends in {NULL, NULL}.
 * @return borrowed from the list; NULL when absent or when `labels` is NULL.
 */
PROMC_API const char *promc_label_value(const promc_label *labels, const char *name);

/* ---- texts ----------------------------------------------------------------------------------- */

/** An owned text: `size` bytes and a NUL after them. Free it with promc_text_free(). */
typedef struct promc_text {
    char *data;
    size_t size;
} promc_text;

/** Frees what is inside and zeroes it; NULL and an all-zero text are fine. */
PROMC_API void promc_text_free(promc_text *text);

/**
 * Takes output, piece by piece. The bytes are borrowed for the call.
 * @return 0 to go on; anything else stops the output, and the caller gets PROMC_ERROR_SINK.
 */
typedef int (*promc_sink)(const void *data, size_t size, void *arg);

/* ---- memory ---------------------------------------------------------------------------------- */

/** Where all memory of the library comes from. Semantics of the C functions, plus `ctx`. */
typedef struct promc_allocator {
    void *(*malloc)(size_t size, void *ctx);
    void *(*realloc)(void *block, size_t size, void *ctx);
    void (*free)(void *block, void *ctx);
    void *ctx;
} promc_allocator;

/**
 * Replaces malloc, realloc and free. The functions are called from every thread.
 * @param allocator  copied; NULL restores libc's.
 * @return PROMC_OK; PROMC_ERROR_ARGUMENT if a function is missing; PROMC_ERROR_STATE while memory
 *         from the current allocator is still in use (call it before the first metric exists).
 */
PROMC_API int promc_set_allocator(const promc_allocator *allocator);

/**
 * Limits the memory that threads use for private cells, which is what makes updates free of
 * contention. Past it updates go to one shared cell: still exact, only slower.
 * @param bytes  default 256 MiB; 0 turns private cells off. Memory already in use stays.
 */
PROMC_API void promc_set_private_memory_limit(size_t bytes);

/** The version of the library that is linked, such as "0.1.0" (the header's is PROMC_VERSION). */
PROMC_API const char *promc_version(void);

PROMC_END_DECLS

#endif
