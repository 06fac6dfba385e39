/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/rfc3339.h"

#include "base/os.h"

#include <stdint.h>

#define TIME_YEAR_1 (-INT64_C(62135596800))  /* 0001-01-01T00:00:00Z */
#define TIME_YEAR_9999 INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* ---- the calendar ---------------------------------------------------------------------------- */

/*
 * Days since 1970 and back, in years that begin with March, so that the leap day is the last one
 * (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). Years from 0 on are all that comes.
 */

static int64_t time_days(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month <= 2), era = y / 400, year_of_era = y % 400;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    if (y < 0) { /* January and February of year 0 */
        era = -1;
        year_of_era = 399;
    }
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

struct time_date {
    unsigned year, month, day;
};

/* From year 1 on. */
static struct time_date time_date_of(int64_t days)
{
    int64_t z = days + 719468, era = z / 146097, day_of_era = z % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct time_date date;

    date.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = (unsigned)(month < 10 ? month + 3 : month - 9);
    date.year = (unsigned)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

static unsigned time_month_days(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (unsigned)(month == 2 && leap);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* So many digits and what is behind them, unless that is NUL. */
static bool time_number(const char **at, unsigned digits, char behind, unsigned *number)
{
    *number = 0;
    for (; digits; digits--, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (unsigned)(**at - '0');
    }
    if (!behind)
        return true;
    return *(*at)++ == behind;
}

static bool time_read_date(const char **at, int64_t *days)
{
    unsigned year, month, day;

    if (!time_number(at, 4, '-', &year) || !time_number(at, 2, '-', &month) ||
        !time_number(at, 2, '\0', &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > time_month_days(year, month))
        return false;
    *days = time_days(year, month, day);
    return true;
}

/* A second 60 is allowed, as the leap second it may be, and is the next minute's first. */
static bool time_read_clock(const char **at, int64_t *seconds)
{
    unsigned hour, minute, second;

    if (!time_number(at, 2, ':', &hour) || !time_number(at, 2, ':', &minute) ||
        !time_number(at, 2, '\0', &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *seconds = (int64_t)hour * 3600 + minute * 60 + second;
    return true;
}

/* ".5", if it is there; digits past the ninth are cut off. */
static bool time_read_fraction(const char **at, long *nanoseconds)
{
    long unit = 100000000;

    *nanoseconds = 0;
    if (**at != '.')
        return true;
    ++*at;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
        *nanoseconds += (**at - '0') * unit;
    return true;
}

/* "Z", or "+08:00": seconds east of Greenwich. */
static bool time_read_zone(const char **at, int64_t *east)
{
    bool west = **at == '-';
    unsigned hours, minutes;

    *east = 0;
    if (**at == 'Z' || **at == 'z') {
        ++*at;
        return true;
    }
    if (!west && **at != '+')
        return false;
    ++*at;
    if (!time_number(at, 2, ':', &hours) || !time_number(at, 2, '\0', &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *east = ((int64_t)hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

/* time_t may have 32 bits. */
static time_t time_narrow(int64_t seconds)
{
    const int64_t most = sizeof(time_t) < sizeof(int64_t) ? INT32_MAX : INT64_MAX;

    if (seconds > most)
        return (time_t)most;
    return (time_t)(seconds < -most ? -most : seconds);
}

bool promc__time_read(const char *text, struct timespec *time)
{
    int64_t days, clock, east;
    long nanoseconds;

    if (!time_read_date(&text, &days) || (*text != 'T' && *text != 't'))
        return false;
    text++;
    if (!time_read_clock(&text, &clock) || !time_read_fraction(&text, &nanoseconds) ||
        !time_read_zone(&text, &east) || *text)
        return false;
    *time = (struct timespec){.tv_sec = 0};
    clock += days * 86400 - east;
    if (clock == TIME_YEAR_1 && !nanoseconds)
        return true;
    time->tv_sec = time_narrow(clock);
    time->tv_nsec = nanoseconds;
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void time_put(promc__buffer *out, unsigned number, unsigned digits, char behind)
{
    char text[5];

    text[digits] = behind;
    for (unsigned i = digits; i > 0; i--, number /= 10)
        text[i - 1] = (char)('0' + number % 10);
    promc__buffer_append(out, text, digits + 1);
}

static void time_put_fraction(promc__buffer *out, long nanoseconds)
{
    char text[10] = ".";
    size_t size = sizeof(text);

    for (size_t i = sizeof(text) - 1; i > 0; i--, nanoseconds /= 10)
        text[i] = (char)('0' + nanoseconds % 10);
    while (size > 1 && text[size - 1] == '0')
        size--;
    if (size > 1)
        promc__buffer_append(out, text, size);
}

void promc__time_write(promc__buffer *out, struct timespec time)
{
    int64_t seconds = time.tv_sec, days = seconds / 86400, clock = seconds % 86400;
    struct time_date date;

    if (clock < 0) {
        clock += 86400;
        days--;
    }
    date = time_date_of(days);
    time_put(out, date.year, 4, '-');
    time_put(out, date.month, 2, '-');
    time_put(out, date.day, 2, 'T');
    time_put(out, (unsigned)(clock / 3600), 2, ':');
    time_put(out, (unsigned)(clock / 60 % 60), 2, ':');
    time_put(out, (unsigned)(clock % 60), 2, '\0');
    if (!out->error)
        out->size--; /* the NUL */
    time_put_fraction(out, time.tv_nsec);
    promc__buffer_char(out, 'Z');
}

/* ---- the rest -------------------------------------------------------------------------------- */

bool promc__time_valid(struct timespec time)
{
    int64_t seconds = time.tv_sec;

    return time.tv_nsec >= 0 && time.tv_nsec < 1000000000 && seconds >= TIME_YEAR_1 &&
           seconds <= TIME_YEAR_9999;
}

bool promc__time_is_set(struct timespec time)
{
    return time.tv_sec != 0 || time.tv_nsec != 0;
}

int promc__time_compare(struct timespec a, struct timespec b)
{
    if (a.tv_sec != b.tv_sec)
        return a.tv_sec < b.tv_sec ? -1 : 1;
    return (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

struct timespec promc__time_now(void)
{
    double now = promc__os.unix_time();
    int64_t seconds = (int64_t)now;
    struct timespec time = {.tv_sec = time_narrow(seconds)};

    time.tv_nsec = (long)((now - (double)seconds) * 1e9);
    return time;
}

struct timespec promc__time_later(struct timespec time, double seconds)
{
    int64_t whole = (int64_t)seconds, sum = (int64_t)time.tv_sec + whole;
    long nanoseconds = time.tv_nsec + (long)((seconds - (double)whole) * 1e9);

    sum += nanoseconds / 1000000000;
    if (sum > TIME_YEAR_9999)
        sum = TIME_YEAR_9999;
    time.tv_sec = time_narrow(sum);
    time.tv_nsec = nanoseconds % 1000000000;
    return time;
}
