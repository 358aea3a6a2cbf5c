/* Time. What is stored is UTC, ISO 8601 with milliseconds and 'Z'; what is waited for is the boot-time clock,
 * which counts suspended time and never jumps. */
#ifndef WSFSM_BASE_CLOCK_H
#define WSFSM_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { WS_TIME_SIZE = 25 }; /* "2026-11-22T16:18:24.123Z" and NUL */

int64_t ws_now_ms(void);  /* wall clock, since 1970 */
int64_t ws_boot_ms(void); /* boot-time clock */
void ws_time_format(char out[WS_TIME_SIZE], int64_t ms);
bool ws_time_parse(int64_t *ms, const char *text);

#endif
