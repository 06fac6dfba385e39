// SPDX-License-Identifier: Apache-2.0
// From C++17: the macros with .options are C's, what they call is for everybody. An option struct
// begins as zeros, which mean the defaults, and knows its size. cpp [PORT [SECONDS]]
//
//     c++ -std=c++17 cpp.cc $(pkg-config --cflags --libs promc) -o cpp
#include <promc/promc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

template <typename Options> static Options named(const char *name, const char *help)
{
    Options options{};

    options.size = sizeof options;
    options.name = name;
    options.help = help;
    return options;
}

int main(int argc, char **argv)
{
    const char *const names[] = {"method", "code", nullptr};
    auto counter = named<promc_counter_opts>("requests", "Requests served.");
    counter.namespace_ = "shop"; // .namespace in C
    counter.labels = names;
    promc_counter_family *requests = promc_counter_family_create(&counter);

    const double bounds[] = {0.1, 0.5, 1};
    auto histogram = named<promc_histogram_opts>("request_seconds", "Time spent on a request.");
    histogram.buckets.bounds = bounds;
    histogram.buckets.count = 3;
    promc_histogram *seconds = promc_histogram_create(&histogram);

    promc_http_server_opts options{};
    options.size = sizeof options;
    options.port = argc > 1 ? std::atoi(argv[1]) : 8000;
    promc_http_server *server = promc_http_server_start(&options);
    if (!server) { // also if a definition failed
        std::fprintf(stderr, "cpp: %s\n", promc_last_error()->message);
        return 1;
    }
    std::printf("listening on http://127.0.0.1:%d/metrics\n", promc_http_server_port(server));
    std::fflush(stdout);

    const char *const values[] = {"GET", "200"}; // in the order of the names
    promc_counter *served = promc_counter_family_child(requests, values, 2);
    for (int left = argc > 2 ? std::atoi(argv[2]) : -1; left != 0; left--) {
        promc_timer timer = promc_timer_start_histogram(seconds);
        std::this_thread::sleep_for(std::chrono::seconds(1)); // the work
        promc_timer_observe(&timer);
        promc_counter_inc(served);
    }
    promc_http_server_stop(server);
}
