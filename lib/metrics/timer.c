/* SPDX-License-Identifier: Apache-2.0 */
#include <promc/metrics.h>

#include "base/os.h"

enum { TIMES_GAUGE, TIMES_HISTOGRAM, TIMES_SUMMARY, TIMES_GAUGE_HISTOGRAM };

static promc_timer start_timer(void *target, int kind)
{
    return (promc_timer){.target = target, .kind = kind, .start = promc__os.monotonic_ns()};
}

promc_timer promc_timer_start_gauge(promc_gauge *gauge)
{
    return start_timer(gauge, TIMES_GAUGE);
}

promc_timer promc_timer_start_histogram(promc_histogram *histogram)
{
    return start_timer(histogram, TIMES_HISTOGRAM);
}

promc_timer promc_timer_start_summary(promc_summary *summary)
{
    return start_timer(summary, TIMES_SUMMARY);
}

promc_timer promc_timer_start_gauge_histogram(promc_gauge_histogram *histogram)
{
    return start_timer(histogram, TIMES_GAUGE_HISTOGRAM);
}

double promc_timer_observe(const promc_timer *timer)
{
    uint64_t now = promc__os.monotonic_ns();
    double seconds = now > timer->start ? (double)(now - timer->start) / 1e9 : 0;

    switch (timer->kind) {
    case TIMES_GAUGE:
        promc_gauge_set(timer->target, seconds);
        break;
    case TIMES_HISTOGRAM:
        promc_histogram_observe(timer->target, seconds);
        break;
    case TIMES_SUMMARY:
        promc_summary_observe(timer->target, seconds);
        break;
    case TIMES_GAUGE_HISTOGRAM:
        promc_gauge_histogram_observe(timer->target, seconds);
        break;
    default:
        break;
    }
    return seconds;
}
