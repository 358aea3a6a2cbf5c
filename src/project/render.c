/* A profile becomes a command line. */
#include <stdlib.h>
#include <string.h>

#include "template.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* "-m" or "--model", which wait for the next argument; "--model=x" and "--" do not. */
static bool is_waiting_option(const char *arg)
{
    return arg[0] == '-' && strcmp(arg, "--") != 0 && strchr(arg, '=') == NULL;
}

/* An argument without its model goes, and the option that it belongs to. */
static void drop_model_option(struct ws_strv *args, const char *template, bool previous_is_literal)
{
    if (template[0] != '-' && previous_is_literal && args->len > 0 &&
        is_waiting_option(args->items[args->len - 1])) {
        free(args->items[--args->len]);
        args->items[args->len] = NULL;
    }
}

static int add_filled(struct ws_strv *to, const char *prefix, const char *template,
                      const struct ws_template_values *values, const char *item,
                      struct ws_error *err)
{
    struct ws_buf text = {0};
    int rc;

    ws_buf_puts(&text, prefix);
    rc = ws_template_fill(&text, template, values, item, err);
    if (rc == 0) {
        ws_strv_take(to, ws_buf_steal(&text));
    }
    ws_buf_release(&text);
    return rc;
}

static int add_list(struct ws_strv *args, const char *template, const struct ws_strv *list,
                    bool exact, const struct ws_template_values *values, struct ws_error *err)
{
    for (size_t i = 0; i < list->len; i++) {
        const char *item = list->items[i];
        const char *prefix = exact && (*item == '-' || *item == '@') ? "./" : "";

        if (add_filled(args, prefix, template, values, item, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int render_args(struct ws_strv *args, const struct ws_profile *p,
                       const struct ws_template_values *values, struct ws_error *err)
{
    bool literal = false; /* the argument before stands in the profile as it is */

    for (size_t i = 0; i < p->args.len; i++) {
        const char *template = p->args.items[i];
        size_t before = args->len;
        bool exact;
        const struct ws_strv *list = ws_template_list(&exact, template, values);
        int rc = 0;

        if (ws_template_lacks_model(template, values)) {
            drop_model_option(args, template, literal);
            literal = false;
            continue;
        }
        if (list != NULL) {
            rc = add_list(args, template, list, exact, values, err);
        } else {
            rc = add_filled(args, "", template, values, NULL, err);
        }
        if (rc < 0) {
            return -1;
        }
        literal = list == NULL && args->len > before && strcmp(args->items[before], template) == 0;
    }
    return 0;
}

/* The program's folder: from values->cwd on, never from the one wsfsm was called from, which is the
 * user's checkout. In this template {cwd} is where it begins. */
static int render_dir(char **out, const struct ws_profile *p,
                      const struct ws_template_values *values, struct ws_error *err)
{
    struct ws_buf dir = {0};
    int rc = ws_template_fill(&dir, p->working_dir, values, NULL, err);

    if (rc == 0) {
        *out = ws_path_join(values->cwd, ws_buf_str(&dir));
    }
    ws_buf_release(&dir);
    return rc;
}

static int render_env(struct ws_strv *env, const struct ws_profile *p,
                      const struct ws_template_values *values, struct ws_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < p->env.len; i++) {
        if (!ws_template_lacks_model(p->env.items[i], values)) {
            rc = add_filled(env, "", p->env.items[i], values, NULL, err);
        }
    }
    return rc;
}

int ws_profile_render(struct ws_strv *args, struct ws_strv *env, char **working_dir,
                      const struct ws_profile *p, const struct ws_template_values *values,
                      struct ws_error *err)
{
    struct ws_template_values there = *values;
    char *dir = NULL;
    int rc = render_dir(&dir, p, values, err);

    there.cwd = dir;
    if (rc == 0) {
        rc = render_args(args, p, &there, err);
    }
    if (rc == 0) {
        rc = render_env(env, p, &there, err);
    }
    if (rc == 0) {
        *working_dir = dir;
        dir = NULL;
    }
    free(dir);
    if (rc < 0 && err != NULL && err->where[0] == '\0') {
        struct ws_error inner = *err;

        ws_fail(err, inner.code, p->id, "%s", inner.message);
    }
    return rc;
}
