/* A log file with a cap: the first half of what is written and the last half are kept, a line
 * between them says how much is missing. Until it is closed, the file holds the head; the tail
 * lives in a second, nameless file used as a ring, so that neither memory nor disk grow with the
 * output. A write that fails marks the log and ends the writing; it never ends the program whose
 * output it is.
 */
#ifndef WSFSM_PROC_LOGFILE_H
#define WSFSM_PROC_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ws_logfile {
    const char *path; /* borrowed */
    int fd;
    int ring_fd; /* -1 until the head is full */
    int64_t head_cap, ring_cap;
    int64_t head, ringed; /* bytes that went to either since the start */
    bool failed;
};

/* Creates the file, mode 0600. What stands at `path` is removed first, so that no planted link is
 * followed. */
void ws_logfile_open(struct ws_logfile *log, const char *path, int64_t cap);
void ws_logfile_write(struct ws_logfile *log, const char *data, size_t len);
void ws_logfile_close(struct ws_logfile *log); /* puts note and tail behind the head */
bool ws_logfile_cut(const struct ws_logfile *log);

#endif
