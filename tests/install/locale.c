/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a test: the program speaks the language of its environment, as many hosts do. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void speak(void)
{
    char number[16];

    if (!setlocale(LC_ALL, "") || snprintf(number, sizeof(number), "%.1f", 0.5) != 3 ||
        strcmp(number, "0,5") != 0) {
        fprintf(stderr, "this locale has no decimal comma\n");
        exit(1);
    }
}
