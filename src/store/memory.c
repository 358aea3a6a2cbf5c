#include "memory.h"

#ifdef WS_FAULT_POINTS

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/fault.h"

static sqlite3_mem_methods ordinary;

static bool fails(void)
{
    if (!ws_fault_fails("store.memory")) {
        return false;
    }
    errno = ENOMEM; /* as malloc() says */
    return true;
}

static void *allocate(int size)
{
    return fails() ? NULL : ordinary.xMalloc(size);
}

static void *reallocate(void *at, int size)
{
    return fails() ? NULL : ordinary.xRealloc(at, size);
}

void ws_memory_prepare(void)
{
    if (ordinary.xMalloc != NULL ||
        sqlite3_config(SQLITE_CONFIG_GETMALLOC, &ordinary) != SQLITE_OK) {
        return;
    }
    sqlite3_mem_methods failing = ordinary;
    failing.xMalloc = allocate;
    failing.xRealloc = reallocate;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
}

#endif
