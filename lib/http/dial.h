/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An outgoing connection, and one deadline for everything that is done with it. Errors are told in
 * the words "<what>: <step>: <reason>".
 *
 * The deadline cannot interrupt the system's resolver: a name server that does not answer holds up
 * the caller for as long as resolv.conf(5) says. Numeric addresses are never asked for.
 */
#ifndef PROMC_HTTP_DIAL_H
#define PROMC_HTTP_DIAL_H

#include "base/net.h"
#include "http/url.h"

#include <promc/http.h>

#include <stdint.h>

typedef struct promc__line {
    int fd;
    uint64_t deadline;                       /* of promc__os.monotonic_ns; UINT64_MAX: none */
    double timeout;                          /* what it was made of */
    const promc_client_transport *transport; /* NULL: plain */
    void *session;
    const char *what; /* for messages; borrowed */
} promc__line;

/* The timeout that an option means: 0 is the default, 30 seconds; then 0 is none. NaN stays, to be
 * refused. */
double promc__client_timeout(double option);

/* Seconds from now on; 0 or less, and infinity: no deadline. */
void promc__line_begin(promc__line *line, const char *what, double timeout);

/* Connects to the host and port of the URL, or to the unix socket if there is a path. PROMC_OK;
 * PROMC_ERROR_SYSTEM, _TIMEOUT, _ARGUMENT, _NO_MEMORY (and the last error): nothing is open then.
 */
int promc__line_connect(promc__line *line, const promc__url *url, const char *unix_path);
void promc__line_close(promc__line *line);

/* Bytes that went out or came in, 0 from receiving at the end, or one of these. Where it has to
 * wait it says for what. */
enum { PROMC__LINE_WAITS = -1, PROMC__LINE_FAILED = -2 };
long promc__line_send(promc__line *line, const void *data, size_t size, int *needs);
long promc__line_receive(promc__line *line, void *data, size_t size, int *needs);

/* Waits for that, or for the deadline. PROMC_OK: try again; PROMC_ERROR_TIMEOUT, _SYSTEM. `step` is
 * for messages: "sending". */
int promc__line_wait(promc__line *line, int needs, const char *step);
int promc__line_check(promc__line *line, const char *step);

/* Sends all of it. */
int promc__line_send_all(promc__line *line, const char *data, size_t size);

/* The last error for what errno says of a step: "cannot send". */
int promc__line_failed(promc__line *line, const char *step);

#endif
