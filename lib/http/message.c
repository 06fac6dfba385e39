/* SPDX-License-Identifier: Apache-2.0 */
#include "http/message.h"

#include "base/os.h"

#include <stdio.h>
#include <string.h>

/* Texts without pointers, which would be relocated when the program starts. */
static const struct {
    short status;
    char text[32];
} status_texts[PROMC__STATUS_COUNT] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

size_t promc__status_index(int status)
{
    size_t index = 0;

    while (index < PROMC__STATUS_COUNT && status_texts[index].status != status)
        index++;
    return index;
}

int promc__status_at(size_t index)
{
    return index < PROMC__STATUS_COUNT ? status_texts[index].status : 0;
}

const char *promc__status_text(int status)
{
    size_t index = promc__status_index(status);

    return index < PROMC__STATUS_COUNT ? status_texts[index].text : "Unknown";
}

bool promc__status_without_body(int status)
{
    return status < 200 || status == 204 || status == 304;
}

static void two_digits(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10 % 10);
    out[1] = (char)('0' + value % 10);
}

/* Year, month (1 to 12) and day of a number of days since 1970: Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", civil_from_days. Years begin in March there. */
static void civil_date(unsigned days, unsigned *year, unsigned *month, unsigned *day)
{
    unsigned shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * day_of_year + 2) / 153;

    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* Not strftime(): its names follow the locale. */
void promc__write_date(char out[PROMC__DATE_SIZE], uint64_t unix_seconds)
{
    static const char weekdays[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned days = (unsigned)(unix_seconds / 86400), second = (unsigned)(unix_seconds % 86400);
    unsigned year, month, day;

    civil_date(days, &year, &month, &day);
    memcpy(out, "Thu, 00 Jan 0000 00:00:00 GMT", PROMC__DATE_SIZE);
    memcpy(out, weekdays + days % 7 * 3, 3);
    two_digits(out + 5, day);
    memcpy(out + 8, months + (month - 1) * 3, 3);
    two_digits(out + 12, year / 100);
    two_digits(out + 14, year % 100);
    two_digits(out + 17, second / 3600);
    two_digits(out + 20, second / 60 % 60);
    two_digits(out + 23, second % 60);
}

void promc__write_field(promc__buffer *out, const char *name, const char *value)
{
    promc__buffer_string(out, name);
    promc__buffer_append(out, ": ", 2);
    promc__buffer_string(out, value);
    promc__buffer_append(out, "\r\n", 2);
}

static void date_field(promc__buffer *out)
{
    double now = promc__os.unix_time();
    char date[PROMC__DATE_SIZE];

    if (!(now > 0 && now < 253402300800.0)) /* year 10000 */
        return;
    promc__write_date(date, (uint64_t)now);
    promc__buffer_append(out, "Date: ", 6);
    promc__buffer_append(out, date, sizeof(date));
    promc__buffer_append(out, "\r\n", 2);
}

void promc__write_head(promc__buffer *out, const promc__message *message)
{
    char text[96];
    int size = snprintf(text, sizeof(text), "HTTP/1.1 %03d %s\r\n", message->status,
                        promc__status_text(message->status));

    promc__buffer_append(out, text, (size_t)size);
    date_field(out);
    if (message->content_type)
        promc__write_field(out, "Content-Type", message->content_type);
    promc__buffer_append(out, message->fields, message->fields_size);
    if (message->framing == PROMC__FRAMING_LENGTH) {
        size = snprintf(text, sizeof(text), "Content-Length: %zu\r\n", message->length);
        promc__buffer_append(out, text, (size_t)size);
    } else if (message->framing == PROMC__FRAMING_CHUNKED) {
        promc__write_field(out, "Transfer-Encoding", "chunked");
    }
    if (!message->keep_alive)
        promc__write_field(out, "Connection", "close");
    else if (message->http_1_0)
        promc__write_field(out, "Connection", "keep-alive");
    promc__buffer_append(out, "\r\n", 2);
}
