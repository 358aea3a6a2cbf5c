/* Where a program begins that may be its own supervisor. */
#include <string.h>

#include "wsfsm/proc/proc.h"

int ws_proc_main(int argc, char **argv)
{
    static const struct {
        const char *command;
        int (*run)(void);
    } roles[] = {{"__guard", ws_guard_main}, {"__inside", ws_inside_main}};

    ws_proc_set_guard("/proc/self/exe");
    for (size_t i = 0; argc == 2 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(argv[1], roles[i].command) == 0)
            return roles[i].run();
    return -1;
}
