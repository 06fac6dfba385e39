/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between compilers, in one place. */
#ifndef PROMC_BASE_COMPILER_H
#define PROMC_BASE_COMPILER_H

#define promc__likely(x) __builtin_expect(!!(x), 1)
#define promc__unlikely(x) __builtin_expect(!!(x), 0)
/* What is always true, told to compilers and analysers; UndefinedBehaviorSanitizer checks it. */
#define PROMC__ASSUME(x) ((x) ? (void)0 : __builtin_unreachable())
/* What runs seldom, or once for much else: made small, and kept out of the way. */
#define PROMC__COLD __attribute__((cold, noinline))
#define PROMC__HIDDEN __attribute__((visibility("hidden")))
#define PROMC__PRINTF(string, first) __attribute__((__format__(__printf__, string, first)))

/* glibc keeps room for small thread-local variables of libraries that are loaded late, so the
 * fastest access model is safe there even after dlopen. Elsewhere the compiler's default decides. */
#if defined(__linux__)
#include <features.h>
#endif
#if defined(__GLIBC__)
#define PROMC__FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#define PROMC__FAST_TLS
#endif

#if defined(__SANITIZE_THREAD__)
#define PROMC__TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PROMC__TSAN 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define PROMC__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROMC__ASAN 1
#endif
#endif

/* Memory that nobody may touch for now, and may again: AddressSanitizer sees to that. */
#ifdef PROMC__ASAN
#include <sanitizer/asan_interface.h>
#define promc__fence_off(memory, size) __asan_poison_memory_region(memory, size)
#define promc__open_up(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define promc__fence_off(memory, size) ((void)(memory), (void)(size))
#define promc__open_up(memory, size) ((void)(memory), (void)(size))
#endif

#define promc__count_of(array) (sizeof(array) / sizeof((array)[0]))

#endif
