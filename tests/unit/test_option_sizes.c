/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callers that were compiled with an older header hand over shorter option structs, those of a newer
 * one longer structs. Nothing behind `.size` is read: the structs end where their memory does, so
 * that a sanitizer or valgrind sees it; and what is cut off counts as unset.
 */
#include "base/memory.h"
#include "support.h"

#include <stdlib.h>

#define METRIC_SIZE sizeof(promc_counter_opts) /* what all metric options have in common */
#define UP_TO(type, member) offsetof(type, member)

static promc_registry *registry;

/* The first `size` bytes of an option struct, or more than all of them, alone in a block. */
static void *sized(const void *options, size_t full, size_t size)
{
    char *block = malloc(size);

    assert_non_null(block);
    memset(block, 0xAA, size); /* what a newer header may have behind */
    memcpy(block, options, size < full ? size : full);
    memcpy(block, &size, sizeof(size));
    return block;
}

/* Calls `use` with each size from `least`, cut and whole, and with a longer one. */
static void with_sizes(const void *options, size_t full, size_t least,
                       bool (*use)(const void *options, size_t size))
{
    for (size_t size = least; size <= full + 2 * sizeof(double); size += sizeof(double)) {
        void *block = sized(options, full, size);

        if (!use(block, size)) {
            print_error("size %lu of %lu: %s\n", (unsigned long)size, (unsigned long)full,
                        promc_last_error()->message);
            fail();
        }
        free(block);
    }
}

/* ---- metrics --------------------------------------------------------------------------------- */

#define MAKES(T)                                                                                   \
    static bool makes_##T(const void *options, size_t size)                                        \
    {                                                                                              \
        promc_##T *metric = promc_##T##_create(options);                                           \
                                                                                                   \
        (void)size;                                                                                \
        promc_##T##_free(metric);                                                                  \
        return metric != NULL;                                                                     \
    }                                                                                              \
    static bool makes_##T##_family(const void *options, size_t size)                               \
    {                                                                                              \
        promc_##T##_family *family = promc_##T##_family_create(options);                           \
                                                                                                   \
        (void)size;                                                                                \
        promc_##T##_family_free(family);                                                           \
        return family != NULL;                                                                     \
    }                                                                                              \
    static void try_##T(const promc_##T##_opts *filled)                                            \
    {                                                                                              \
        promc_##T##_opts options = *filled;                                                        \
                                                                                                   \
        options.name = "metric";                                                                   \
        options.registry = registry;                                                               \
        with_sizes(&options, sizeof(options), METRIC_SIZE, makes_##T);                             \
        options.labels = PROMC_LABELS("label");                                                    \
        with_sizes(&options, sizeof(options), METRIC_SIZE, makes_##T##_family);                    \
        options.size = 0;                                                                          \
        assert_null(promc_##T##_create(&options));                                                 \
        assert_last_error(PROMC_ERROR_ARGUMENT, "size");                                           \
        options.size = METRIC_SIZE - 1;                                                            \
        assert_null(promc_##T##_family_create(&options));                                          \
        assert_last_error(PROMC_ERROR_ARGUMENT, "size");                                           \
    }
MAKES(counter)
MAKES(gauge)
MAKES(summary)
MAKES(histogram)
MAKES(gauge_histogram)
MAKES(info)

static void metrics_of_other_headers(void **state)
{
    (void)state;
    registry = promc_registry_new();
    try_counter(&(promc_counter_opts){.help = ""});
    try_gauge(&(promc_gauge_opts){.help = ""});
    try_summary(&(promc_summary_opts){.help = ""});
    try_histogram(&(promc_histogram_opts){.help = ""});
    try_gauge_histogram(&(promc_gauge_histogram_opts){.help = ""});
    try_info(&(promc_info_opts){.help = ""});
    promc_registry_free(registry);
}

static void cut_options_are_unset(void **state)
{
    promc_histogram_opts native = {.name = "native", .registry = PROMC_UNREGISTERED,
                                   .buckets = PROMC_BUCKETS(7, 8), .native_factor = 0.5};
    promc_enum_opts states = {.name = "states", .registry = PROMC_UNREGISTERED,
                              .states = PROMC_STATES("on", "off")};
    promc_histogram *histogram;
    void *block;
    (void)state;

    registry = promc_registry_new();
    native.registry = registry;
    block = sized(&native, sizeof(native), METRIC_SIZE);
    histogram = promc_histogram_create(block);
    assert_non_null(histogram);
    assert_true(exposes(registry, "native_bucket{le=\"0.005\"}"));
    promc_histogram_free(histogram);
    free(block);

    block = sized(&native, sizeof(native), UP_TO(promc_histogram_opts, native_factor));
    histogram = promc_histogram_create(block);
    assert_non_null(histogram);
    assert_true(exposes(registry, "native_bucket{le=\"7.0\"}"));
    promc_histogram_free(histogram);
    free(block);

    block = sized(&native, sizeof(native), sizeof(native)); /* now the factor is seen: it is wrong */
    assert_null(promc_histogram_create(block));
    free(block);

    block = sized(&states, sizeof(states), METRIC_SIZE);
    assert_null(promc_enum_create(block));
    assert_last_error(PROMC_ERROR_ARGUMENT, "No states");
    free(block);
    block = sized(&states, sizeof(states), sizeof(states) + 8);
    promc_enum_free(promc_enum_create(block));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_ARGUMENT); /* of before */
    free(block);
    promc_registry_free(registry);
}

/* ---- registries and exposition --------------------------------------------------------------- */

#define LEAST (2 * sizeof(size_t)) /* `size`, and one more member or its padding */

static bool makes_registry(const void *options, size_t size)
{
    promc_registry *made = promc_registry_create(options);
    bool described = made && exposes(made, "target_info{a=\"b\"}");

    promc_registry_free(made);
    return made && described == (size >= sizeof(promc_registry_opts));
}

static int swallow(const void *data, size_t size, void *arg)
{
    (void)data, (void)arg;
    return size > 0 ? 0 : -1;
}

static bool makes_writer(const void *options, size_t size)
{
    promc_writer *writer = promc_writer_create(PROMC_FORMAT_TEXT, swallow, NULL, options);
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, "g", "");

    (void)size;
    (void)promc_writer_double(writer, family, 1, NULL);
    return promc_writer_end(writer) == PROMC_OK;
}

static bool makes_family(const void *options, size_t size)
{
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_TEXT, swallow, NULL);
    promc_family *family = promc_writer_family_create(writer, options);

    (void)size;
    return promc_writer_end(writer) == PROMC_OK && family;
}

static bool writes_histogram(const void *value, size_t size)
{
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_TEXT, swallow, NULL);
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_HISTOGRAM, "h", "");

    (void)size;
    (void)promc_writer_histogram(writer, family, value, NULL);
    return promc_writer_end(writer) == PROMC_OK;
}

