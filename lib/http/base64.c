/* SPDX-License-Identifier: Apache-2.0 */
#include "http/base64.h"

void promc__write_base64(promc__buffer *out, const char *data, size_t size, bool url_safe)
{
    static const char common[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const char *last = url_safe ? "-_" : "+/";

    for (size_t i = 0; i < size; i += 3) {
        size_t have = size - i < 3 ? size - i : 3;
        unsigned bits = 0;

        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < have ? (unsigned char)data[i + j] : 0u);
        for (size_t j = 0; j < 4; j++) {
            unsigned digit = bits >> (18 - 6 * j) & 63;

            if (j > have)
                promc__buffer_char(out, '=');
            else
                promc__buffer_char(out, digit < 62 ? common[digit] : last[digit - 62]);
        }
    }
}
