/* Named crash points, for the tests that kill the program around every durable step. A build without
 * WS_FAULT_POINTS contains none of it.
 *
 * In a test build: WSFSM_FAULT_LOG=FILE appends the name of every point passed; WSFSM_CRASH_AT=N raises
 * SIGKILL at the N-th point passed (from 1), WSFSM_CRASH_AT=NAME:N at the N-th passing of that name.
 */
#ifndef WSFSM_BASE_FAULT_H
#define WSFSM_BASE_FAULT_H

#ifdef WS_FAULT_POINTS
void ws_fault_point(const char *name);
#else
static inline void ws_fault_point(const char *name)
{
    (void)name;
}
#endif

#endif
