/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648), padded. */
#ifndef PROMC_HTTP_BASE64_H
#define PROMC_HTTP_BASE64_H

#include "base/buffer.h"

#include <stdbool.h>

/* `url_safe`: with - and _ in the place of + and / (section 5). */
void promc__write_base64(promc__buffer *out, const char *data, size_t size, bool url_safe);

#endif
