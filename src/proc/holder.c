/* The kernel is asked, never the file: its text could be anybody's, a dead supervisor's or a tool's
 * that wants a process killed. Whoever is called a supervisor, is this user's, and has locked just
 * this file through a descriptor of its own is one.
 */
#include "holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "lock:\t1: FLOCK  ADVISORY  WRITE 359 00:1b:4711 0 EOF" stands there for each lock that was taken
 * through the descriptor. Its device is not always that of stat(). */
static bool has_lock(int process, const char *number)
{
    char text[2048];
    snprintf(text, sizeof text, "fdinfo/%.20s", number);
    int fd = openat(process, text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *lock = strstr(text, "\nlock:");
    return lock != NULL && strstr(lock, "FLOCK") != NULL;
}

/* `process` is its folder in /proc. */
static bool has_locked(int process, const struct stat *file)
{
    struct stat found;
    bool locked = false;
    int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL && !locked; entry = readdir(dir))
        locked = entry->d_name[0] != '.' && has_lock(process, entry->d_name) &&
                 fstatat(fd, entry->d_name, &found, 0) == 0 && found.st_dev == file->st_dev &&
                 found.st_ino == file->st_ino;
    closedir(dir);
    return locked;
}

static bool holds(pid_t pid, const struct stat *file)
{
    char path[32];
    struct stat folder;
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is = fstat(fd, &folder) == 0 && folder.st_uid == geteuid() && has_locked(fd, file);
    close(fd);
    return is;
}

int ws_holder_open(struct ws_process *out, int lock)
{
    struct stat file;
    struct ws_proctab all = {0};
    int holder = -1;
    if (fstat(lock, &file) < 0 || ws_proctab_read(&all) < 0)
        return -1;
    for (size_t i = 0; i < all.len && holder < 0; i++) {
        const struct ws_process *p = &all.items[i];
        if (strcmp(p->name, WS_GUARD_NAME) != 0)
            continue;
        /* The descriptor first: what is found out after that is of this process, or it is dead. */
        holder = ws_process_open(p);
        if (holder >= 0 && !holds(p->pid, &file)) {
            close(holder);
            holder = -1;
        }
        *out = *p;
    }
    ws_proctab_release(&all);
    return holder;
}
