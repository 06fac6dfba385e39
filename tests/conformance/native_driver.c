/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For native_oracle.py: native doubles in; out, for each, the bucket index at every schema from -4 to
 * 8, the upper bound of each of those buckets, and the schema that a factor of that size gives.
 */
#include <stdio.h>

#include "metrics/native_index.h"

#include <string.h>

int main(void)
{
    double value;

    while (fread(&value, sizeof value, 1, stdin) == 1) {
        uint64_t bits;
        double factor = value > 1 ? value : 2;

        memcpy(&bits, &value, sizeof bits);
        for (int schema = PROMC__COARSEST_SCHEMA; schema <= PROMC__FINEST_SCHEMA; schema++) {
            uint32_t place = promc__place_of(bits) >> (PROMC__FINEST_SCHEMA - schema);
            int32_t index = promc__index_of_place(place, schema);
            int same = promc__place_of_index(index, schema) == place;

            printf("%d %a ", same ? (int)index : 9999999, promc__native_bound(index, schema));
        }
        printf("%d\n", promc__schema_for(factor));
    }
    return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
