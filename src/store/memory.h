#ifndef WSFSM_STORE_MEMORY_H
#define WSFSM_STORE_MEMORY_H

/* In a build with fault points: lets SQLite's allocations fail where "store.memory" is to fail
 * (base/fault.h). Before the first use of SQLite; called again, it does nothing. */
#ifdef WS_FAULT_POINTS
void ws_memory_prepare(void);
#else
static inline void ws_memory_prepare(void)
{
}
#endif

#endif
