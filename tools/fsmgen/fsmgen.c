/* fsmgen: checks a machine's definition and writes it in other forms. A tool of the build; it runs
 * on the host and needs nothing but the base and machine layers. A file is written only when its
 * content changes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings.h"
#include "emit_c.h"
#include "wsfsm/base/path.h"
#include "wsfsm/machine/emit.h"

static const char usage[] = "usage: fsmgen [-Werror] [--c FILE] [--dot FILE] [--mermaid FILE] "
                            "[--markdown FILE] STATES.DEF\n";

enum { SOURCE_MAX = 16 * 1024 * 1024, OUTPUT_MAX = 256 * 1024 * 1024 };

enum output { OUTPUT_C, OUTPUT_DOT, OUTPUT_MERMAID, OUTPUT_MARKDOWN, OUTPUT_COUNT };

struct options {
    const char *source;
    const char *files[OUTPUT_COUNT];
    bool strict; /* -Werror */
};

/* 0, or -1 when the command line makes no sense. */
static int read_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"c", required_argument, NULL, OUTPUT_C},
        {"dot", required_argument, NULL, OUTPUT_DOT},
        {"mermaid", required_argument, NULL, OUTPUT_MERMAID},
        {"markdown", required_argument, NULL, OUTPUT_MARKDOWN},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "W:", longs, NULL)) != -1) {
        if (c == 'W' && strcmp(optarg, "error") == 0) {
            o->strict = true;
        } else if (c >= 0 && c < OUTPUT_COUNT) {
            o->files[c] = optarg;
        } else {
            return -1;
        }
    }
    if (optind != argc - 1) {
        return -1;
    }
    o->source = argv[optind];
    return 0;
}

static void print_findings(const struct ws_diags *diags)
{
    struct ws_buf line = {0};

    for (size_t i = 0; i < diags->len; i++) {
        ws_buf_clear(&line);
        ws_diag_format(&line, &diags->items[i]);
        fprintf(stderr, "%s\n", ws_buf_str(&line));
    }
    ws_buf_release(&line);
}

/* NULL when there was an error (printed). */
static struct ws_machine *load(const struct options *o)
{
    struct ws_buf text = {0};
    struct ws_diags diags = {0};
    struct ws_error err = {0};
    struct ws_machine *m = NULL;

    if (ws_read_file(&text, o->source, SOURCE_MAX, &err) != 0) {
        fprintf(stderr, "fsmgen: %s: %s\n", err.where, err.message);
        goto out;
    }
    m = ws_machine_parse(ws_buf_str(&text), text.len, o->source, &fsmgen_bindings, &diags);
    if (o->strict) {
        ws_diags_promote(&diags);
    }
    print_findings(&diags);
    if (ws_diags_count(&diags, WS_ERROR) > 0) {
        ws_machine_free(m);
        m = NULL;
    }
out:
    ws_diags_release(&diags);
    ws_buf_release(&text);
    return m;
}

static void emit(struct ws_buf *out, enum output output, const struct ws_machine *m)
{
    switch (output) {
    case OUTPUT_C:
        fsmgen_emit_c(out, m);
        break;
    case OUTPUT_DOT:
        ws_emit_dot(out, m);
        break;
    case OUTPUT_MERMAID:
        ws_emit_mermaid(out, m);
        break;
    case OUTPUT_MARKDOWN:
        ws_emit_markdown(out, m);
        break;
    case OUTPUT_COUNT:
        break;
    }
}

static bool is_current(const char *path, const struct ws_buf *content)
{
    struct ws_buf old = {0};
    bool same = ws_read_file(&old, path, OUTPUT_MAX, NULL) == 0 && old.len == content->len &&
                memcmp(ws_buf_str(&old), ws_buf_str(content), old.len) == 0;

    ws_buf_release(&old);
    return same;
}

static int write_outputs(const struct options *o, const struct ws_machine *m)
{
    struct ws_buf content = {0};
    struct ws_error err = {0};
    int rc = 0;

    for (int i = 0; i < OUTPUT_COUNT && rc == 0; i++) {
        if (o->files[i] == NULL) {
            continue;
        }
        ws_buf_clear(&content);
        emit(&content, (enum output)i, m);
        if (!is_current(o->files[i], &content)) {
            rc = ws_write_file(o->files[i], ws_buf_str(&content), content.len, 0644, &err);
        }
    }
    if (rc != 0) {
        fprintf(stderr, "fsmgen: %s: %s\n", err.where, err.message);
    }
    ws_buf_release(&content);
    return rc;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct ws_machine *m;
    int rc;

    if (read_options(&options, argc, argv) != 0) {
        fputs(usage, stderr);
        return 2;
    }
    m = load(&options);
    if (m == NULL) {
        return 1;
    }
    rc = write_outputs(&options, m);
    if (rc == 0) {
        struct ws_buf summary = {0};

        ws_emit_summary(&summary, m);
        puts(ws_buf_str(&summary));
        ws_buf_release(&summary);
    }
    ws_machine_free(m);
    return rc == 0 ? 0 : 1;
}
