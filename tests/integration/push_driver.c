/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pushes what it is told, and prints code, HTTP status and message of how that went.
 *
 *     push_driver put|post|delete[+gzip] GATEWAY JOB [METRIC]... [-- [NAME=VALUE]...]
 *
 * A metric is gauge:NAME=VALUE, counter:NAME=VALUE, labelled:NAME=LABEL=LABELVALUE, every (one of
 * each type), timed:NAME=SECONDS (with a timestamp), or twice:NAME=VALUE (the same series twice);
 * behind -- is the grouping key. keep in the place of put pushes regularly until the input ends.
 */
#include <promc/promc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 16 };

static promc_registry *registry;
static double timestamp;

static int write_timed(promc_writer *writer, void *name)
{
    promc_writer_set_timestamp(writer, timestamp);
    return promc_writer_double(
        writer, promc_writer_family(writer, PROMC_TYPE_GAUGE, name, "Timed."), 1, NULL);
}

static int write_twice(promc_writer *writer, void *name)
{
    promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, name, "Twice.");

    (void)promc_writer_double(writer, family, 1, NULL);
    return promc_writer_double(writer, family, 2, NULL);
}

static void define_every_type(void)
{
    promc_counter_add(promc_counter_new("e_counter", "c", .registry = registry), 2.5);
    promc_gauge_set(promc_gauge_new("e_gauge", "a \\ \"help\"\nof two lines", .registry = registry),
                    -1e300);
    promc_histogram_observe(promc_histogram_new("e_histogram", "h", .registry = registry,
                                                .buckets = PROMC_BUCKETS(0.5, 2)),
                            1);
    promc_gauge_histogram_observe(promc_gauge_histogram_new("e_gauge_histogram", "gh",
                                                            .registry = registry,
                                                            .buckets = PROMC_BUCKETS(0.5, 2)),
                                  1);
    promc_summary_observe(promc_summary_new("e_summary", "s", .registry = registry), 3);
    promc_info_set(promc_info_new("e_build", "i", .registry = registry),
                   PROMC_PAIRS({"version", "1 \"2\" \\ \n \xE7\xA3\x81"}));
    promc_gauge_set(promc_gauge_labels(promc_gauge_family_new("e_alike", "a", PROMC_LABELS("a.b", "a_b"),
                                                              .registry = registry),
                                       "1", "2"),
                    4);
    (void)promc_enum_new("e_state", "e", .registry = registry, .states = PROMC_STATES("on", "off"));
}

static void define(char *text)
{
    char *name = strchr(text, ':'), *value = name ? strchr(name, '=') : NULL, *label;

    if (strcmp(text, "every") == 0) {
        define_every_type();
        return;
    }
    if (!value)
        exit(2);
    *name++ = '\0';
    *value++ = '\0';
    if (strcmp(text, "gauge") == 0) {
        promc_gauge_set(promc_gauge_new(name, "A gauge.", .registry = registry), atof(value));
    } else if (strcmp(text, "counter") == 0) {
        promc_counter_add(promc_counter_new(name, "A counter.", .registry = registry), atof(value));
    } else if (strcmp(text, "timed") == 0) {
        timestamp = atof(value);
        (void)promc_registry_register(registry,
                                      &(promc_collector){.collect = write_timed, .arg = name});
    } else if (strcmp(text, "twice") == 0) {
        (void)promc_registry_register(registry,
                                      &(promc_collector){.collect = write_twice, .arg = name});
    } else if ((label = strchr(value, '=')) != NULL) {
        *label++ = '\0';
        promc_gauge_set(
            promc_gauge_labels(promc_gauge_family_new(name, "With a label.", PROMC_LABELS(value),
                                                      .registry = registry),
                               label),
            1);
    }
}

/* Failures on the way are no failure of this; the last push is. */
static int push_until_the_end(promc_push_opts *options)
{
    promc_pusher *pusher;

    options->interval = 0.1;
    pusher = promc_pusher_create(options);
    while (getchar() != EOF)
        ;
    return pusher ? promc_pusher_stop(pusher) : promc_last_error()->code;
}

int main(int argc, char **argv)
{
    promc_label key[KEYS_MAX + 1] = {{NULL, NULL}};
    promc_push_opts options = {.size = sizeof(options), .grouping_key = key, .timeout = 10};
    int code = PROMC_ERROR_ARGUMENT, at = 4, status = 0;
    char *method;

    if (argc < 4)
        return 2;
    registry = promc_registry_new();
    promc_disable_created_series();
    options.registry = registry;
    options.gateway = argv[2];
    options.job = argv[3];
    options.status = &status;
    method = strtok(argv[1], "+");
    options.gzip = strtok(NULL, "") != NULL;
    while (at < argc && strcmp(argv[at], "--") != 0)
        define(argv[at++]);
    for (int i = 0; ++at < argc && i < KEYS_MAX; i++) {
        char *value = strchr(argv[at], '=');

        if (!value)
            return 2;
        *value++ = '\0';
        key[i] = (promc_label){argv[at], value};
    }
    if (promc_registry_first_error(registry, NULL) != PROMC_OK)
        return 3;
    if (strcmp(method, "put") == 0)
        code = promc_gateway_push(&options);
    else if (strcmp(method, "keep") == 0)
        code = push_until_the_end(&options);
    else if (strcmp(method, "post") == 0)
        code = promc_gateway_pushadd(&options);
    else
        code = promc_gateway_delete(&options);
    printf("%d %d %s\n", code, status, code == PROMC_OK ? "" : promc_last_error()->message);
    promc_registry_free(registry);
    return 0;
}
