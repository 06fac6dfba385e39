// SPDX-License-Identifier: Apache-2.0
// The plain functions, which the macros of C call, from C++17.
#include <promc/promc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::printf("line %d: %s (%s)\n", __LINE__, #condition, promc_last_error()->message);  \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

template <typename Options> static Options options(const char *name, promc_registry *registry)
{
    Options made = {};

    made.size = sizeof made;
    made.name = name;
    made.help = "Help.";
    made.registry = registry;
    return made;
}

static int append(const void *data, size_t size, void *arg)
{
    static_cast<std::string *>(arg)->append(static_cast<const char *>(data), size);
    return 0;
}

static int collect(promc_writer *writer, void *arg)
{
    promc_family_opts family = {};

    family.size = sizeof family;
    family.type = PROMC_TYPE_GAUGE;
    family.name = "collected";
    return promc_writer_u64(writer, promc_writer_family_create(writer, &family),
                            *static_cast<unsigned *>(arg), nullptr);
}

static double sample(promc_registry *registry, const char *name, const promc_label *labels)
{
    double value = -1;

    CHECK(promc_registry_get_sample_value(registry, name, labels, &value) == PROMC_OK);
    return value;
}

static void every_type(promc_registry *registry)
{
    auto counter = options<promc_counter_opts>("c", registry);
    counter.namespace_ = "cpp"; // C++ reserves the other word
    counter.subsystem = "test";
    promc_counter *c = promc_counter_create(&counter);
    promc_counter_add(c, 2.5);
    CHECK(promc_counter_value(c) == 2.5);
    CHECK(sample(registry, "cpp_test_c_total", nullptr) == 2.5);

    auto gauge = options<promc_gauge_opts>("g", registry);
    promc_gauge *g = promc_gauge_create(&gauge);
    double answer = 42;
    promc_gauge_set_function(g, [](void *arg) { return *static_cast<double *>(arg); }, &answer);
    CHECK(sample(registry, "g", nullptr) == 42);
    promc_gauge_set_function(g, nullptr, nullptr);

    auto histogram = options<promc_histogram_opts>("h", registry);
    const double bounds[] = {1, 2};
    histogram.buckets.count = 2;
    histogram.buckets.bounds = bounds;
    promc_histogram *h = promc_histogram_create(&histogram);
    promc_histogram_observe(h, 1.5);
    const promc_label le[] = {{"le", "2.0"}, {nullptr, nullptr}};
    CHECK(sample(registry, "h_bucket", le) == 1);
    promc_timer timer = promc_timer_start_histogram(h);
    CHECK(promc_timer_observe(&timer) >= 0);
    CHECK(sample(registry, "h_count", nullptr) == 2);

    auto info = options<promc_info_opts>("i", registry);
    const promc_label pairs[] = {{"version", "1"}, {nullptr, nullptr}};
    CHECK(promc_info_set(promc_info_create(&info), pairs) == PROMC_OK);
    CHECK(sample(registry, "i_info", pairs) == 1);

    auto states = options<promc_enum_opts>("e", registry);
    const char *const names[] = {"a", "b", nullptr};
    states.states = names;
    CHECK(promc_enum_state(promc_enum_create(&states), "b") == PROMC_OK);
    CHECK(promc_count_failure_int(c, -3) == -3);
}

static void families(promc_registry *registry)
{
    auto made = options<promc_counter_opts>("f", registry);
    const char *const names[] = {"method", "code", nullptr};
    const char *const values[] = {"GET", "200"};
    const promc_label labels[] = {{"code", "200"}, {"method", "GET"}, {nullptr, nullptr}};

    made.labels = names;
    promc_counter_family *f = promc_counter_family_create(&made);
    promc_counter *child = promc_counter_family_child(f, values, 2);
    CHECK(child && child == promc_counter_family_child_by_name(f, labels));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([child] {
            for (int n = 0; n < 1000; n++)
                promc_counter_inc(child);
        });
    for (auto &thread : threads)
        thread.join();
    CHECK(sample(registry, "f_total", labels) == 4000);
    CHECK(promc_counter_family_remove_by_labels(f, labels) == 1);
    CHECK(promc_counter_family_remove_child(f, values, 2) == PROMC_OK);
    CHECK(promc_counter_family_child(f, values, 1) == nullptr);
    CHECK(promc_last_error()->code == PROMC_ERROR_LABELS);
    CHECK(promc_registry_unregister(registry, f) == PROMC_OK); // an overload in C++
    promc_counter_family_free(f);
}

static void exposition(promc_registry *registry)
{
    unsigned number = 7;
    promc_collector collector = {};
    std::string streamed;
    promc_text text;

    collector.collect = collect;
    collector.arg = &number;
    CHECK(promc_registry_register(registry, &collector) == PROMC_OK);
    CHECK(promc_generate_latest(registry, &text) == PROMC_OK);
    CHECK(promc_expose(registry, promc_negotiate(nullptr), append, &streamed) == PROMC_OK);
    CHECK(streamed == std::string(text.data, text.size));
    CHECK(streamed.find("\ncollected 7") != std::string::npos);
    promc_text_free(&text);
    CHECK(promc_registry_unregister(registry, &collector) == PROMC_OK);
    CHECK(promc_registry_unregister(registry, &collector) == PROMC_ERROR_NOT_FOUND);
}

