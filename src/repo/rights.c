#include "rights.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

bool ws_rights_give(int dir)
{
    int error = errno;
    struct stat st;
    bool given = fstat(dir, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0700) != 0700 &&
                 fchmod(dir, (st.st_mode & 07777) | 0700) == 0;

    errno = error;
    return given;
}

bool ws_rights_retry(int dir)
{
    return errno == EACCES && ws_rights_give(dir);
}
