/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No thread: the server is one more descriptor in the loop that the program has anyway. Here the
 * loop also reads lines from a pipe (standing for clients) and counts them.
 * own_event_loop [PORT [SECONDS]]
 */
#include <poll.h>
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    promc_counter *messages = promc_counter_new("messages", "Messages received.");
    promc_counter *rounds = promc_counter_new("loop_rounds", "Rounds of the event loop.");
    promc_http_server *server = promc_http_server_open(argc > 1 ? atoi(argv[1]) : 8000);
    time_t end = argc > 2 ? time(NULL) + atoi(argv[2]) : 0; /* 0: never */
    int ends[2], timeout = 0;

    if (!server) {
        fprintf(stderr, "own_event_loop: %s\n", promc_last_error()->message);
        return 1;
    }
    if (pipe(ends) != 0 || write(ends[1], "one\ntwo\n", 8) != 8)
        return 1;
    printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    fflush(stdout);

    struct pollfd watched[] = {
        {.fd = ends[0], .events = POLLIN},
        {.fd = promc_http_server_fd(server), .events = POLLIN},
    };
    while (!end || time(NULL) < end) {
        /* Not longer than the server asked for, nor than the program wants to sleep. */
        if (poll(watched, 2, timeout >= 0 && timeout < 200 ? timeout : 200) < 0)
            break;
        promc_counter_inc(rounds);
        if (watched[0].revents & POLLIN) {
            char text[256];
            ssize_t size = read(ends[0], text, sizeof(text));

            for (ssize_t i = 0; i < size; i++)
                if (text[i] == '\n')
                    promc_counter_inc(messages);
        }
        timeout = promc_http_server_step(server, 0); /* does what can be done without waiting */
        if (timeout < -1) {
            fprintf(stderr, "own_event_loop: %s\n", promc_last_error()->message);
            return 1;
        }
    }
    promc_http_server_stop(server);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
