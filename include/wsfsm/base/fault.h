/* Named crash points, for the tests that kill the program around every durable step, and named
 * failures. A build without WS_FAULT_POINTS contains none of it.
 *
 * In a test build: WSFSM_FAULT_LOG=FILE appends the name of every point passed; WSFSM_CRASH_AT=N
 * raises SIGKILL at the N-th point passed (from 1), WSFSM_CRASH_AT=NAME:N at the N-th passing of
 * that name. WSFSM_PAUSE_AT is the same with SIGSTOP. WSFSM_FAIL_LOG=FILE appends the name of every failure asked for; WSFSM_FAIL_AT=NAME:N
 * lets the N-th of that name happen, WSFSM_FAIL_AT=NAME:N+ every later one, too.
 */
#ifndef WSFSM_BASE_FAULT_H
#define WSFSM_BASE_FAULT_H

#include <stdbool.h>

#ifdef WS_FAULT_POINTS
void ws_fault_point(const char *name);
/* Shall what `name` stands for fail, this time? */
bool ws_fault_fails(const char *name);
#else
static inline void ws_fault_point(const char *name)
{
    (void)name;
}
static inline bool ws_fault_fails(const char *name)
{
    (void)name;
    return false;
}
#endif

#endif
