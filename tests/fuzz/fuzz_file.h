/* For targets whose subject reads files: the input under a name, in a folder that goes with the
 * process. */
#ifndef WSFSM_TESTS_FUZZ_FILE_H
#define WSFSM_TESTS_FUZZ_FILE_H

#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "wsfsm/base/path.h"

static char fuzz_folder[] = "/tmp/wsfsm-fuzz-XXXXXX";

static inline void fuzz_remove_folder(void)
{
    static const char *const names[] = {"input.yaml", "input.json", "wsfsm.yaml"};

    if (chdir(fuzz_folder) == 0) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            unlink(names[i]);
        }
        rmdir(fuzz_folder);
    }
}

/* Its path; valid until the next call. */
static inline const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
    static char path[sizeof fuzz_folder + 32];
    static bool made;

    if (!made) {
        fuzz_require(mkdtemp(fuzz_folder) != NULL);
        fuzz_require(atexit(fuzz_remove_folder) == 0);
        made = true;
    }
    snprintf(path, sizeof path, "%s/%s", fuzz_folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    fuzz_require(fd >= 0);
    fuzz_require(ws_write_all(fd, data, size) == 0);
    close(fd);
    return path;
}

#endif
