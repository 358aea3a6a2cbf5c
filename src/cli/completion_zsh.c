#include "completion.h"

/* Inside an option's specification, brackets and colons have a meaning. */
static void brief(struct ws_buf *out, const char *help)
{
    struct ws_buf text = {0};

    ws_completion_brief(&text, help);
    for (const char *s = ws_buf_str(&text); *s != '\0'; s++) {
        if (*s == '[' || *s == ']' || *s == ':') {
            ws_buf_putc(out, '\\');
        }
        ws_buf_putc(out, *s);
    }
    ws_buf_release(&text);
}

/* ":ID:_wsfsm_values ws-id" */
static void value(struct ws_buf *out, const char *name, enum ws_complete complete,
                  const char *const *words)
{
    const char *kind = ws_complete_kind(complete);

    ws_buf_printf(out, ":%s:", name);
    if (words != NULL) {
        ws_buf_putc(out, '(');
        for (size_t i = 0; words[i] != NULL; i++) {
            ws_buf_printf(out, "%s%s", i > 0 ? " " : "", words[i]);
        }
        ws_buf_putc(out, ')');
    } else if (kind != NULL) {
        ws_buf_printf(out, "_wsfsm_values %s", kind);
    } else if (complete == WS_COMPLETE_FILE) {
        ws_buf_puts(out, "_files");
    } else if (complete == WS_COMPLETE_DIR) {
        ws_buf_puts(out, "_files -/");
    } else if (complete == WS_COMPLETE_COMMAND) {
        ws_buf_puts(out, "_wsfsm_commands_main");
    }
}

static void option(struct ws_buf *out, const struct ws_option *o)
{
    const char *equals = o->argument != NULL ? "=" : "", *plus = o->argument != NULL ? "+" : "";

    if (o->letter != 0) {
        ws_buf_printf(out, " '(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, plus,
                      o->name, equals);
    } else {
        ws_buf_printf(out, " '--%s%s[", o->name, equals);
    }
    brief(out, o->help);
    ws_buf_putc(out, ']');
    if (o->argument != NULL) {
        value(out, o->argument, o->complete, o->words);
    }
    ws_buf_putc(out, '\'');
}

static void options(struct ws_buf *out, const struct ws_option *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        ws_buf_puts(out, " \\\n           ");
        option(out, o);
    }
}

static void describe(struct ws_buf *out, const struct ws_cmd *parent)
{
    ws_buf_puts(out, "local -a commands=(");
    for (size_t i = 0; parent->commands[i] != NULL; i++) {
        const struct ws_cmd *cmd = parent->commands[i];

        if (!cmd->hidden) {
            ws_buf_printf(out, "\n        '%s:", cmd->name);
            brief(out, cmd->summary);
            ws_buf_putc(out, '\'');
        }
    }
    ws_buf_puts(out, ")\n    _describe command commands\n");
}

static void leaf(struct ws_buf *out, const struct ws_cmd *cmd)
{
    ws_buf_printf(out, "    %s)\n        _arguments $global", cmd->name);
    options(out, cmd->options);
    for (const struct ws_positional *p = cmd->positionals; p != NULL && p->name != NULL; p++) {
        ws_buf_puts(out, p->repeated ? " '*" : p->optional ? " ':" : " '");
        value(out, p->name, p->complete, NULL);
        ws_buf_putc(out, '\'');
    }
    ws_buf_puts(out, " ;;\n");
}

/* Reads one level: its commands, then what belongs to the one that was given. */
static void level(struct ws_buf *out, const struct ws_cmd *parent, const char *suffix)
{
    ws_buf_printf(out, "_wsfsm%s()\n{\n    local context state line\n    typeset -A opt_args\n",
                  suffix);
    ws_buf_puts(
        out, "    _arguments -C $global '1:command:->command' '*::argument:->argument' && return\n"
             "    if [[ $state == command ]]; then\n        _wsfsm_commands");
    ws_buf_puts(out, suffix);
    ws_buf_puts(out, "\n        return\n    fi\n    case $words[1] in\n");
    for (size_t i = 0; parent->commands[i] != NULL; i++) {
        const struct ws_cmd *cmd = parent->commands[i];

        if (cmd->hidden) {
            continue;
        }
        if (cmd->commands != NULL) {
            ws_buf_printf(out, "    %s) _wsfsm_%s ;;\n", cmd->name, cmd->name);
        } else {
            leaf(out, cmd);
        }
    }
    ws_buf_puts(out, "    esac\n}\n\n");
    ws_buf_printf(out, "_wsfsm_commands%s()\n{\n    ", suffix);
    describe(out, parent);
    ws_buf_puts(out, "}\n\n");
}

void ws_completion_zsh(struct ws_buf *out, const struct ws_cmd *root)
{
    ws_buf_puts(out,
                "#compdef wsfsm\n# zsh completion for wsfsm; made from its option tables\n\n"
                "# The kind comes last; in front of it stands what _arguments hands to compadd.\n"
                "_wsfsm_values()\n{\n"
                "    local -a values=(${(f)\"$(wsfsm -C $dir __values ${@[-1]} 2>/dev/null)\"})\n"
                "    compadd \"${(@)@[1,-2]}\" -a values\n}\n\n");
    for (size_t i = 0; root->commands[i] != NULL; i++) {
        const struct ws_cmd *cmd = root->commands[i];

        if (!cmd->hidden && cmd->commands != NULL) {
            struct ws_buf suffix = {0};

            ws_buf_printf(&suffix, "_%s", cmd->name);
            level(out, cmd, ws_buf_str(&suffix));
            ws_buf_release(&suffix);
        }
    }
    level(out, root, "_main");
    ws_buf_puts(out, "_wsfsm()\n{\n    local -a global=(");
    options(out, root->options);
    ws_buf_puts(out, ")\n"
                     "    local dir=. i\n"
                     "    for ((i = 2; i < CURRENT; i++)); do\n"
                     "        [[ $words[i] == (-C|--directory) ]] && dir=${words[i+1]/#\\~/$HOME}\n"
                     "    done\n"
                     "    _wsfsm_main \"$@\"\n}\n\n_wsfsm \"$@\"\n");
}
