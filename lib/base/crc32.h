/* SPDX-License-Identifier: Apache-2.0 */
/* The CRC-32 of gzip (RFC 1952 section 8). */
#ifndef PROMC_BASE_CRC32_H
#define PROMC_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues the sum of what came before (0: nothing). */
uint32_t promc__crc32(uint32_t crc, const void *data, size_t size);

#endif
