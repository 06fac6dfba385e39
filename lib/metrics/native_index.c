/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/native_index.h"

#include "cells/cells.h"

#include <math.h>

uint32_t promc__place_of(uint64_t magnitude)
{
    unsigned zeros;

    if (promc__is_normal(magnitude))
        return promc__normal_place(magnitude);
    /* One past the bucket of the largest finite number. */
    if (magnitude >= PROMC__INFINITY_BITS)
        return 1024 * 256 + PROMC__PLACE_BIAS;
    /* Subnormal: moved up by some octaves, and back. */
    zeros = (unsigned)__builtin_clzll(magnitude) - 11;
    return promc__normal_place(magnitude << zeros) - zeros * 256;
}

double promc__native_bound(int32_t index, int schema)
{
    uint32_t steps = (promc__place_of_index(index, schema) + 1) << (PROMC__FINEST_SCHEMA - schema);
    int exponent = (int)(steps / 256) - (int)(PROMC__PLACE_BIAS / 256) + 1023;
    uint64_t mantissa = promc__native_bounds[steps % 256] >> 12;

    if (exponent >= 2047) /* the last finite bucket ends where doubles do */
        return exponent == 2047 && mantissa == 0 ? promc__bits_to_double(PROMC__INFINITY_BITS - 1)
                                                 : (double)INFINITY;
    if (exponent > 0)
        return promc__bits_to_double((uint64_t)exponent << 52 | mantissa);
    if (exponent < -52)
        return 0;
    return promc__bits_to_double((mantissa | (uint64_t)1 << 52) >> (1 - exponent));
}

int promc__schema_for(double factor)
{
    int schema = PROMC__COARSEST_SCHEMA;

    for (; schema <= 0; schema++) {
        if (factor >= promc__native_bound(1, schema))
            return schema;
    }
    /* From here on the bounds are irrational and rounded down. */
    while (schema < PROMC__FINEST_SCHEMA && !(factor > promc__native_bound(1, schema)))
        schema++;
    return schema;
}
