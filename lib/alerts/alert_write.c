/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/alert_write.h"

#include "alerts/rfc3339.h"

void promc__json_write_labels(promc__json_writer *writer, const char *key,
                              const promc_label *labels)
{
    promc__json_write_key(writer, key);
    promc__json_open(writer, '{');
    for (; labels->name; labels++) {
        promc__json_write_key(writer, labels->name);
        promc__json_write_string(writer, labels->value, strlen(labels->value));
    }
    promc__json_close(writer, '}');
}

void promc__json_write_time(promc__json_writer *writer, const char *key, struct timespec time)
{
    if (!promc__time_is_set(time))
        return;
    promc__json_write_key(writer, key);
    promc__json_write_raw(writer, "\"");
    promc__time_write(writer->out, time);
    promc__buffer_char(writer->out, '"');
}

/*
 * Alertmanager knows no status in what is posted: an alert is resolved when its end has passed. Now
 * is enough, because it ends by itself a moment later where clocks differ. It must not be before
 * the start, which a program may have taken from a clock that is finer than ours.
 */
static struct timespec alert_end(const promc_alert *alert, bool resolve, struct timespec now)
{
    bool set = promc__time_is_set(alert->ends_at);

    if (!resolve && (set || alert->status != PROMC_ALERT_RESOLVED))
        return alert->ends_at;
    if (set && promc__time_compare(alert->ends_at, now) < 0)
        return alert->ends_at;
    if (promc__time_is_set(alert->starts_at) && promc__time_compare(alert->starts_at, now) > 0)
        return alert->starts_at;
    return now;
}

static void write_alert(promc__json_writer *writer, const promc_alert *alert, bool resolve,
                        struct timespec now)
{
    promc__json_open(writer, '{');
    promc__json_write_labels(writer, "labels", alert->labels);
    if (alert->annotations && alert->annotations->name)
        promc__json_write_labels(writer, "annotations", alert->annotations);
    promc__json_write_time(writer, "startsAt", alert->starts_at);
    promc__json_write_time(writer, "endsAt", alert_end(alert, resolve, now));
    if (alert->generator_url && *alert->generator_url) {
        promc__json_write_key(writer, "generatorURL");
        promc__json_write_string(writer, alert->generator_url, strlen(alert->generator_url));
    }
    promc__json_close(writer, '}');
}

void promc__alerts_write(promc__buffer *out, const promc_alert *alerts, size_t count, bool resolve,
                         struct timespec now)
{
    promc__json_writer writer = {.out = out};

    promc__json_open(&writer, '[');
    for (size_t i = 0; i < count; i++)
        write_alert(&writer, &alerts[i], resolve, now);
    promc__json_close(&writer, ']');
}