static bool writes_summary(const void *value, size_t size)
{
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_TEXT, swallow, NULL);
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_SUMMARY, "s", "");

    (void)size;
    (void)promc_writer_summary(writer, family, value, NULL);
    return promc_writer_end(writer) == PROMC_OK;
}

static void expositions_of_other_headers(void **state)
{
    const promc_registry_opts described = {.target_info = PROMC_PAIRS({"a", "b"})};
    const promc_writer_opts limited = {.memory_limit = 1 << 20};
    const promc_family_opts family = {.type = PROMC_TYPE_GAUGE, .name = "family"};
    const promc_histogram_value histogram = {.bounds = (const double[]){1, 2},
                                             .counts = (const uint64_t[]){1, 2, 3}, .count = 2};
    const promc_summary_value summary = {.count = 1};
    (void)state;

    with_sizes(&described, sizeof(described), LEAST, makes_registry);
    with_sizes(&limited, sizeof(limited), LEAST, makes_writer);
    with_sizes(&family, sizeof(family), UP_TO(promc_family_opts, help), makes_family);
    with_sizes(&histogram, sizeof(histogram), UP_TO(promc_histogram_value, sum), writes_histogram);
    with_sizes(&summary, sizeof(summary), UP_TO(promc_summary_value, sum), writes_summary);
}

/* ---- parsing --------------------------------------------------------------------------------- */

static bool parses(const void *options, size_t size)
{
    promc_parsed *parsed = promc_parse_all(PROMC_FORMAT_TEXT, "a 1\n", 4, options);

    (void)size;
    promc_parsed_free(parsed);
    return parsed != NULL;
}

static bool tells(const void *callbacks, size_t size)
{
    (void)size;
    return promc_parse(PROMC_FORMAT_TEXT, "a 1\n", 4, callbacks, NULL) == PROMC_OK;
}

static void parsers_of_other_headers(void **state)
{
    const promc_parse_opts options = {.line_limit = 100, .memory_limit = 10000};
    const promc_parse_callbacks callbacks = {.size = sizeof(callbacks)};
    (void)state;

    with_sizes(&options, sizeof(options), LEAST, parses);
    with_sizes(&callbacks, sizeof(callbacks), LEAST, tells);
    assert_null(promc_parse_all(PROMC_FORMAT_TEXT, "a 1\n", 4, &options));
    assert_last_error(PROMC_ERROR_ARGUMENT, "size");
    assert_int_equal(promc_parse(PROMC_FORMAT_TEXT, "", 0, &(promc_parse_callbacks){0}, NULL),
                     PROMC_ERROR_ARGUMENT);
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static bool opens_server(const void *options, size_t size)
{
    promc_http_server *server = promc_http_server_create(options);

    (void)size;
    promc_http_server_stop(server);
    return server != NULL;
}

static bool responds(const void *options, size_t size)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    (void)size;
    return promc_http_respond_with(head, sizeof(head) - 1, swallow, NULL, options) == PROMC_OK;
}

static void servers_of_other_headers(void **state)
{
    promc_http_server_opts server = {.address = "127.0.0.1", .registry = promc_registry_new()};
    promc_http_respond_opts respond = {.registry = server.registry};
    (void)state;

    with_sizes(&server, sizeof(server), UP_TO(promc_http_server_opts, path), opens_server);
    with_sizes(&respond, sizeof(respond), UP_TO(promc_http_respond_opts, path), responds);
    assert_null(promc_http_server_create(&server));
    assert_last_error(PROMC_ERROR_ARGUMENT, "size");
    promc_registry_free(server.registry);
}

