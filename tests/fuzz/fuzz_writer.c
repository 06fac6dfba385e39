/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: families are opened and get samples in any order. Read back, the exposition has
 * exactly the samples that were written, grouped by family, in the order in which families were
 * opened. An in-order writer refuses what comes too late; without memory, or past its limit, it
 * fails.
 */
#include "samples.h"

#include "base/buffer.h"

enum { FAMILIES = 8, LABELS = 4, SAMPLES = 2000, BOUNDS = 3, STATES = 2 };

static const char *const names[FAMILIES] = {"w0", "w1", "w2.x", "w3", "w4", "w5", "w6", "w_7"};
static const promc_label label_lists[LABELS][3] = {
    {{NULL, NULL}},
    {{"a", "b\\\"\n"}, {NULL, NULL}},
    {{"a", ""}, {"c.d", "\xE4\xB8\x96"}, {NULL, NULL}},
    {{"z", "1"}, {"a", "2"}, {NULL, NULL}}};
static const double bounds[BOUNDS] = {0.5, 1, 1e6};
static const char *const bound_texts[BOUNDS + 1] = {"0.5", "1.0", "1e+06", "+Inf"};
static const char *const states[] = {"on", "o\"ff", NULL};

/* ---- what was written ------------------------------------------------------------------------ */

struct expected {
    unsigned family;
    const char *suffix, *label, *label_value; /* one more label; NULL: none */
    unsigned labels;
    double value;
};

static struct {
    struct expected samples[SAMPLES];
    size_t count;
    promc_type types[FAMILIES];
    bool opened[FAMILIES], used[FAMILIES][LABELS];
    unsigned order[FAMILIES], families;
    double timestamp, created;
    int current;   /* of an in-order writer */
    bool too_late; /* something came for a family that was left */
} model;

static void expect(unsigned family, unsigned labels, const char *suffix, const char *label,
                   const char *label_value, double value)
{
    require(model.count < SAMPLES);
    model.samples[model.count++] =
        (struct expected){family, suffix, label, label_value, labels, value};
}

