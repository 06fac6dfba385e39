/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times of RFC 3339. Byte 0 chooses: a text, read as a second reader reads it that counts days one
 * year after the other; or seconds and nanoseconds, written as the C library's gmtime_r() has them,
 * and read again.
 */
#include "fuzz.h"

#include "alerts/rfc3339.h"

#include <inttypes.h>

static const int64_t year_1 = -INT64_C(62135596800);

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Seconds since 1970 of a date of the years 0 to 9999; false: there is no such day. */
static bool date_seconds(int year, int month, int day, int64_t *seconds)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -719528; /* 0000-01-01 */

    if (month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && is_leap(year)))
        return false;
    for (int y = 0; y < year; y++)
        days += 365 + is_leap(y);
    for (int m = 1; m < month; m++)
        days += lengths[m - 1] + (m == 2 && is_leap(year));
    *seconds = (days + day - 1) * 86400;
    return true;
}

/* Whether the text has this pattern: 0 is a digit, T and Z may be small, the rest is itself. */
static bool has_pattern(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++) {
        if (*pattern == '0' ? *text < '0' || *text > '9'
                            : *text != *pattern && (*pattern != 'T' || *text != 't'))
            return false;
    }
    return true;
}

static bool expected_time(const char *text, int64_t *seconds, long *nanoseconds)
{
    int year, month, day, hour, minute, second, zone_hour = 0, zone_minute = 0;
    char digits[10] = "000000000";
    bool west;

    if (!has_pattern(text, "0000-00-00T00:00:00"))
        return false;
    sscanf(text, "%4d-%2d-%2d%*c%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second);
    if (!date_seconds(year, month, day, seconds) || hour > 23 || minute > 59 || second > 60)
        return false;
    text += 19;
    if (*text == '.') {
        size_t size = strspn(++text, "0123456789");

        if (!size)
            return false;
        memcpy(digits, text, size < 9 ? size : 9);
        text += size;
    }
    west = *text == '-';
    if (strcmp(text, "Z") != 0 && strcmp(text, "z") != 0) {
        if ((*text != '+' && !west) || !has_pattern(text + 1, "00:00") || text[6])
            return false;
        sscanf(text + 1, "%2d:%2d", &zone_hour, &zone_minute);
    }
    if (zone_hour > 23 || zone_minute > 59)
        return false;
    *seconds += hour * 3600 + minute * 60 + second;
    *seconds -= (west ? -1 : 1) * (zone_hour * 3600 + zone_minute * 60);
    *nanoseconds = strtol(digits, NULL, 10);
    return true;
}

static void check_write(struct timespec time);

static void check_read(const char *text)
{
    int64_t seconds = 0;
    long nanoseconds = 0;
    struct timespec time;
    bool good = expected_time(text, &seconds, &nanoseconds);

    require(promc__time_read(text, &time) == good);
    if (!good)
        return;
    if (seconds == year_1 && !nanoseconds)
        seconds = 0;
    if (sizeof(time.tv_sec) >= sizeof(seconds))
        require(time.tv_sec == seconds);
    require(time.tv_nsec == nanoseconds);
    if (promc__time_valid(time))
        check_write(time);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void check_write(struct timespec time)
{
    promc__buffer text = PROMC__BUFFER(0);
    struct timespec again;
    struct tm tm;
    char expected[64];
    size_t size;

    promc__time_write(&text, time);
    promc__buffer_char(&text, '\0');
    require(!text.error && gmtime_r(&time.tv_sec, &tm) != NULL);
    size = (size_t)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%09ld",
                            tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                            tm.tm_sec, time.tv_nsec);
    while (expected[size - 1] == '0' && size > 19)
        size--;
    size -= expected[size - 1] == '.';
    snprintf(expected + size, sizeof(expected) - size, "Z");
    require(strcmp(text.data, expected) == 0);
    require(promc__time_read(text.data, &again));
    if (time.tv_sec == year_1 && !time.tv_nsec)
        time.tv_sec = 0;
    require(promc__time_compare(time, again) == 0);
    promc__buffer_free(&text);
}

static void check_later(struct timespec time, unsigned seconds)
{
    struct timespec later = promc__time_later(time, seconds / 8.0);
    struct timespec end = {.tv_sec = (time_t)INT64_C(253402300799)};

    require(promc__time_valid(later));
    require(promc__time_compare(later, time) >= 0 || later.tv_sec == end.tv_sec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    struct timespec time;
    char *text;

    if (choose_byte(&choices) & 1) {
        text = test_string(choices.at, choices.left);
        check_read(text);
        free(text);
        return 0;
    }
    time.tv_sec = (time_t)((int64_t)(choose_number(&choices, 5) << 24) >> 24);
    time.tv_nsec = (long)choose_number(&choices, 4);
    if (!promc__time_valid(time))
        return 0;
    check_write(time);
    check_later(time, (unsigned)choose_number(&choices, 4));
    return 0;
}