static int keep_push(const promc_push_request *request, void *kept)
{
    static_cast<std::vector<std::string> *>(kept)->emplace_back(std::string(request->method) + ' ' +
                                                                request->url);
    return 0;
}

static void pushes(promc_registry *registry)
{
    const promc_label key[] = {{"instance", "a/b"}, {nullptr, nullptr}};
    const promc_label headers[] = {{"X-A", "b"}, {nullptr, nullptr}};
    promc_push_opts push = {};
    std::vector<std::string> kept;

    push.size = sizeof(push);
    push.gateway = "gateway:9091";
    push.job = "j";
    push.registry = registry;
    push.grouping_key = key;
    push.headers = headers;
    push.handler = keep_push;
    push.handler_arg = &kept;
    push.gzip = true;
    CHECK(promc_gateway_push(&push) == PROMC_OK);
    CHECK(promc_gateway_delete(&push) == PROMC_OK);
    push.interval = 3600;
    push.delete_group = true;
    promc_pusher *pusher = promc_pusher_create(&push);
    CHECK(pusher && promc_pusher_error(pusher, nullptr) == PROMC_OK);
    CHECK(promc_pusher_stop(pusher) == PROMC_OK);
    CHECK(kept.size() >= 3 && kept.back() == kept[1]);
    CHECK(kept[0] == "PUT http://gateway:9091/metrics/job/j/instance@base64/YS9i");

    promc_graphite_opts graphite = {};
    graphite.size = sizeof(graphite);
    CHECK(promc_graphite_push(&graphite) == PROMC_ERROR_ARGUMENT);
    promc_remote_write_opts remote = {};
    remote.size = sizeof(remote);
    CHECK(promc_remote_write_pusher_create(&remote) == nullptr);
}

static int keep_alerts(const promc_alert *alerts, size_t count, void *kept)
{
    for (size_t i = 0; i < count; i++)
        static_cast<std::vector<std::string> *>(kept)->emplace_back(
            std::string(promc_label_value(alerts[i].labels, "alertname")) +
            (alerts[i].status == PROMC_ALERT_FIRING ? " fires" : " is over"));
    return 0;
}

static int keep_notification(const promc_notification *notification, void *kept)
{
    return keep_alerts(notification->alerts, notification->alert_count, kept);
}

// Alerts that this program sends to itself.
static void alerts()
{
    const promc_label labels[] = {{"alertname", "宕机"}, {nullptr, nullptr}};
    const promc_alert alert = {PROMC_ALERT_FIRING, labels, nullptr, {}, {}, nullptr, nullptr};
    const char webhook[] = "{\"version\":\"4\",\"status\":\"firing\",\"alerts\":[{\"status\":"
                           "\"firing\",\"labels\":{\"alertname\":\"磁盘满\"}}]}";
    std::vector<std::string> kept;
    promc_http_server_opts serving = {};

    serving.size = sizeof(serving);
    serving.address = "127.0.0.1";
    promc_http_server *server = promc_http_server_start(&serving);
    CHECK(promc_http_server_on_alerts(server, "/api/v2/alerts", keep_alerts, &kept) == PROMC_OK);
    CHECK(promc_http_server_on_notification(server, "/send/", keep_notification, &kept) ==
          PROMC_OK);
    const std::string url = "http://127.0.0.1:" + std::to_string(promc_http_server_port(server));

    promc_alertmanager_opts manager = {};
    manager.size = sizeof(manager);
    manager.url = url.c_str();
    CHECK(promc_alertmanager_send_with(&manager, &alert, 1) == PROMC_OK);
    promc_alert_keeper *keeper = promc_alert_keeper_create(&manager);
    CHECK(promc_alert_keeper_fire(keeper, &alert) == PROMC_OK);
    CHECK(promc_alert_keeper_resolve(keeper, labels) == PROMC_OK);
    CHECK(promc_alert_keeper_stop(keeper) == PROMC_OK);

    promc_http_send_opts sending = {};
    const std::string hook = url + "/send/";
    sending.size = sizeof(sending);
    sending.url = hook.c_str();
    sending.body = webhook;
    CHECK(promc_http_send_with(&sending) == PROMC_OK);
    promc_http_server_stop(server);
    CHECK(kept.size() >= 3 && kept.front() == "宕机 fires" && kept.back() == "磁盘满 fires");
    CHECK(kept.size() >= 3 && kept[kept.size() - 2] == "宕机 is over");
    CHECK(promc_alertmanager_resolve(url.c_str(), &alert, 1) == PROMC_ERROR_SYSTEM);
}

int main()
{
    promc_registry *registry = promc_registry_create(nullptr);

    every_type(registry);
    families(registry);
    exposition(registry);
    pushes(registry);
    alerts();
    promc_registry_free(registry);
    CHECK(std::strcmp(promc_version(), PROMC_VERSION) == 0);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
