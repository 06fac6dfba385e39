/* SPDX-License-Identifier: Apache-2.0 */
/* What the library was built with and runs on: client_python's python_info for C. */
#include "base/compiler.h"

#include <promc/exposition.h>

#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#define PROMC__TEXT(x) PROMC__TEXT_OF(x)
#define PROMC__TEXT_OF(x) #x

#if defined(__clang__)
#define PROMC__COMPILER "clang"
#define PROMC__COMPILER_VERSION                                                                    \
    PROMC__TEXT(__clang_major__)                                                                   \
    "." PROMC__TEXT(__clang_minor__) "." PROMC__TEXT(__clang_patchlevel__)
#elif defined(__GNUC__)
#define PROMC__COMPILER "gcc"
#define PROMC__COMPILER_VERSION                                                                    \
    PROMC__TEXT(__GNUC__) "." PROMC__TEXT(__GNUC_MINOR__) "." PROMC__TEXT(__GNUC_PATCHLEVEL__)
#else
#define PROMC__COMPILER "unknown"
#define PROMC__COMPILER_VERSION ""
#endif

#if __STDC_VERSION__ > 201710L
#define PROMC__STANDARD "C23"
#elif __STDC_VERSION__ == 201710L
#define PROMC__STANDARD "C17"
#else
#define PROMC__STANDARD "C11"
#endif

/* Of the C library that is running, where it tells; an empty label value is no label. */
static const char *libc_version(void)
{
#if defined(__GLIBC__)
    return gnu_get_libc_version();
#else
    return "";
#endif
}

static const char *libc_name(void)
{
#if defined(__GLIBC__)
    return "glibc";
#elif defined(__BIONIC__)
    return "bionic";
#elif defined(__APPLE__)
    return "libSystem";
#elif defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
    return "bsd";
#elif defined(__linux__) && !defined(__UCLIBC__)
    return "musl"; /* which, by intent, has no macro that says so */
#else
    return "unknown";
#endif
}

static promc_family *platform_family(promc_writer *writer)
{
    return promc_writer_family(writer, PROMC_TYPE_GAUGE, "c_info", "C platform information");
}

static int collect_platform(promc_writer *writer, void *arg)
{
    promc_family *family = platform_family(writer);

    (void)arg;
    if (!family)
        return promc_last_error()->code;
    return promc_writer_double(
        writer, family, 1,
        PROMC_PAIRS({"compiler", PROMC__COMPILER}, {"compiler_version", PROMC__COMPILER_VERSION},
                    {"libc", libc_name()}, {"libc_version", libc_version()},
                    {"standard", PROMC__STANDARD}, {"version", promc_version()}));
}

static int describe_platform(promc_writer *writer, void *arg)
{
    (void)arg;
    return platform_family(writer) ? PROMC_OK : promc_last_error()->code;
}

const promc_collector *promc_platform_collector(void)
{
    static const promc_collector collector = {collect_platform, describe_platform, NULL};

    return &collector;
}
