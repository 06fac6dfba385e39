/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that several responses send from where they are. One thread: that of the server. */
#ifndef PROMC_HTTP_SHARED_TEXT_H
#define PROMC_HTTP_SHARED_TEXT_H

#include "base/buffer.h"

typedef struct promc__shared_text {
    size_t users;
    promc__buffer text;
} promc__shared_text;

/* Takes over `text`, which is empty then; has one user. NULL: no memory, `text` is as it was. */
promc__shared_text *promc__shared_text_new(promc__buffer *text);

/* The last one who leaves frees it. NULL is fine. */
void promc__shared_text_leave(promc__shared_text *shared);

#endif
