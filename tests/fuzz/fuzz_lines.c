/* The texts that the repository layer reads by bytes: git's config, and the lines of our own
 * records. */
#include "config_text.h"
#include "fuzz.h"
#include "line.h"
#include "names.h"

/* Every value comes back from a line. */
static void round_trip(const char *value)
{
    struct ws_buf line = {0};

    ws_line_put(&line, value);
    ws_buf_putc(&line, ' ');
    ws_line_put(&line, "next");
    const char *at = ws_buf_str(&line);
    char *back = ws_line_take(&at), *next = ws_line_take(&at);

    fuzz_require(back != NULL && strcmp(back, value) == 0);
    fuzz_require(next != NULL && strcmp(next, "next") == 0);
    free(back);
    free(next);
    ws_buf_release(&line);
}

static void take_all(const char *line)
{
    char *value;

    while ((value = ws_line_take(&line)) != NULL) {
        round_trip(value);
        free(value);
    }
}

/* What is left out once leaves nothing to leave out. */
static void strip(const char *text, size_t len)
{
    struct ws_buf once = {0}, twice = {0};
    struct ws_strv included = {0};

    ws_config_includes(&included, text, len);
    ws_strv_release(&included);
    ws_config_without_branches(&once, text, len);
    ws_config_without_branches(&twice, ws_buf_str(&once), once.len);
    fuzz_require(once.len <= len + 1);
    fuzz_require(strcmp(ws_buf_str(&once), ws_buf_str(&twice)) == 0);
    ws_buf_release(&once);
    ws_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    strip((const char *)data, size);
    round_trip(text);
    take_all(text);
    if (ws_name_is_git(text)) {
        fuzz_require(!ws_name_is_safe(text, false));
    }
    free(text);
    return 0;
}
