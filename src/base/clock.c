#include "wsfsm/base/clock.h"

#include <string.h>
#include <time.h>

/* What four digits of year can say. */
static const int64_t first_ms = -62167219200000; /* 0000-01-01T00:00:00.000Z */
static const int64_t last_ms = 253402300799999;  /* 9999-12-31T23:59:59.999Z */

static int64_t read_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t); /* cannot fail: the clocks asked for are always there */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t ws_now_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t ws_boot_ms(void)
{
#ifdef CLOCK_BOOTTIME
    return read_ms(CLOCK_BOOTTIME);
#else
    return read_ms(CLOCK_MONOTONIC); /* on macOS it counts suspended time */
#endif
}

/* The fields of "YYYY-MM-DDTHH:MM:SS.mmmZ". */
enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLI, FIELDS };

static const struct {
    unsigned char at, digits;
} layout[FIELDS] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 3}};

void ws_time_format(char out[WS_TIME_SIZE], int64_t ms)
{
    ms = ms < first_ms ? first_ms : ms > last_ms ? last_ms : ms;

    int64_t milli = (ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((ms - milli) / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    int fields[FIELDS] = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                          tm.tm_min,         tm.tm_sec,     (int)milli};

    memcpy(out, "0000-00-00T00:00:00.000Z", WS_TIME_SIZE);
    for (int i = 0; i < FIELDS; i++) {
        for (int digit = layout[i].digits; digit-- > 0; fields[i] /= 10) {
            out[layout[i].at + digit] = (char)('0' + fields[i] % 10);
        }
    }
}

bool ws_time_parse(int64_t *ms, const char *text)
{
    int fields[FIELDS] = {0};
    char again[WS_TIME_SIZE];

    if (strnlen(text, WS_TIME_SIZE) != WS_TIME_SIZE - 1) {
        return false;
    }
    for (int i = 0; i < FIELDS; i++) {
        for (int digit = 0; digit < layout[i].digits; digit++) {
            fields[i] = fields[i] * 10 + (text[layout[i].at + digit] - '0');
        }
    }
    struct tm tm = {.tm_year = fields[YEAR] - 1900,
                    .tm_mon = fields[MONTH] - 1,
                    .tm_mday = fields[DAY],
                    .tm_hour = fields[HOUR],
                    .tm_min = fields[MINUTE],
                    .tm_sec = fields[SECOND]};
    int64_t result = (int64_t)timegm(&tm) * 1000 + fields[MILLI];

    /* Whatever was no digit, no such day, or no separator comes back as another text. */
    ws_time_format(again, result);
    if (strcmp(again, text) != 0) {
        return false;
    }
    *ms = result;
    return true;
}
