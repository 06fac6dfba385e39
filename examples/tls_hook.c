/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS from OpenSSL, or any library: four functions between sockets and server. A certificate:
 *   openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem
 * tls_hook PORT CERTIFICATE KEY [SECONDS]
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <promc/promc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *tls_open(int fd, void *context)
{
    SSL *tls = SSL_new(context);

    if (tls && SSL_set_fd(tls, fd) == 1)
        SSL_set_accept_state(tls); /* the handshake is part of the first reads */
    return tls;
}

static long outcome(SSL *tls, int ok, const size_t *size)
{
    int reason = ok ? SSL_ERROR_NONE : SSL_get_error(tls, ok);

    if (reason == SSL_ERROR_NONE || reason == SSL_ERROR_ZERO_RETURN) /* or the end */
        return (long)*size;
    return reason == SSL_ERROR_WANT_READ    ? PROMC_TRANSPORT_WANT_READ
           : reason == SSL_ERROR_WANT_WRITE ? PROMC_TRANSPORT_WANT_WRITE
                                            : PROMC_TRANSPORT_FAILED;
}

static long tls_read(void *tls, void *data, size_t size)
{
    size_t got = 0;

    ERR_clear_error();
    return outcome(tls, SSL_read_ex(tls, data, size, &got), &got);
}

static long tls_write(void *tls, const void *data, size_t size)
{
    size_t put = 0;

    ERR_clear_error();
    return outcome(tls, SSL_write_ex(tls, data, size, &put), &put);
}

static void tls_close(void *tls)
{
    SSL_shutdown(tls);
    SSL_free(tls);
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    promc_transport tls = {tls_open, tls_read, tls_write, tls_close, context};

    if (argc < 4 || SSL_CTX_use_certificate_chain_file(context, argv[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1)
        return fprintf(stderr, "usage: tls_hook PORT CERTIFICATE KEY [SECONDS]\n"), 2;
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to sockets that may be closed */

    promc_http_server *server = promc_start_http_server(atoi(argv[1]), .transport = &tls);
    if (!server) {
        fprintf(stderr, "tls_hook: %s\n", promc_last_error()->message);
        return 1;
    }
    printf("listening on https://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);
    sleep(argc > 4 ? (unsigned)atoi(argv[4]) : ~0u);
    promc_http_server_stop(server);
    SSL_CTX_free(context);
}
