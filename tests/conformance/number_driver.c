/* SPDX-License-Identifier: Apache-2.0 */
/* For number_oracle.py: native doubles in, a line "double repr" for each out. */
#include <stdio.h>

#include "base/number.h"

int main(void)
{
    double value;

    while (fread(&value, sizeof value, 1, stdin) == 1) {
        char line[2 * PROMC__NUMBER_SIZE + 2];
        size_t size = promc__write_double(line, value);

        line[size++] = ' ';
        size += promc__write_repr(line + size, value);
        line[size++] = '\n';
        if (fwrite(line, 1, size, stdout) != size)
            return 1;
    }
    return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
