/* SPDX-License-Identifier: Apache-2.0 */
/*
 * https from OpenSSL, or any library: four functions between the socket and whatever sends, here to
 * a Pushgateway. The server's certificate is verified, by the system's authorities or those of a
 * file. tls_client GATEWAY [CA_FILE], such as tls_client https://push.example:9091
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <promc/promc.h>
#include <signal.h>
#include <stdio.h>

static void *tls_open(int fd, const char *host, void *context)
{
    SSL *tls = SSL_new(context);

    if (tls && SSL_set_fd(tls, fd) == 1 && SSL_set1_host(tls, host) == 1 &&
        SSL_set_tlsext_host_name(tls, host) == 1) {
        SSL_set_connect_state(tls); /* the handshake is part of the first writes */
        return tls;
    }
    SSL_free(tls);
    return NULL;
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
    SSL_free(tls);
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    promc_client_transport tls = {tls_open, tls_read, tls_write, tls_close, context};
    promc_registry *registry = promc_registry_new();
    promc_gauge *done =
        promc_gauge_new("job_done_timestamp_seconds", "When it ended.", .registry = registry);
    int status;

    if (argc < 2 || (argc > 2 ? SSL_CTX_load_verify_locations(context, argv[2], NULL)
                              : SSL_CTX_set_default_verify_paths(context)) != 1)
        return fprintf(stderr, "usage: tls_client GATEWAY [CA_FILE]\n"), 2;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to sockets that may be closed */

    promc_gauge_set_to_current_time(done);
    status = promc_push_to_gateway(argv[1], "job", .registry = registry, .transport = &tls);
    if (status != PROMC_OK) { /* "the transport failed": why is its business */
        unsigned long reason = ERR_peek_last_error();

        fprintf(stderr, "tls_client: %s%s%s\n", promc_last_error()->message, reason ? ": " : "",
                reason ? ERR_reason_error_string(reason) : "");
    }
    promc_registry_free(registry);
    SSL_CTX_free(context);
    return status != PROMC_OK;
}
