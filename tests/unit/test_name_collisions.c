/* SPDX-License-Identifier: Apache-2.0 */
/* Names that become equal when they are escaped to the old character set: in every format each of them
 * keeps a name of its own, and other names stay as client_python has them. */
#include "delivery/graphite_lines.h"
#include "delivery/write_request.h"
#include "support.h"

#include <promc/promc.h>

#define WENDU "\xE6\xB8\xA9\xE5\xBA\xA6" /* two Chinese characters each */
#define SHIDU "\xE6\xB9\xBF\xE5\xBA\xA6"
#define JIA "\xE7\x94\xB2" /* one */
#define YI "\xE4\xB9\x99"

static promc_registry *registry;

static int set_up(void **state)
{
    (void)state;
    promc_disable_created_series();
    registry = promc_registry_new();
    return registry ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    promc_registry_free(registry);
    return 0;
}

/* ---- what is exposed ------------------------------------------------------------------------- */

static int append(const void *data, size_t size, void *arg)
{
    promc__buffer_append(arg, data, size);
    return 0;
}

static char *exposed(promc_registry *from, promc_format format)
{
    static char text[8192];
    promc__buffer out = PROMC__BUFFER(sizeof(text) - 1);

    assert_int_equal(promc_expose(from, format, append, &out), PROMC_OK);
    assert_int_equal(out.error, PROMC_OK);
    if (out.size)
        memcpy(text, out.data, out.size);
    text[out.size] = '\0';
    promc__buffer_free(&out);
    return text;
}

static void must_say(promc_format format, const char *part)
{
    const char *text = exposed(registry, format);

    if (!strstr(text, part))
        fail_msg("%s\nis not in\n%s", part, text);
}

static void must_expose(const char *expected)
{
    assert_string_equal(exposed(registry, PROMC_FORMAT_TEXT), expected);
}

/* A field of protocol buffers that is a string: how names stand in messages. */
static void must_have_string(promc_format format, char field, const char *string)
{
    promc__buffer out = PROMC__BUFFER(0), wanted = PROMC__BUFFER(0);
    bool found = false;

    assert_int_equal(promc_expose(registry, format, append, &out), PROMC_OK);
    promc__buffer_char(&wanted, (char)(field << 3 | 2));
    promc__buffer_char(&wanted, (char)strlen(string));
    promc__buffer_string(&wanted, string);
    for (size_t i = 0; i + wanted.size <= out.size && !found; i++)
        found = memcmp(out.data + i, wanted.data, wanted.size) == 0;
    if (!found)
        fail_msg("field %d is never \"%s\"", field, string);
    promc__buffer_free(&out);
    promc__buffer_free(&wanted);
}

static promc_gauge *gauge(const char *name, double value)
{
    promc_gauge *made = promc_gauge_new(name, "G.", .registry = registry);

    assert_non_null(made);
    promc_gauge_set(made, value);
    return made;
}

/* ---- labels ---------------------------------------------------------------------------------- */

static void labels_of_a_family(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(
        "f", "F.", PROMC_LABELS(JIA, YI, "disk.name", "disk_name", "ok.name"), .registry = registry);
    (void)state;

    assert_non_null(f);
    promc_gauge_set(promc_gauge_labels(f, "1", "2", "3", "4", "5"), 6);
    must_expose("# HELP f F.\n# TYPE f gauge\n"
                "f{U__disk_2e_name=\"3\",disk_name=\"4\",ok_name=\"5\",U___4e59_=\"2\","
                "U___7532_=\"1\"} 6.0\n");
    must_say(PROMC_FORMAT_OPENMETRICS,
             "\nf{U__disk_2e_name=\"3\",disk_name=\"4\",ok_name=\"5\",U___4e59_=\"2\","
             "U___7532_=\"1\"} 6.0\n");
    /* Dots tell disk.name from disk_name, but not one Chinese character from another. */
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS,
             "\nf{disk_dot_name=\"3\",disk__name=\"4\",ok_dot_name=\"5\",U___4e59_=\"2\","
             "U___7532_=\"1\"} 6.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_ALLOW_UTF_8,
             "\nf{\"disk.name\"=\"3\",disk_name=\"4\",\"ok.name\"=\"5\",\"" YI "\"=\"2\",\"" JIA
             "\"=\"1\"} 6.0\n");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U__disk_2e_name");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "disk_name");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "ok_name");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U___7532_");
    must_have_string(PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_DOTS, 1, "disk_dot_name");
    must_have_string(PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_DOTS, 1, "U___4e59_");
    must_have_string(PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_ALLOW_UTF_8, 1, JIA);
}

