#include "completion.h"

static const char head[] =
    "# bash completion for wsfsm; made from its option tables\n"
    "_wsfsm()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local at= dir=. word i\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == '=' ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == '=' ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        case $word in\n";

static const char descend[] = ")\n"
                              "            [[ ${COMP_WORDS[i+1]} == '=' ]] && i=$((i + 1))\n"
                              "            i=$((i + 1))\n"
                              "            [[ $word == -C || $word == --directory ]] && "
                              "dir=${COMP_WORDS[i]/#\\~/$HOME} ;;\n"
                              "        -*) ;;\n"
                              "        *)\n"
                              "            case \"${at:+$at }$word\" in\n"
                              "            ";

static void name_path(struct ws_buf *out, const char *path, const struct ws_cmd *cmd)
{
    (void)cmd;
    ws_buf_printf(out, "%s'%s'", out->len > 0 ? " | " : "", path);
}

static void candidates(struct ws_buf *out, enum ws_complete complete, const char *const *words)
{
    const char *kind = ws_complete_kind(complete);

    if (words != NULL) {
        ws_buf_puts(out, "COMPREPLY=($(compgen -W '");
        for (size_t i = 0; words[i] != NULL; i++) {
            ws_buf_printf(out, "%s%s", i > 0 ? " " : "", words[i]);
        }
        ws_buf_puts(out, "' -- \"$cur\"))");
    } else if (kind != NULL) {
        ws_buf_printf(out,
                      "COMPREPLY=($(compgen -W \"$(wsfsm -C \"$dir\" __values %s 2>/dev/null)\" -- "
                      "\"$cur\"))",
                      kind);
    } else if (complete == WS_COMPLETE_FILE || complete == WS_COMPLETE_DIR) {
        ws_buf_printf(out, "compopt -o filenames; COMPREPLY=($(compgen -%c -- \"$cur\"))",
                      complete == WS_COMPLETE_DIR ? 'd' : 'f');
    } else {
        ws_buf_puts(out, ":");
    }
}

/* 'run:--ws-id') ... */
static void values(struct ws_buf *out, const char *path, const struct ws_cmd *cmd)
{
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        if (o->argument == NULL) {
            continue;
        }
        ws_buf_printf(out, "    %s:--%s", path, o->name);
        if (o->letter != 0) {
            ws_buf_printf(out, " | %s:-%c", path, o->letter);
        }
        ws_buf_puts(out, ")\n        ");
        candidates(out, o->complete, o->words);
        ws_buf_puts(out, "\n        return ;;\n");
    }
}

static void quoted_values(struct ws_buf *out, const char *path, const struct ws_cmd *cmd)
{
    struct ws_buf quoted = {0};

    ws_buf_printf(&quoted, "'%s'", path);
    values(out, ws_buf_str(&quoted), cmd);
    ws_buf_release(&quoted);
}

static void option_words(struct ws_buf *out, const struct ws_cmd *cmd)
{
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        ws_buf_printf(out, " --%s", o->name);
    }
}

/* What may stand at this point of the line: options, sub-commands, positionals. */
static void at_path(struct ws_buf *out, const char *path, const struct ws_cmd *cmd)
{
    ws_buf_printf(out, "    '%s')\n        options+='", path);
    option_words(out, cmd);
    ws_buf_puts(out, "'\n");
    if (cmd->commands != NULL) {
        ws_buf_puts(out, "        words='");
        ws_completion_commands(out, cmd);
        ws_buf_puts(out, "'\n");
    } else if (cmd->positionals != NULL && cmd->positionals[0].complete == WS_COMPLETE_COMMAND) {
        ws_buf_puts(out, "        words=$commands\n");
    } else if (cmd->positionals != NULL) {
        ws_buf_puts(out, "        [[ $cur == -* ]] || { ");
        candidates(out, cmd->positionals[0].complete, NULL);
        ws_buf_puts(out, "; }\n");
    }
    ws_buf_puts(out, "        ;;\n");
}

void ws_completion_bash(struct ws_buf *out, const struct ws_cmd *root)
{
    struct ws_buf paths = {0};

    ws_buf_puts(out, head);
    ws_buf_puts(out, "        ");
    ws_completion_valued(out, root, " | ");
    ws_buf_puts(out, descend);
    ws_completion_walk(root, name_path, &paths);
    ws_buf_puts(out, ws_buf_str(&paths));
    ws_buf_release(&paths);
    ws_buf_puts(out, ") at=${at:+$at }$word ;;\n            esac ;;\n        esac\n    done\n    "
                     "case $at:$prev in\n");
    ws_completion_walk(root, quoted_values, out);
    values(out, "*", root);
    ws_buf_puts(out, "    esac\n    local words= options='");
    option_words(out, root);
    ws_buf_puts(out, "' commands='");
    ws_completion_commands(out, root);
    ws_buf_puts(out, "'\n    case $at in\n");
    at_path(out, "", &(const struct ws_cmd){.commands = root->commands});
    ws_completion_walk(root, at_path, out);
    ws_buf_puts(out, "    esac\n"
                     "    if [[ $cur == -* ]]; then\n"
                     "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
                     "    elif [[ -n $words ]]; then\n"
                     "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                     "    fi\n"
                     "}\n"
                     "complete -F _wsfsm wsfsm\n");
}
