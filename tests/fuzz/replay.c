/* Gives the files of the folders it is called with to a fuzz target, one after the other. */
#include <dirent.h>

#include "fuzz.h"
#include "wsfsm/base/path.h"

enum { INPUT_MAX = 4 << 20 };

static int replay_file(const char *path)
{
    struct ws_buf input = {0};
    struct ws_error err = {0};

    if (ws_read_file(&input, path, INPUT_MAX, &err) < 0) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        return -1;
    }
    /* a copy of just that length, so that a sanitizer sees a read behind its end */
    uint8_t *exact = malloc(input.len > 0 ? input.len : 1);

    fuzz_require(exact != NULL);
    memcpy(exact, ws_buf_str(&input), input.len);
    fprintf(stderr, "%s\n", path); /* the last one said is the one that crashed */
    LLVMFuzzerTestOneInput(exact, input.len);
    free(exact);
    ws_buf_release(&input);
    return 0;
}

static int replay_folder(size_t *count, const char *folder)
{
    struct ws_strv names = {0};
    struct dirent *entry;
    DIR *dir = opendir(folder);
    int rc = 0;

    if (dir == NULL) {
        perror(folder);
        return -1;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            ws_strv_add(&names, entry->d_name);
        }
    }
    closedir(dir);
    ws_strv_sort(&names);
    for (size_t i = 0; i < names.len && rc == 0; i++) {
        char *path = ws_path_join(folder, names.items[i]);

        rc = replay_file(path);
        free(path);
    }
    *count += names.len;
    ws_strv_release(&names);
    return rc;
}

int main(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 1; i < argc; i++) {
        if (replay_folder(&count, argv[i]) < 0) {
            return EXIT_FAILURE;
        }
    }
    printf("%zu inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