/* A leading digit, quotes and line feeds are underscores, too. */
static void labels_of_all_kinds(void **state)
{
    promc_histogram_family *h = promc_histogram_family_new(
        "h", "H.", PROMC_LABELS("a.b", "1", "2"), .registry = registry,
        .const_labels = PROMC_PAIRS({"a\nb", "c"}), .buckets = PROMC_BUCKETS(1));
    promc_info *i = promc_info_new("i", "I.", .registry = registry);
    promc_counter *c = promc_counter_new("c", "C.", .registry = registry);
    (void)state;

    assert_true(h && i && c);
    promc_histogram_observe(promc_histogram_labels(h, "x", "y", "z"), 1);
    assert_int_equal(promc_info_set(i, PROMC_PAIRS({"q\"", "1"}, {"q?", "2"}, {"r?", "3"})), PROMC_OK);
    promc_counter_add_exemplar(c, 1, PROMC_PAIRS({"t.id", "1"}, {"t_id", "2"}));
    must_say(PROMC_FORMAT_TEXT, "\nh_bucket{U___31_=\"y\",U___32_=\"z\",U__a_a_b=\"c\",U__a_2e_b=\"x\","
                                "le=\"1.0\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT, "\ni_info{U__q_22_=\"1\",U__q_3f_=\"2\",r_=\"3\"} 1.0\n");
    must_say(PROMC_FORMAT_OPENMETRICS, "\nc_total 1.0 # {U__t_2e_id=\"1\",t_id=\"2\"} 1.0 ");
}

/* The label of the states has the family's name. */
static void labels_of_enums(void **state)
{
    promc_enum_family *a = promc_enum_family_new("e.e", "E.", PROMC_LABELS("e_e"),
                                                 .registry = registry, .states = PROMC_STATES("on"));
    promc_enum_family *b = promc_enum_family_new("e_f", "E.", PROMC_LABELS("e.f"),
                                                 .registry = registry, .states = PROMC_STATES("on"));
    promc_enum_family *c = promc_enum_family_new("e.g", "E.", PROMC_LABELS("e-g"),
                                                 .registry = registry, .states = PROMC_STATES("on"));
    (void)state;

    assert_true(a && b && c);
    assert_true(promc_enum_labels(a, "v") && promc_enum_labels(b, "v") && promc_enum_labels(c, "v"));
    must_say(PROMC_FORMAT_TEXT, "\ne_e{U__e_2e_e=\"on\",e_e=\"v\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT, "\ne_f{U__e_2e_f=\"v\",e_f=\"on\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT, "\ne_g{U__e_2d_g=\"v\",U__e_2e_g=\"on\"} 1.0\n");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U__e_2e_e");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U__e_2e_f");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U__e_2d_g");
}

static void labels_that_look_like_something_else(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(
        "f", "F.", PROMC_LABELS("..name..", JIA, YI, "U___7532_"), .registry = registry);
    (void)state;

    assert_non_null(f);
    promc_gauge_set(promc_gauge_labels(f, "1", "2", "3", "4"), 5);
    /* Not __name__, which is the metric's own; and not a name that is taken. */
    must_say(PROMC_FORMAT_TEXT, "\nf{U___2e__2e_name_2e__2e_=\"1\",U___7532_=\"4\",U___4e59_=\"3\","
                                "U__U______7532__=\"2\"} 5.0\n");
}

/* What a name is spelt as may be what underscores make of another one. */
static void labels_that_look_like_spelt_ones(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new("f", "F.", PROMC_LABELS(JIA, YI, "U._.7532_"),
                                                   .registry = registry);
    promc_enum_family *e = promc_enum_family_new("U__a_2e_b", "E.", PROMC_LABELS("a.b", "a_b"),
                                                 .registry = registry, .states = PROMC_STATES("on"));
    promc_enum_family *o = promc_enum_family_new("U__c.2e_d", "E.", PROMC_LABELS("c.d", "c_d"),
                                                 .registry = registry, .states = PROMC_STATES("on"));
    (void)state;

    assert_true(f && e && o);
    promc_gauge_set(promc_gauge_labels(f, "1", "2", "3"), 4);
    assert_true(promc_enum_labels(e, "1", "2") && promc_enum_labels(o, "3", "4"));
    must_say(PROMC_FORMAT_TEXT, "\nf{U___7532_=\"3\",U___4e59_=\"2\",U__U______7532__=\"1\"} 4.0\n");
    must_say(PROMC_FORMAT_TEXT,
             "\nU__a_2e_b{U__a_2e_b=\"on\",U__U____a__2e__b=\"1\",a_b=\"2\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__c_2e_d{U__c_2e_d=\"on\",U__U____c__2e__d=\"3\",c_d=\"4\"} 1.0\n");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U__U____a__2e__b");
}

/* ---- families -------------------------------------------------------------------------------- */

static void families_in_text(void **state)
{
    promc_gauge *wendu = gauge(WENDU, 1);
    (void)state;

    must_expose("# HELP __ G.\n# TYPE __ gauge\n__ 1.0\n");
    gauge(SHIDU, 2);
    must_expose("# HELP U___6e29__5ea6_ G.\n# TYPE U___6e29__5ea6_ gauge\nU___6e29__5ea6_ 1.0\n"
                "# HELP U___6e7f__5ea6_ G.\n# TYPE U___6e7f__5ea6_ gauge\nU___6e7f__5ea6_ 2.0\n");
    /* As long as both are there, and no longer. */
    assert_int_equal(promc_registry_unregister(registry, wendu), PROMC_OK);
    must_expose("# HELP __ G.\n# TYPE __ gauge\n__ 2.0\n");
    promc_gauge_free(wendu);
}

static void families_of_the_old_character_set_keep_their_names(void **state)
{
    (void)state;
    gauge("http.load", 1);
    gauge("http_load", 2);
    gauge("disk_load", 3);
    gauge("disk.load", 4);
    gauge("own.name", 5);
    must_expose("# HELP U__http_2e_load G.\n# TYPE U__http_2e_load gauge\nU__http_2e_load 1.0\n"
                "# HELP http_load G.\n# TYPE http_load gauge\nhttp_load 2.0\n"
                "# HELP disk_load G.\n# TYPE disk_load gauge\ndisk_load 3.0\n"
                "# HELP U__disk_2e_load G.\n# TYPE U__disk_2e_load gauge\nU__disk_2e_load 4.0\n"
                "# HELP own_name G.\n# TYPE own_name gauge\nown_name 5.0\n");
}

static void families_in_other_formats(void **state)
{
    promc_counter *c = promc_counter_new("c.d", "C.", .registry = registry, .unit = "bytes");
    promc_enum *e = promc_enum_new("e:" JIA, "E.", .registry = registry, .states = PROMC_STATES("on"));
    (void)state;

    assert_true(c && e);
    gauge("c_d_bytes", 1);
    gauge("e:" YI, 2);
    must_say(PROMC_FORMAT_OPENMETRICS, "# TYPE U__c_2e_d__bytes counter\n"
                                       "# UNIT U__c_2e_d__bytes bytes\n"
                                       "U__c_2e_d__bytes_total 0.0\n");
    must_say(PROMC_FORMAT_OPENMETRICS, "\nU__e:_7532_{U__e__7532_=\"on\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS, "\nc_dot_d__bytes__total 0.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS, "\nc__d__bytes 1.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS, "\nU__e:_7532_{U__e__7532_=\"on\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_DOTS, "\nU__e:_4e59_ 2.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_ALLOW_UTF_8, "\n{\"c.d_bytes_total\"} 0.0\n");
    must_say(PROMC_FORMAT_TEXT_1_0_0 | PROMC_ESCAPE_VALUES, "\nU__c_2e_d__bytes__total 0.0\n");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "U__c_2e_d__bytes_total");
    must_have_string(PROMC_FORMAT_PROTOBUF, 1, "c_d_bytes");
    must_have_string(PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_DOTS, 1, "c_dot_d__bytes__total");
    must_have_string(PROMC_FORMAT_PROTOBUF | PROMC_ESCAPE_ALLOW_UTF_8, 1, "c.d_bytes_total");
}

/* Samples have longer names than their families, and readers keep these together. */
static void families_by_the_names_of_their_samples(void **state)
{
    promc_histogram *h = promc_histogram_new("job.run", "H.", .registry = registry,
                                             .buckets = PROMC_BUCKETS(1));
    (void)state;

    assert_non_null(h);
    gauge("job_run_count", 1);
    must_expose("# HELP U__job_2e_run H.\n# TYPE U__job_2e_run histogram\n"
                "U__job_2e_run_bucket{le=\"1.0\"} 0.0\nU__job_2e_run_bucket{le=\"+Inf\"} 0.0\n"
                "U__job_2e_run_count 0.0\nU__job_2e_run_sum 0.0\n"
                "# HELP job_run_count G.\n# TYPE job_run_count gauge\njob_run_count 1.0\n");
    assert_int_equal(promc_lint(registry, NULL, NULL), 1); /* a gauge should not end in _count */
}

static void a_family_like_target_info(void **state)
{
    (void)state;
    gauge("target.info", 1);
    must_say(PROMC_FORMAT_TEXT, "\ntarget_info 1.0\n");
    assert_int_equal(promc_registry_set_target_info(registry, PROMC_PAIRS({"a.b", "1"}, {"a_b", "2"})),
                     PROMC_OK);
    must_say(PROMC_FORMAT_TEXT, "\ntarget_info{U__a_2e_b=\"1\",a_b=\"2\"} 1.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__target_2e_info 1.0\n");
}

/* What a name is spelt as belongs to it. */
static void spelt_names_are_taken(void **state)
{
    (void)state;
    gauge("a.b", 1);
    assert_null(promc_gauge_new("U__a_2e_b", "G.", .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_DUPLICATE);
    gauge("U__c_2e_d", 1);
    assert_null(promc_gauge_new("c.d", "G.", .registry = registry));
    assert_int_equal(promc_last_error()->code, PROMC_ERROR_DUPLICATE);
}

static void views_show_the_same_names(void **state)
{
    const char *const names[] = {"http.load", NULL};
    promc_registry *view;
    (void)state;

    gauge("http.load", 1);
    gauge("http_load", 2);
    view = promc_registry_restricted(registry, names);
    assert_non_null(view);
    assert_string_equal(exposed(view, PROMC_FORMAT_TEXT),
                        "# HELP U__http_2e_load G.\n# TYPE U__http_2e_load gauge\n"
                        "U__http_2e_load 1.0\n");
    promc_registry_free(view);
}

/* ---- collectors and writers ------------------------------------------------------------------ */

/* `arg` lists the names of gauges. */
static int collect_gauges(promc_writer *writer, void *arg)
{
    double value = 10;

    for (const char *const *name = arg; *name; name++) {
        promc_family *family = promc_writer_family(writer, PROMC_TYPE_GAUGE, *name, "W.");

        promc_writer_double(writer, family, value++, PROMC_PAIRS({"l.m", "1"}, {"l_m", "2"}));
    }
    return 0;
}

static void collectors_that_describe(void **state)
{
    const char *names[] = {"a.b", "a_b", "c.d", NULL};
    promc_collector collector = {.collect = collect_gauges, .describe = collect_gauges, .arg = names};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    gauge("c_d", 1);
    gauge("a-b", 2);
    must_expose("# HELP U__a_2e_b W.\n# TYPE U__a_2e_b gauge\n"
                "U__a_2e_b{U__l_2e_m=\"1\",l_m=\"2\"} 10.0\n"
                "# HELP a_b W.\n# TYPE a_b gauge\na_b{U__l_2e_m=\"1\",l_m=\"2\"} 11.0\n"
                "# HELP U__c_2e_d W.\n# TYPE U__c_2e_d gauge\n"
                "U__c_2e_d{U__l_2e_m=\"1\",l_m=\"2\"} 12.0\n"
                "# HELP c_d G.\n# TYPE c_d gauge\nc_d 1.0\n"
                "# HELP U__a_2d_b G.\n# TYPE U__a_2d_b gauge\nU__a_2d_b 2.0\n");
}

static void collectors_that_do_not_describe(void **state)
{
    const char *names[] = {"a.b", "c_d", "e.f", "e-f", "e_f", NULL};
    promc_collector collector = {.collect = collect_gauges, .arg = names};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    gauge("a_b", 1);
    gauge("c.d", 2);
    must_say(PROMC_FORMAT_TEXT, "\na_b 1.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nc_d 2.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__a_2e_b{U__l_2e_m=\"1\",l_m=\"2\"} 10.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__c__d{U__l_2e_m=\"1\",l_m=\"2\"} 11.0\n");
    must_say(PROMC_FORMAT_TEXT, "\ne_f{U__l_2e_m=\"1\",l_m=\"2\"} 12.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__e_2d_f{U__l_2e_m=\"1\",l_m=\"2\"} 13.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__e__f{U__l_2e_m=\"1\",l_m=\"2\"} 14.0\n");
}

/* In a registry that has no name which would be escaped. */
static void collectors_by_themselves(void **state)
{
    const char *names[] = {"e-f", "e.f", "g_h", NULL};
    promc_collector collector = {.collect = collect_gauges, .arg = names};
    (void)state;

    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    must_say(PROMC_FORMAT_TEXT, "\ne_f{U__l_2e_m=\"1\",l_m=\"2\"} 10.0\n");
    must_say(PROMC_FORMAT_TEXT, "\nU__e_2e_f{U__l_2e_m=\"1\",l_m=\"2\"} 11.0\n");
    must_say(PROMC_FORMAT_TEXT, "\ng_h{U__l_2e_m=\"1\",l_m=\"2\"} 12.0\n");
}

static void writers_spell_the_later_name(void **state)
{
    const char *names[] = {"x", "a.b", "a_b", "a-b", "x", "a.b", NULL};
    promc__buffer out = PROMC__BUFFER(0);
    promc_writer *writer = promc_writer_new(PROMC_FORMAT_TEXT, append, &out);
    (void)state;

    assert_int_equal(collect_gauges(writer, names), 0);
    assert_int_equal(promc_writer_end(writer), PROMC_OK);
    promc__buffer_char(&out, '\0');
    assert_string_equal(out.data,
                        "# HELP x W.\n# TYPE x gauge\nx{U__l_2e_m=\"1\",l_m=\"2\"} 10.0\n"
                        "x{U__l_2e_m=\"1\",l_m=\"2\"} 14.0\n"
                        "# HELP a_b W.\n# TYPE a_b gauge\na_b{U__l_2e_m=\"1\",l_m=\"2\"} 11.0\n"
                        "a_b{U__l_2e_m=\"1\",l_m=\"2\"} 15.0\n"
                        "# HELP U__a__b W.\n# TYPE U__a__b gauge\n"
                        "U__a__b{U__l_2e_m=\"1\",l_m=\"2\"} 12.0\n"
                        "# HELP U__a_2d_b W.\n# TYPE U__a_2d_b gauge\n"
                        "U__a_2d_b{U__l_2e_m=\"1\",l_m=\"2\"} 13.0\n");
    promc__buffer_free(&out);
}

/* ---- elsewhere ------------------------------------------------------------------------------- */

static void advice_is_not_an_error(void **state)
{
    promc_gauge_family *f =
        promc_gauge_family_new("f", "F.", PROMC_LABELS(JIA, YI), .registry = registry);
    (void)state;

    assert_non_null(f);
    promc_gauge_set(promc_gauge_labels(f, "1", "2"), 3);
    gauge(WENDU, 1);
    gauge(SHIDU, 2);
    gauge("http.load", 3);
    gauge("http_load", 4);
    assert_int_equal(promc_lint(registry, NULL, NULL), 0);
}

static bool has_bytes(const promc__buffer *buffer, const void *bytes, size_t size)
{
    for (size_t i = 0; i + size <= buffer->size; i++) {
        if (memcmp(buffer->data + i, bytes, size) == 0)
            return true;
    }
    return false;
}

/* Labels of prompb messages, in order. */
static void must_write(const promc__write_requests *requests, const char *const *labels)
{
    promc__buffer wanted = PROMC__BUFFER(0);

    for (; labels[0]; labels += 2) {
        size_t name = strlen(labels[0]), value = strlen(labels[1]);

        promc__buffer_char(&wanted, 0x0A);
        promc__buffer_char(&wanted, (char)(4 + name + value));
        promc__buffer_char(&wanted, 0x0A);
        promc__buffer_char(&wanted, (char)name);
        promc__buffer_string(&wanted, labels[0]);
        promc__buffer_char(&wanted, 0x12);
        promc__buffer_char(&wanted, (char)value);
        promc__buffer_string(&wanted, labels[1]);
    }
    if (!has_bytes(&requests->data, wanted.data, wanted.size))
        fail_msg("the labels that end in %s=\"%s\" are not written", labels[-2], labels[-1]);
    promc__buffer_free(&wanted);
}

static void remote_write_has_every_label_once(void **state)
{
    const promc__write_settings settings = {
        .external = PROMC_PAIRS({"U___7532_", "ext"}, {"b.c", "ext"}, {JIA, "lost"}, {"z.z", "ext"},
                                {"zone", "z"}),
        .samples_each = 100};
    const char *const labels[] = {"U__U______7532__", "1", "U___4e59_", "2", "U___7532_", "ext",
                                  "U__b_2e_c", "ext", "__name__", "f", "b_c", "3", "z_z", "ext",
                                  "zone", "z", NULL};
    promc_gauge_family *f =
        promc_gauge_family_new("f", "F.", PROMC_LABELS(JIA, YI, "b_c"), .registry = registry);
    promc__write_requests requests;
    (void)state;

    assert_non_null(f);
    promc_gauge_set(promc_gauge_labels(f, "1", "2", "3"), 4);
    assert_int_equal(promc__write_requests_fill(&requests, registry, &settings), PROMC_OK);
    must_write(&requests, labels);
    assert_false(has_bytes(&requests.data, "lost", 4));
    promc__write_requests_free(&requests);
}

static void remote_write_has_every_family_once(void **state)
{
    const promc__write_settings settings = {.external = NULL, .samples_each = 100};
    const char *names[] = {"a.b", "c.d", NULL};
    promc_collector collector = {.collect = collect_gauges, .arg = names};
    promc__write_requests requests;
    (void)state;

    gauge(WENDU, 1);
    gauge(SHIDU, 2);
    gauge("a_b", 3);
    assert_int_equal(promc_registry_register(registry, &collector), PROMC_OK);
    assert_int_equal(promc__write_requests_fill(&requests, registry, &settings), PROMC_OK);
    must_write(&requests, (const char *const[]){"__name__", "U___6e29__5ea6_", NULL});
    must_write(&requests, (const char *const[]){"__name__", "U___6e7f__5ea6_", NULL});
    must_write(&requests, (const char *const[]){"__name__", "a_b", NULL});
    must_write(&requests,
               (const char *const[]){"U__l_2e_m", "1", "__name__", "U__a_2e_b", "l_m", "2", NULL});
    must_write(&requests,
               (const char *const[]){"U__l_2e_m", "1", "__name__", "c_d", "l_m", "2", NULL});
    /* MetricMetadata: metric_family_name. */
    assert_true(has_bytes(&requests.data, "\x12\x0FU___6e29__5ea6_", 17));
    assert_true(has_bytes(&requests.data, "\x12\x0FU___6e7f__5ea6_", 17));
    promc__write_requests_free(&requests);
}

static void graphite_has_every_name_once(void **state)
{
    promc_gauge_family *f = promc_gauge_family_new(
        "f", "F.", PROMC_LABELS(JIA, YI, "b.c", "d-e"), .registry = registry);
    promc__buffer out = PROMC__BUFFER(0);
    (void)state;

    assert_non_null(f);
    promc_gauge_set(promc_gauge_labels(f, "1", "2", "3", "4"), 5);
    gauge(WENDU, 1);
    gauge(SHIDU, 2);
    gauge("x-y", 3);
    assert_int_equal(promc__graphite_lines(&out, registry, "p", true), PROMC_OK);
    promc__buffer_char(&out, '\0');
    assert_non_null(strstr(out.data, "p.f;b_c=3;d-e=4;U___4e59_=2;U___7532_=1 5.0 "));
    assert_non_null(strstr(out.data, "\np.U___6e29__5ea6_ 1.0 "));
    assert_non_null(strstr(out.data, "\np.U___6e7f__5ea6_ 2.0 "));
    assert_non_null(strstr(out.data, "\np.x-y 3.0 "));
    promc__buffer_free(&out);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(labels_of_a_family),
        ONE(labels_of_all_kinds),
        ONE(labels_of_enums),
        ONE(labels_that_look_like_something_else),
        ONE(labels_that_look_like_spelt_ones),
        ONE(families_in_text),
        ONE(families_of_the_old_character_set_keep_their_names),
        ONE(families_in_other_formats),
        ONE(families_by_the_names_of_their_samples),
        ONE(a_family_like_target_info),
        ONE(spelt_names_are_taken),
        ONE(views_show_the_same_names),
        ONE(collectors_that_describe),
        ONE(collectors_that_do_not_describe),
        ONE(collectors_by_themselves),
        ONE(writers_spell_the_later_name),
        ONE(advice_is_not_an_error),
        ONE(remote_write_has_every_label_once),
        ONE(remote_write_has_every_family_once),
        ONE(graphite_has_every_name_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
