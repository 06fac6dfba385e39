/* SPDX-License-Identifier: Apache-2.0 */
#include "http/shared_text.h"

#include "base/memory.h"

promc__shared_text *promc__shared_text_new(promc__buffer *text)
{
    promc__shared_text *shared = promc__malloc(sizeof(*shared));

    if (shared) {
        *shared = (promc__shared_text){1, *text};
        *text = PROMC__BUFFER(text->limit);
    }
    return shared;
}

void promc__shared_text_leave(promc__shared_text *shared)
{
    if (!shared || --shared->users)
        return;
    promc__buffer_free(&shared->text);
    promc__free(shared);
}
