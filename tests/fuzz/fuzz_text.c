/* Text and paths of others, made fit for terminals and JSON; numbers and times out of text. */
#include "fuzz.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/path.h"
#include "wsfsm/doc/doc.h"

static void escape(const char *text, size_t len)
{
    struct ws_buf line = {0};

    ws_escape_line(&line, text, len);
    fuzz_require_shown(ws_buf_str(&line));
    fuzz_require(ws_utf8_valid(ws_buf_str(&line), line.len));
    ws_buf_release(&line);
}

static void escape_path(const char *path)
{
    struct ws_buf once = {0}, twice = {0};
    bool marked = ws_escape_path(&once, path);

    fuzz_require(marked == (strcmp(ws_buf_str(&once), path) != 0));
    fuzz_require_shown(ws_buf_str(&once));
    fuzz_require(!ws_escape_path(&twice, ws_buf_str(&once)));
    ws_buf_release(&once);
    ws_buf_release(&twice);
}

/* What is written as a JSON string is read as one. */
static void write_json(const char *text, size_t len)
{
    struct ws_buf json = {0};
    struct ws_error err;

    ws_json_open(&json, '[');
    ws_json_strn(&json, text, len);
    ws_json_path(&json, text);
    ws_json_str(&json, text);
    ws_json_close(&json, ']');
    struct ws_doc *doc = ws_doc_parse_stored(ws_buf_str(&json), &err);

    fuzz_require(doc != NULL || memchr(text, '\0', len) != NULL);
    if (doc != NULL && ws_utf8_valid(text, len)) {
        fuzz_require(strcmp(ws_doc_root(doc)->items[2]->text, text) == 0);
    }
    ws_doc_free(doc);
    ws_buf_release(&json);
}

static void read_numbers(const char *text)
{
    long long n;
    int64_t ms, again;
    char time[WS_TIME_SIZE];

    if (ws_parse_int(&n, text, -1000, 1000)) {
        fuzz_require(n >= -1000 && n <= 1000);
    }
    if (ws_time_parse(&ms, text)) {
        ws_time_format(time, ms);
        fuzz_require(ws_time_parse(&again, time) && again == ms);
    }
}

static void take_apart(const char *path)
{
    char *dir = ws_path_dir(path), *joined = ws_path_join(dir, ws_path_base(path));

    fuzz_require(dir[0] != '\0' && strlen(ws_path_base(path)) <= strlen(path));
    fuzz_require(ws_path_under(path, path));
    free(dir);
    free(joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"editing", "static_check", "failed", "done", ""};
    char *text = fuzz_text(data, size);
    struct ws_error err;

    escape((const char *)data, size);
    escape_path(text);
    write_json(text, strlen(text));
    read_numbers(text);
    take_apart(text);
    fuzz_require(ws_fail(&err, WS_E_USAGE, text, "'%s'", text) == -1);
    fuzz_require(ws_utf8_valid(err.message, strlen(err.message)));
    fuzz_require_shown(err.message);
    fuzz_require_shown(err.where);
    ws_nearest(text, words, sizeof words / sizeof *words);
    free(text);
    return 0;
}
