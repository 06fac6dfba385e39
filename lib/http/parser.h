/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1 request (RFC 9112): no input or output, no allocation, bytes of the caller.
 *
 * Strict where leniency lets two programs read one message differently: a line ends in CRLF (a bare
 * LF or CR is refused), no folded lines, no space before a colon, one Content-Length made of
 * digits, never together with Transfer-Encoding, one Host.
 */
#ifndef PROMC_HTTP_PARSER_H
#define PROMC_HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROMC__HTTP_FIELDS_MAX = 100 }; /* header lines of a request */

typedef enum promc__parsed { PROMC__PARTIAL, PROMC__COMPLETE, PROMC__BAD } promc__parsed;

/* A request head; all zero to begin with. Places are offsets into the caller's bytes. */
typedef struct promc__request_head {
    size_t line;    /* where the first line begins that is not complete yet */
    size_t scanned; /* bytes looked at */

    size_t method, method_size;
    size_t target, target_size;
    unsigned minor; /* HTTP/1.minor: 0 or 1 */
    size_t fields;  /* where the header lines begin */
    size_t field_count;
    size_t size; /* of the whole head, the empty line included */

    uint64_t content_length;
    bool has_length, chunked, has_host;
    bool close, keep_alive; /* said in Connection */
    bool expect_continue;

    int status;         /* for a bad one: what to answer, */
    const char *reason; /* and why */
} promc__request_head;

/*
 * Goes on from where the last call for the same request stopped; `data` are the request's bytes
 * from the first one on. A head that does not end within `limit` bytes is bad. The verdict for
 * given bytes does not depend on the pieces in which they came.
 */
promc__parsed promc__parse_head(promc__request_head *head, const char *data, size_t size,
                                size_t limit);

/* One header line of a complete head: the name, and the value without the spaces around it. */
typedef struct promc__field {
    size_t name, name_size;
    size_t value, value_size;
} promc__field;

/* Steps through the header lines; *at begins with head->fields. False behind the last one. */
bool promc__next_field(const char *data, const promc__request_head *head, size_t *at,
                       promc__field *field);

/* Characters of methods and header names (RFC 9110 token). */
bool promc__is_token_char(unsigned char c);

/* Whether the text is `word` (which is in lower case), in any case. */
bool promc__same_word(const char *text, size_t size, const char *word);

#endif