static void expect_created(unsigned family, unsigned labels)
{
    promc_type type = model.types[family];

    if (model.created != 0 &&
        (type == PROMC_TYPE_COUNTER || type == PROMC_TYPE_HISTOGRAM || type == PROMC_TYPE_SUMMARY))
        expect(family, labels, "_created", NULL, NULL, model.created);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static promc_family *open_family(promc_writer *writer, unsigned i, promc_type type, bool in_order)
{
    promc_family *family;

    if (model.opened[i])
        type = model.types[i];
    family = promc_writer_family(writer, type, names[i], "Help.");
    if (in_order && model.opened[i] && model.current != (int)i)
        model.too_late = true;
    if (!family)
        return NULL;
    if (!model.opened[i])
        model.order[model.families++] = i;
    model.opened[i] = true;
    model.types[i] = type;
    model.current = (int)i;
    return family;
}

static int write_number(promc_writer *writer, promc_family *family, struct choices *from,
                        unsigned i, unsigned labels)
{
    const char *suffix = model.types[i] == PROMC_TYPE_COUNTER ? "_total" : "";
    uint64_t number = choose_number(from, 1 + choose_byte(from) % 8);

    expect_created(i, labels);
    switch (choose_below(from, 3)) {
    case 0:
        expect(i, labels, suffix, NULL, NULL, (double)number / 8);
        return promc_writer_double(writer, family, (double)number / 8, label_lists[labels]);
    case 1:
        expect(i, labels, suffix, NULL, NULL, (double)number);
        return promc_writer_u64(writer, family, number, label_lists[labels]);
    default:
        number >>= 1;
        if (model.types[i] != PROMC_TYPE_COUNTER && number & 1)
            number = -number;
        expect(i, labels, suffix, NULL, NULL, (double)(int64_t)number);
        return promc_writer_i64(writer, family, (int64_t)number, label_lists[labels]);
    }
}

static int write_histogram(promc_writer *writer, promc_family *family, struct choices *from,
                           unsigned i, unsigned labels)
{
    bool gauge = model.types[i] == PROMC_TYPE_GAUGE_HISTOGRAM;
    uint64_t counts[BOUNDS + 1], total = 0;
    promc_histogram_value value = {.size = sizeof(value),
                                   .bounds = bounds,
                                   .counts = counts,
                                   .count = BOUNDS,
                                   .sum = choose_byte(from)};

    value.cumulative = choose_byte(from) & 1;
    for (unsigned b = 0; b <= BOUNDS; b++) {
        uint64_t count = choose_byte(from);

        total += count;
        counts[b] = value.cumulative ? total : count;
        expect(i, labels, "_bucket", "le", bound_texts[b], (double)total);
    }
    expect_created(i, labels);
    expect(i, labels, gauge ? "_gcount" : "_count", NULL, NULL, (double)total);
    expect(i, labels, gauge ? "_gsum" : "_sum", NULL, NULL, value.sum);
    return promc_writer_histogram(writer, family, &value, label_lists[labels]);
}

static int write_summary(promc_writer *writer, promc_family *family, struct choices *from,
                         unsigned i, unsigned labels)
{
    static const double quantiles[] = {0.5, 0.99};
    double values[] = {choose_byte(from), choose_byte(from)};
    promc_summary_value value = {.size = sizeof(value),
                                 .count = choose_byte(from),
                                 .sum = choose_byte(from),
                                 .quantiles = quantiles,
                                 .values = values,
                                 .quantile_count = choose_below(from, 3)};

    expect_created(i, labels);
    expect(i, labels, "_count", NULL, NULL, (double)value.count);
    expect(i, labels, "_sum", NULL, NULL, value.sum);
    for (size_t q = 0; q < value.quantile_count; q++)
        expect(i, labels, "", "quantile", q ? "0.99" : "0.5", values[q]);
    return promc_writer_summary(writer, family, &value, label_lists[labels]);
}

static int write_sample(promc_writer *writer, promc_family *family, struct choices *from,
                        unsigned i, unsigned labels)
{
    bool active[STATES];

    switch (model.types[i]) {
    case PROMC_TYPE_HISTOGRAM:
    case PROMC_TYPE_GAUGE_HISTOGRAM:
        return write_histogram(writer, family, from, i, labels);
    case PROMC_TYPE_SUMMARY:
        return write_summary(writer, family, from, i, labels);
    case PROMC_TYPE_INFO:
        expect(i, labels, "_info", "version", "1.2", 1);
        return promc_writer_info(writer, family, PROMC_PAIRS({"version", "1.2"}),
                                 label_lists[labels]);
    case PROMC_TYPE_STATESET:
        for (unsigned s = 0; s < STATES; s++) {
            active[s] = choose_byte(from) & 1;
            expect(i, labels, "", names[i], states[s], active[s]);
        }
        return promc_writer_stateset(writer, family, states, active, label_lists[labels]);
    default:
        return write_number(writer, family, from, i, labels);
    }
}

static void one_call(promc_writer *writer, struct choices *from, bool in_order)
{
    unsigned i = (unsigned)choose_below(from, FAMILIES), chosen = choose_byte(from);
    unsigned labels = chosen / 8 % LABELS;
    promc_family *family = open_family(writer, i, (promc_type)(chosen % 8), in_order);

    if (chosen >= 128 || !family || model.used[i][labels])
        return;
    model.used[i][labels] = true;
    (void)write_sample(writer, family, from, i, labels);
}

/* ---- what came out --------------------------------------------------------------------------- */

static void check_sample(const struct expected *expected)
{
    const struct sample *sample;
    promc_label labels[4];
    unsigned count = 0;
    char name[64];

    for (const promc_label *label = label_lists[expected->labels]; label->name; label++)
        labels[count++] = *label;
    if (expected->label)
        labels[count++] = (promc_label){expected->label, expected->label_value};
    labels[count] = (promc_label){NULL, NULL};
    snprintf(name, sizeof(name), "%s%s", names[expected->family], expected->suffix);
    sample = find_sample(name, labels);
    if (!sample || sample->value != expected->value)
        fprintf(stderr, "%s: %.17g, not %.17g\n", name, sample ? sample->value : -1,
                expected->value);
    require(sample && sample->value == expected->value);
    require(sample->timestamp == model.timestamp);
}

static void check_exposition(const promc__buffer *text, promc_format format)
{
    unsigned at = 0;

    list_samples(format, text->data, text->size);
    require(samples.count == model.count);
    for (size_t i = 0; i < model.count; i++)
        check_sample(&model.samples[i]);
    for (size_t i = 0; i < samples.family_count; i++) {
        const char *name;

        /* Gauge histograms are several families of the text format. */
        while (at < model.families && (name = names[model.order[at]]) != NULL &&
               strncmp(samples.families[i], name, strlen(name)) != 0)
            at++;
        require(at < model.families);
    }
}

static int take_text(const void *data, size_t size, void *arg)
{
    promc__buffer_append(arg, data, size);
    return ((promc__buffer *)arg)->error;
}

/* What the input says, from the beginning. */
static int run(struct choices from, promc__buffer *text, promc_format format)
{
    unsigned flags = choose_byte(&from);
    bool in_order = flags & 2;
    promc_writer *writer = promc_writer_new(format, take_text, text, .in_order = in_order,
                                            .memory_limit = flags & 4 ? 3000 : 0);

    memset(&model, 0, sizeof(model));
    model.current = -1;
    model.timestamp = flags & 8 ? 1500000000.5 : 0;
    model.created = flags & 128 ? 1234.25 : 0;
    promc_writer_set_timestamp(writer, model.timestamp);
    promc_writer_set_created(writer, model.created);
    while (writer && from.left)
        one_call(writer, &from, in_order);
    return promc_writer_end(writer);
}

static void run_in(promc_format format, struct choices choices, unsigned flags)
{
    promc__buffer text = PROMC__BUFFER(0);
    int status = run(choices, &text, format | PROMC_ESCAPE_ALLOW_UTF_8);

    if (status == PROMC_OK) {
        require(!model.too_late);
        check_exposition(&text, format);
    } else {
        require((status == PROMC_ERROR_STATE && model.too_late) ||
                (status == PROMC_ERROR_LIMIT && flags & 4));
    }
    promc__buffer_free(&text);

    refuse_memory_after(flags / 16 * 4);
    status = run(choices, &text, format | PROMC_ESCAPE_ALLOW_UTF_8);
    if (grant_memory())
        require(status != PROMC_OK);
    promc__buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned flags = size ? data[0] : 0;

    script_memory();
    run_in(flags & 1 ? PROMC_FORMAT_OPENMETRICS : PROMC_FORMAT_TEXT_1_0_0,
           (struct choices){data, size}, flags);
    run_in(PROMC_FORMAT_PROTOBUF, (struct choices){data, size}, flags);
    return 0;
}
