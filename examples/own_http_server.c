/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program has an HTTP server already: it hands the head of a request to the library and gets
 * back what to send. The server here is as small as one can be, and serves a registry of its own.
 * own_http_server [PORT [REQUESTS]]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_all(const void *data, size_t size, void *arg)
{
    const int *client = arg;
    const char *bytes = data;

    while (size > 0) {
        ssize_t sent = send(*client, bytes, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return -1;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

static void serve(int client, promc_registry *registry)
{
    static const char page[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";
    char head[8192];
    size_t size = 0;
    ssize_t got;

    do {
        got = recv(client, head + size, sizeof(head) - 1 - size, 0);
        size += got > 0 ? (size_t)got : 0;
        head[size] = '\0';
    } while (got > 0 && !strstr(head, "\r\n\r\n"));
    if (strncmp(head, "GET /metrics", 12) == 0)
        promc_http_respond(head, size, send_all, &client, .registry = registry);
    else if (size > 0)
        send_all(page, sizeof(page) - 1, &client);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client, yes = 1;
    promc_registry *registry = promc_registry_new();
    promc_counter *requests = promc_counter_new("requests", "Requests.", .registry = registry);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 8000));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("own_http_server");
        return 1;
    }
    printf("listening on http://127.0.0.1:%d/metrics\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int left = argc > 2 ? atoi(argv[2]) : -1; left != 0; left--) { /* -1: for ever */
        client = accept(listener, NULL, NULL);
        promc_counter_inc(requests);
        serve(client, registry);
        close(client);
    }
    promc_registry_free(registry);
    return 0;
}
