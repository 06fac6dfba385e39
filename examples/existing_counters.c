/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that has its own counters needs no registry, no thread and no server: it walks its
 * structs, in the order it has them, and the writer makes the text. This one is a name server that
 * goes zone by zone; the text comes out family by family, as it must.
 * existing_counters
 */
#include <promc/promc.h>
#include <stdint.h>
#include <stdio.h>

struct zone {
    const char *name;
    uint64_t queries;
    double bytes;
    uint64_t answers_by_size[4]; /* up to 128, 512, 1232 bytes, and beyond */
    double answered_bytes;
};

static const struct zone zones[] = {
    {"example.org", 9007199254740993u, 20480, {4, 3, 2, 1}, 3000.5},
    {"beispiel.de", 17, 512.5, {17, 0, 0, 0}, 1088},
};

/* Takes the text, piece by piece; returning anything but 0 would end it. */
static int print(const void *data, size_t size, void *arg)
{
    return fwrite(data, 1, size, arg) == size ? 0 : -1;
}

int main(void)
{
    static const double sizes[] = {128, 512, 1232};
    promc_writer *w = promc_writer_new(PROMC_FORMAT_TEXT, print, stdout);
    promc_family *queries =
        promc_writer_family(w, PROMC_TYPE_COUNTER, "dns_queries", "Queries received.");
    promc_family *bytes = promc_writer_family(w, PROMC_TYPE_GAUGE, "dns_zone_bytes", "Zone size.");
    promc_family *answers =
        promc_writer_family(w, PROMC_TYPE_HISTOGRAM, "dns_answer_bytes", "Size of answers.");

    for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
        const promc_label *labels = PROMC_PAIRS({"zone", zones[z].name});

        promc_writer_u64(w, queries, zones[z].queries, labels); /* every digit of it */
        promc_writer_double(w, bytes, zones[z].bytes, labels);
        promc_writer_histogram(w, answers,
                               &(promc_histogram_value){.size = sizeof(promc_histogram_value),
                                                        .bounds = sizes,
                                                        .counts = zones[z].answers_by_size,
                                                        .count = 3,
                                                        .sum = zones[z].answered_bytes},
                               labels);
    }
    if (promc_writer_end(w) != PROMC_OK) { /* the first error of all the calls above */
        fprintf(stderr, "existing_counters: %s\n", promc_last_error()->message);
        return 1;
    }
    return 0;
}