/* ---- sending: nobody listens, so the options have been read when it fails -------------------- */

#define NOBODY "127.0.0.1:1"

static bool fails_to_connect(int status)
{
    return status == PROMC_ERROR_SYSTEM || status == PROMC_ERROR_TIMEOUT;
}

static bool pushes(const void *options, size_t size)
{
    (void)size;
    return fails_to_connect(promc_gateway_push(options));
}

static bool pushes_graphite(const void *options, size_t size)
{
    (void)size;
    return fails_to_connect(promc_graphite_push(options));
}

static bool writes_remotely(const void *options, size_t size)
{
    (void)size;
    return fails_to_connect(promc_remote_write_once(options));
}

static bool sends(const void *options, size_t size)
{
    (void)size;
    return fails_to_connect(promc_http_send_with(options));
}

static bool sends_alerts(const void *options, size_t size)
{
    const promc_alert alert = {.labels = PROMC_PAIRS({"alertname", "a"})};

    (void)size;
    return fails_to_connect(promc_alertmanager_send_with(options, &alert, 1));
}

static int ignores_alerts(const promc_alert *alerts, size_t count, void *arg)
{
    (void)alerts, (void)count, (void)arg;
    return 0;
}

static bool filters(const void *filter, size_t size)
{
    (void)size;
    return fails_to_connect(promc_alertmanager_alerts(PROMC_ALERTMANAGER("http://" NOBODY), filter,
                                                      ignores_alerts, NULL));
}

static void sending_of_other_headers(void **state)
{
    promc_registry *sent = promc_registry_new();
    const promc_push_opts push = {.gateway = NOBODY, .job = "j", .registry = sent};
    const promc_graphite_opts graphite = {.address = NOBODY, .registry = sent};
    const promc_remote_write_opts remote = {.url = "http://" NOBODY "/", .registry = sent};
    const promc_http_send_opts request = {.url = "http://" NOBODY "/"};
    const promc_alertmanager_opts alertmanager = {.url = "http://" NOBODY};
    const promc_alert_filter filter = {.receiver = "r"};
    (void)state;

    (void)promc_gauge_new("g", "", .registry = sent);
    with_sizes(&push, sizeof(push), UP_TO(promc_push_opts, grouping_key), pushes);
    with_sizes(&graphite, sizeof(graphite), UP_TO(promc_graphite_opts, prefix), pushes_graphite);
    with_sizes(&remote, sizeof(remote), UP_TO(promc_remote_write_opts, labels), writes_remotely);
    with_sizes(&request, sizeof(request), UP_TO(promc_http_send_opts, method), sends);
    with_sizes(&alertmanager, sizeof(alertmanager), LEAST, sends_alerts);
    with_sizes(&filter, sizeof(filter), LEAST, filters);
    promc_registry_free(sent);
}

/* ---- the process collector keeps its options ------------------------------------------------- */

static bool collects(const void *options, size_t size)
{
    promc_registry *own = promc_registry_new();
    promc_collector collector = promc_process_collector_for(options);
    bool good = promc_registry_register(own, &collector) == PROMC_OK &&
                exposes(own, "other_process_cpu_seconds_total ");

    (void)size;
    promc_registry_free(own);
    return good;
}

static void collectors_of_other_headers(void **state)
{
    const promc_process_opts options = {.namespace = "other"};
    (void)state;

    with_sizes(&options, sizeof(options), UP_TO(promc_process_opts, proc_root), collects);
}

/* The registry keeps what went wrong, but only one that the caller's options have. */
static void definitions_that_are_too_short(void **state)
{
    const size_t with_registry = offsetof(promc_counter_opts, registry) + sizeof(promc_registry *);
    promc_registry *own = promc_registry_new();
    promc_counter_opts options = {.name = "metric", .registry = own};
    (void)state;

    for (size_t size = sizeof(size_t); size < METRIC_SIZE; size += sizeof(void *)) {
        void *block = sized(&options, sizeof(options), size);

        assert_null(promc_counter_create(block));
        assert_last_error(PROMC_ERROR_ARGUMENT, "size");
        assert_int_equal(promc_registry_first_error(size < with_registry ? NULL : own, NULL),
                         PROMC_ERROR_ARGUMENT);
        promc_registry_clear_error(size < with_registry ? NULL : own);
        free(block);
    }
    options.size = offsetof(promc_counter_opts, registry);
    assert_null(promc_counter_create(&options));
    assert_int_equal(promc_registry_first_error(own, NULL), PROMC_OK);
    promc_registry_clear_error(NULL);
    promc_registry_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_of_other_headers),
        cmocka_unit_test(definitions_that_are_too_short),
        cmocka_unit_test(cut_options_are_unset),
        cmocka_unit_test(expositions_of_other_headers),
        cmocka_unit_test(parsers_of_other_headers),
        cmocka_unit_test(servers_of_other_headers),
        cmocka_unit_test(sending_of_other_headers),
        cmocka_unit_test(collectors_of_other_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
