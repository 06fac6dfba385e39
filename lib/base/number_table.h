/* SPDX-License-Identifier: Apache-2.0 */
/* Powers of ten for printing and reading numbers; tools/make_number_table.py makes the table. */
#ifndef PROMC_BASE_NUMBER_TABLE_H
#define PROMC_BASE_NUMBER_TABLE_H

#include "base/compiler.h"

#include <stdint.h>

#define PROMC__POWER_MIN (-292)
#define PROMC__POWER_MAX 324

typedef struct promc__power {
    uint64_t high, low;
} promc__power;

/* 10^i from PROMC__POWER_MIN on, times the power of two that makes it 128 bits, rounded up. */
extern const promc__power promc__powers[PROMC__POWER_MAX - PROMC__POWER_MIN + 1] PROMC__HIDDEN;

#endif
