// SPDX-License-Identifier: Apache-2.0
// See README.md.
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr size_t kUpdates = 2000000, kLookups = 300000, kValues = 4096, kChildren = 100;

double Now()
{
    return std::chrono::duration<double, std::nano>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void Check(bool good, const char *what)
{
    if (good)
        return;
    std::cerr << "prometheus-cpp: " << what << "\n";
    std::exit(1);
}

template <typename Update> double RunThreads(const Update &update, size_t count, int threads)
{
    std::vector<std::thread> running;
    double begun = Now();

    for (int t = 0; t < threads; t++)
        running.emplace_back([&update, count] {
            for (size_t i = 0; i < count; i++)
                update(i);
        });
    for (auto &thread : running)
        thread.join();
    return (Now() - begun) / static_cast<double>(count);
}

template <typename Update>
void Measure(const char *name, size_t count, int threads, const Update &update)
{
    RunThreads(update, count / 16, threads);
    std::printf("%s\t%.3f\n", name, RunThreads(update, count, threads));
}

void Updates(int threads)
{
    auto registry = std::make_shared<prometheus::Registry>();
    auto &counter = prometheus::BuildCounter().Name("bench_total").Register(*registry).Add({});
    auto &set = prometheus::BuildGauge().Name("bench_set").Register(*registry).Add({});
    auto &up = prometheus::BuildGauge().Name("bench_up").Register(*registry).Add({});
    auto &histogram = prometheus::BuildHistogram().Name("bench_seconds").Register(*registry).Add(
        {}, prometheus::Histogram::BucketBoundaries{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10});
    auto &family = prometheus::BuildCounter().Name("bench_family_total").Register(*registry);
    const double many = static_cast<double>(threads) * (kUpdates + kUpdates / 16);
    std::vector<double> values;
    std::vector<std::string> paths;
    double total = 0;

    for (size_t i = 0; i < kValues; i++) {
        size_t steps = i * 2531 % kValues;
        values.push_back(0.001 * static_cast<double>(1 << steps / 286) *
                         (1 + static_cast<double>(steps % 286) / 286));
    }
    for (size_t i = 0; i < kChildren; i++)
        paths.push_back("/path/" + std::to_string(i));
    auto child = [&](size_t i) -> prometheus::Counter & {
        return family.Add({{"method", "GET"}, {"code", "200"}, {"path", paths[i % kChildren]}});
    };

    Measure("counter inc", kUpdates, threads, [&](size_t) { counter.Increment(); });
    Check(counter.Value() == many, "the counter");
    Measure("gauge set", kUpdates, threads, [&](size_t i) { set.Set(static_cast<double>(i)); });
    Check(set.Value() == kUpdates - 1, "the gauge");
    Measure("gauge inc", kUpdates, threads, [&](size_t) { up.Increment(); });
    Check(up.Value() == many, "the gauge");
    Measure("histogram observe", kUpdates, threads,
            [&](size_t i) { histogram.Observe(values[i % kValues]); });
    Check(static_cast<double>(histogram.Collect().histogram.sample_count) == many, "the histogram");
    Measure("lookup", kLookups, threads, [&](size_t i) { child(i).Increment(); });
    for (size_t i = 0; i < kChildren; i++)
        total += child(i).Value();
    Check(total == static_cast<double>(threads) * (kLookups + kLookups / 16), "the children");
}

std::shared_ptr<prometheus::Registry> MakeSeries(size_t count)
{
    auto registry = std::make_shared<prometheus::Registry>();
    auto &family =
        prometheus::BuildCounter().Name("http_requests_total").Help("Requests.").Register(*registry);

    for (size_t i = 0; i < count; i++) {
        char path[64];

        std::snprintf(path, sizeof(path), "/api/v1/users/item-%07zu", i);
        family.Add({{"method", "GET"}, {"code", "200"}, {"path", path}})
            .Increment(1234.5678 * static_cast<double>(i + 1));
    }
    return registry;
}

// Counts lines and keeps nothing.
class Nowhere : public std::streambuf {
  public:
    size_t lines = 0;

  protected:
    std::streamsize xsputn(const char *data, std::streamsize size) override
    {
        for (std::streamsize i = 0; i < size; i++)
            lines += data[i] == '\n';
        return size;
    }
    int overflow(int c) override
    {
        lines += c == '\n';
        return c;
    }
};

double Status(const std::string &name)
{
    std::ifstream file("/proc/self/status");

    for (std::string line; std::getline(file, line);)
        if (line.compare(0, name.size(), name) == 0)
            return std::strtod(line.c_str() + name.size() + 1, nullptr) * 1024;
    return 0;
}

void Scrape(size_t series, int repeats)
{
    auto registry = MakeSeries(series);

    for (int i = 0; i < repeats; i++) {
        Nowhere nowhere;
        std::ostream out(&nowhere);

        std::ofstream("/proc/self/clear_refs") << "5" << std::flush;
        double before = Status("VmRSS"), begun = Now();
        prometheus::TextSerializer().Serialize(out, registry->Collect());
        std::printf("time\t%.2f\n", (Now() - begun) / static_cast<double>(series));
        if (i == 0)
            std::printf("memory\t%.0f\n", Status("VmHWM") - before);
        Check(nowhere.lines == series + 2, "the number of lines");
    }
}

void Serve(const std::string &port)
{
    auto registry = MakeSeries(1000);
    prometheus::Exposer exposer("127.0.0.1:" + port, 1);

    exposer.RegisterCollectable(registry);
    std::puts("ready");
    std::fflush(stdout);
    pause();
}

} // namespace

int main(int argc, char **argv)
{
    std::string command = argc > 1 ? argv[1] : "";

    if (command == "updates" && argc == 3)
        Updates(std::atoi(argv[2]));
    else if (command == "scrape" && argc == 4)
        Scrape(std::strtoul(argv[2], nullptr, 10), std::atoi(argv[3]));
    else if (command == "serve" && argc == 3)
        Serve(argv[2]);
    else
        return 2;
    return 0;
}
