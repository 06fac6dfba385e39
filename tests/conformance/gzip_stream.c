/* SPDX-License-Identifier: Apache-2.0 */
/* Compresses standard input to standard output, in parts of the given number of bytes. */
#include "exposition/gzip.h"

#include <promc/common.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    size_t part = argc > 1 ? strtoul(argv[1], NULL, 10) : 65536, size;
    promc__buffer out = PROMC__BUFFER(0);
    promc__gzip *gzip = promc__gzip_new();
    char *data = malloc(part ? part : 1);

    if (!gzip || !data)
        return 1;
    while ((size = fread(data, 1, part, stdin)) > 0) {
        if (promc__gzip_write(gzip, &out, data, size) != PROMC_OK ||
            fwrite(out.data, 1, out.size, stdout) != out.size)
            return 1;
        out.size = 0;
    }
    if (promc__gzip_finish(gzip, &out) != PROMC_OK ||
        fwrite(out.data, 1, out.size, stdout) != out.size || fflush(stdout) != 0)
        return 1;
    promc__gzip_free(gzip);
    promc__buffer_free(&out);
    free(data);
    return 0;
}
