/* SPDX-License-Identifier: Apache-2.0 */
/* URLs: what is one, which two lead to the same place, what a reference means beside another. */
#include "http/url.h"
#include "support.h"

#include <stdlib.h>

static promc__url url;

static void parts_are_found(void **state)
{
    static const struct {
        const char *text, *host, *target;
        int port;
        bool https;
    } cases[] = {
        {"http://a-b_c.D9/", "a-b_c.D9", "/", 80, false},
        {"https://x:8443/p?q", "x", "/p?q", 8443, true},
        {"HTTP://x:/", "x", "/", 80, false},
        {"http://x?y", "x", "?y", 80, false},
        {"http://[fe80::1%25lo]:65535/a", "fe80::1%25lo", "/a", 65535, false},
        {"http://[::1]", "::1", "", 80, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *wrong = promc__url_parse(&url, cases[i].text);

        if (wrong)
            fail_msg("%s: %s", cases[i].text, wrong);
        assert_int_equal(url.host_size, strlen(cases[i].host));
        assert_memory_equal(url.host, cases[i].host, url.host_size);
        assert_int_equal(url.target_size, strlen(cases[i].target));
        assert_memory_equal(url.target, cases[i].target, url.target_size);
        assert_int_equal(url.port, cases[i].port);
        assert_true(url.https == cases[i].https);
    }
}

static void characters_are_checked(void **state)
{
    char text[64];
    (void)state;

    for (int c = 1; c < 256; c++) {
        bool in_name = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", c);
        bool in_brackets =
            strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:%", c);
        bool in_path = c > ' ' && c < 0x7F && !strchr("\"<>\\^`{|}%", c);

        snprintf(text, sizeof(text), "http://x%cy/", c);
        if (!strchr("/?#:@", c))
            assert_true((promc__url_parse(&url, text) == NULL) == in_name);
        snprintf(text, sizeof(text), "http://[x%cy]/", c);
        if (!strchr("/?#:@]", c))
            assert_true((promc__url_parse(&url, text) == NULL) == in_brackets);
        snprintf(text, sizeof(text), "http://x:1%c/", c);
        if (!strchr("/?#@", c))
            assert_true((promc__url_parse(&url, text) == NULL) == (c >= '0' && c <= '9'));
        snprintf(text, sizeof(text), "http://x/%cy", c);
        if (c != '#')
            assert_true((promc__url_parse(&url, text) == NULL) == in_path);
    }
}

static void hosts_have_a_length(void **state)
{
    char text[300] = "http://";
    (void)state;

    memset(text + 7, 'a', 255);
    text[7 + 255] = '\0';
    assert_null(promc__url_parse(&url, text));
    text[7 + 255] = 'a';
    text[7 + 256] = '\0';
    assert_string_equal(promc__url_parse(&url, text), "the host name is too long");
}

static void origins_are_compared(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"http://Host.A/x", "http://hosT.a/y?z", true}, {"http://x", "http://x:80/", true},
        {"https://x", "https://x:443", true},           {"http://x:443", "https://x:443", false},
        {"http://x:80", "http://x:81", false},          {"http://x", "http://y", false},
        {"http://x", "http://xy", false},               {"http://xy", "http://x", false},
        {"http://[::a]", "http://[::A]", true},
    };
    promc__url other;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(promc__url_parse(&url, cases[i].one));
        assert_null(promc__url_parse(&other, cases[i].other));
        if (promc__url_same_origin(&url, &other) != cases[i].same)
            fail_msg("%s and %s", cases[i].one, cases[i].other);
    }
}

static void assert_named(const char *text, size_t room, bool with_path, const char *expected)
{
    char name[64];

    assert_true(room <= sizeof(name));
    assert_null(promc__url_parse(&url, text));
    promc__url_name(name, room, &url, with_path);
    assert_string_equal(name, expected);
}

/* For messages: no query, which may have secrets; what does not fit is said to be more. */
static void urls_have_names(void **state)
{
    (void)state;

    assert_named("http://a:81/b?c", 64, true, "http://a:81/b");
    assert_named("http://a:81/b?c", 64, false, "http://a:81");
    assert_named("https://[::1]/b/c", 64, true, "https://[::1]:443/b/c");
    assert_named("http://a/", 64, true, "http://a:80/");
    assert_named("http://a", 64, true, "http://a:80");
    assert_named("http://a/234567", 19, true, "http://a:80/234567");
    assert_named("http://a/234567", 18, true, "http://a:80/23...");
    assert_named("http://a/23456789012345678?secret", 16, true, "http://a:80/...");
    assert_named("http://host.example/", 16, false, "http://host....");
}

static void assert_resolved(const char *base, const char *location, const char *expected)
{
    promc__buffer out = PROMC__BUFFER(0);

    assert_null(promc__url_parse(&url, base));
    promc__url_resolve(&out, &url, location);
    assert_int_equal(out.error, 0);
    assert_string_equal(out.data, expected);
    promc__buffer_free(&out);
}

static void urls_are_resolved(void **state)
{
    /* RFC 3986 5.4, with http as scheme */
    static const char *const cases[][2] = {
        {"g", "http://a/b/c/g"},      {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},    {"/g", "http://a/g"},
        {"//g", "http://g"},          {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},  {";x", "http://a/b/c/;x"},
        {".", "http://a/b/c/"},       {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},     {"../..", "http://a/"},
        {"../../g", "http://a/g"},    {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},       {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},    {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},   {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"}, {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"http://x/y", "http://x/y"}, {"", "http://a/b/c/d;p?q"},
        {"#s", "http://a/b/c/d;p?q"}, /* the fragment is not sent */
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_resolved("http://a/b/c/d;p?q", cases[i][0], cases[i][1]);
    assert_resolved("https://a:1/b", "//c", "https://c");
    assert_resolved("https://a:1/b", "/c", "https://a:1/c");
    assert_resolved("http://a", "b", "http://a/b");
    assert_resolved("http://a?q", "b", "http://a/b");
    assert_resolved("http://a/b", ".c", "http://a/.c"); /* no dot segment */
    assert_resolved("http://a/b", "c/.d", "http://a/c/.d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found),     cmocka_unit_test(characters_are_checked),
        cmocka_unit_test(hosts_have_a_length), cmocka_unit_test(origins_are_compared),
        cmocka_unit_test(urls_have_names),
        cmocka_unit_test(urls_are_resolved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
