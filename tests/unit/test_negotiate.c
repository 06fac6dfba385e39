/* SPDX-License-Identifier: Apache-2.0 */
/* What each Prometheus sends, and what it must get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <promc/exposition.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OM "application/openmetrics-text"
#define PB                                                                                         \
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_1(escaping) "text/plain; version=1.0.0; charset=utf-8; escaping=" escaping
#define OM_0 OM "; version=0.0.1; charset=utf-8"
#define OM_1(escaping) OM "; version=1.0.0; charset=utf-8; escaping=" escaping
#define PROTOBUF                                                                                   \
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

struct request {
    const char *accept, *type;
};

static void check(const struct request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *type = promc_content_type(promc_negotiate(requests[i].accept));

        if (strcmp(type, requests[i].type) != 0)
            print_error("Accept: %s\n", requests[i].accept);
        assert_string_equal(type, requests[i].type);
    }
}

static void prometheus_servers(void **state)
{
    static const struct request requests[] = {
        /* 2.5 to 2.39 */
        {OM "; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OM_0},
        /* 2.40 */
        {OM ";version=1.0.0;q=0.75," OM ";q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         OM_1("underscores")},
        /* 2.42 to 2.48 */
        {OM ";version=1.0.0," OM ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         OM_1("underscores")},
        /* the same with native histograms */
        {PB "," OM ";version=1.0.0;q=0.8," OM
            ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         PROTOBUF},
        /* 2.49.0, with a weight that is none */
        {OM ";version=1.0.0;q=0.5," OM
            ";version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2",
         OM_1("underscores")},
        /* 2.49.1 to 2.55 */
        {OM ";version=1.0.0;q=0.5," OM
            ";version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         OM_1("underscores")},
        /* 2.55 with utf8-names */
        {OM ";version=1.0.0;escaping=allow-utf-8;q=0.5," OM
            ";version=0.0.1;escaping=allow-utf-8;q=0.4,"
            "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
         OM_1("allow-utf-8")},
        /* 3.0.0 to 3.2.0 */
        {OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM
            ";version=0.0.1;escaping=allow-utf-8;q=0.5,"
            "text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,"
            "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
         OM_1("allow-utf-8")},
        /* 3.4 to 3.14 */
        {OM ";version=1.0.0;escaping=allow-utf-8;q=0.6," OM
            ";version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
            "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         OM_1("allow-utf-8")},
        /* the same, protobuf first */
        {PB ";q=0.6," OM ";version=1.0.0;escaping=allow-utf-8;q=0.5," OM
            ";version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
            "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
         PROTOBUF},
        /* metric_name_escaping_scheme */
        {OM ";version=1.0.0;escaping=dots;q=0.6,text/plain;version=0.0.4;q=0.3", OM_1("dots")},
        {OM ";version=1.0.0;escaping=values;q=0.6,text/plain;version=0.0.4;q=0.3", OM_1("values")},
        {OM ";version=1.0.0;escaping=underscores;q=0.6,*/*;q=0.3", OM_1("underscores")},
        /* scrape_protocols: text only */
        {"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
         "*/*;q=0.2",
         TEXT_1("allow-utf-8")},
        {"text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,"
         "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
         TEXT_1("allow-utf-8")},
        {"text/plain;version=0.0.4;q=0.3,*/*;q=0.2", TEXT},
        /* scrape_protocols: text before OpenMetrics */
        {"text/plain;version=0.0.4;q=0.6," OM ";version=1.0.0;q=0.5,*/*;q=0.2", TEXT},
    };
    (void)state;

    check(requests, COUNT(requests));
}

static void everybody_else(void **state)
{
    static const struct request requests[] = {
        {NULL, TEXT},
        {"", TEXT},
        {"*/*", TEXT},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", TEXT},
        {"text/plain", TEXT},
        {"text/*", TEXT},
        {"text/plain;version=0.0.4", TEXT},
        {"text/plain;version=1.0.0", TEXT_1("underscores")},
        {"text/plain;version=1.0.0;escaping=foo", TEXT_1("underscores")},
        {OM, OM_1("underscores")},
        {OM ";version=2.0.0,text/plain;version=1.0.0;q=0.5", TEXT_1("underscores")},
        {OM ";version=2.0.0;q=0.9," OM ";version=1.0.0;q=0.8", OM_1("underscores")},
        {"application/json", TEXT},
        {"application/vnd.google.protobuf", TEXT},
        {"application/vnd.google.protobuf;proto=other;encoding=delimited", TEXT},
        {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
         TEXT},
    };
    (void)state;

    check(requests, COUNT(requests));
}

static void the_grammar(void **state)
{
    static const struct request requests[] = {
        /* names, types and parameters have no case, blanks are allowed, values may be quoted */
        {"TEXT/PLAIN;VERSION=1.0.0;ESCAPING=Dots", TEXT_1("dots")},
        {"\t text/plain ; version = 1.0.0 \t; escaping\t=dots ; q = 0.5 ", TEXT_1("dots")},
        {"text/plain;version=\"1.0.0\";escaping=\"values\"", TEXT_1("values")},
        {"text/plain;note=\"a,b;version=0.0.4\";version=1.0.0", TEXT_1("underscores")},
        {"text/plain;note=\"a\\\",text/plain\";version=1.0.0", TEXT_1("underscores")},
        {",, ,text/plain;version=1.0.0,,", TEXT_1("underscores")},
        {"text/plain;;version=1.0.0;", TEXT_1("underscores")},
        /* weights */
        {"text/plain;version=1.0.0;q=0.001,text/plain;q=0", TEXT_1("underscores")},
        {"text/plain;version=0.0.4;q=0.2,text/plain;version=1.0.0;q=0.201", TEXT_1("underscores")},
        {"text/plain;version=1.0.0;q=1.000,text/plain;version=0.0.4", TEXT_1("underscores")},
        {"text/plain;version=0.0.4,text/plain;version=1.0.0", TEXT},
        {"text/plain;version=1.0.0;q=1.,*/*;q=0.9", TEXT_1("underscores")},
        {"text/plain;version=1.0.0;q=0.,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=0.000,*/*;q=0.1", TEXT},
        /* weights that are none */
        {"text/plain;version=1.0.0;q=0./,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=0.:,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=0.1234,*/*;q=0.1", TEXT},
        /* parameters that are none */
        {"text/plain;=1.0.0;version", TEXT},
        {";version=1.0.0", TEXT},
        {"text/plain;version=1.0.0;q=2,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=1.001,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=-1,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=x,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=0.1234,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=0x1,*/*;q=0.1", TEXT},
        {"text/plain;version=1.0.0;q=00000000001,*/*;q=0.1", TEXT},
        /* versions that are none */
        {"text/plain;version=1.0", TEXT},
        {"text/plain;version=1", TEXT},
        {"text/plain;version=x", TEXT},
        {"text/plain;version=99.0.0", TEXT},
        {OM ";version=x", TEXT},
        {OM ";version=99", TEXT},
        /* nothing that makes sense */
        {"/", TEXT},
        {";", TEXT},
        {"=", TEXT},
        {"\"", TEXT},
        {"\"\\", TEXT},
        {"text/plain;version=\"1.0.0", TEXT},
        {"text/plain;version=\"1.0.0\\", TEXT},
        {"text/plain;version", TEXT},
        {"text/plainx;version=1.0.0", TEXT},
        {"text/plai;version=1.0.0", TEXT},
        {"text /plain;version=1.0.0", TEXT},
        {"\xFF\xFE;version=1.0.0", TEXT},
        {"text/plain,version=1.0.0", TEXT},
    };
    (void)state;

    check(requests, COUNT(requests));
}

static void long_headers_take_no_time(void **state)
{
    enum { SIZE = 1 << 20 };
    static const char *const fillers[] = {",", ";", "=", "\"", "a", "\\", ";q=", ",a;", "\"\\"};
    char *header = malloc(SIZE + 100);
    (void)state;

    for (size_t i = 0; i < COUNT(fillers); i++) {
        size_t piece = strlen(fillers[i]);

        for (size_t at = 0; at + piece <= SIZE; at += piece)
            memcpy(header + at, fillers[i], piece + 1);
        (void)promc_negotiate(header);
        memcpy(header, OM ",", sizeof(OM ",")  - 1);
        assert_string_equal(promc_content_type(promc_negotiate(header)), OM_1("underscores"));
    }
    free(header);
}

static void unknown_formats_are_text(void **state)
{
    (void)state;
    assert_string_equal(promc_content_type(0x77), TEXT);
    assert_string_equal(promc_content_type(PROMC_FORMAT_TEXT | PROMC_ESCAPE_DOTS), TEXT);
    assert_non_null(promc_content_type(~0u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prometheus_servers),        cmocka_unit_test(everybody_else),
        cmocka_unit_test(the_grammar),               cmocka_unit_test(long_headers_take_no_time),
        cmocka_unit_test(unknown_formats_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
