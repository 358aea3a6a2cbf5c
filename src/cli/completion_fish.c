#include "completion.h"

static const char head[] =
    "# fish completion for wsfsm; made from its option tables\n"
    "\n"
    "# Does the line begin with these commands? With 'exactly' in front: and no other word?\n"
    "function __wsfsm_at\n"
    "    set -l exactly 0\n"
    "    if test \"$argv[1]\" = exactly\n"
    "        set exactly 1\n"
    "        set -e argv[1]\n"
    "    end\n"
    "    set -l words\n"
    "    set -l skip 0\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip -eq 1\n"
    "            set skip 0\n"
    "            continue\n"
    "        end\n"
    "        switch $word\n"
    "            case ";

static const char tail[] = "\n"
                           "                set skip 1\n"
                           "            case '-*'\n"
                           "            case '*'\n"
                           "                set -a words $word\n"
                           "        end\n"
                           "    end\n"
                           "    if test $exactly -eq 1 -a (count $words) -ne (count $argv)\n"
                           "        return 1\n"
                           "    end\n"
                           "    set -l i 1\n"
                           "    for want in $argv\n"
                           "        test \"$words[$i]\" = $want; or return 1\n"
                           "        set i (math $i + 1)\n"
                           "    end\n"
                           "end\n"
                           "\n"
                           "# The -C of the line, for the ids that there are.\n"
                           "function __wsfsm_dir\n"
                           "    set -l words (commandline -opc)\n"
                           "    for i in (seq 2 (count $words))\n"
                           "        if contains -- $words[(math $i - 1)] -C --directory\n"
                           "            echo -C\n"
                           "            string replace -r '^~' $HOME -- $words[$i]\n"
                           "        end\n"
                           "    end\n"
                           "end\n"
                           "\n"
                           "complete -c wsfsm -f\n";

static void candidates(struct ws_buf *out, enum ws_complete complete, const char *const *words)
{
    const char *kind = ws_complete_kind(complete);

    if (words != NULL) {
        ws_buf_puts(out, " -x -a '");
        for (size_t i = 0; words[i] != NULL; i++) {
            ws_buf_printf(out, "%s%s", i > 0 ? " " : "", words[i]);
        }
        ws_buf_putc(out, '\'');
    } else if (kind != NULL) {
        ws_buf_printf(out, " -x -a '(wsfsm (__wsfsm_dir) __values %s 2>/dev/null)'", kind);
    } else if (complete == WS_COMPLETE_FILE) {
        ws_buf_puts(out, " -r -F");
    } else if (complete == WS_COMPLETE_DIR) {
        ws_buf_puts(out, " -x -a '(__fish_complete_directories)'");
    } else {
        ws_buf_puts(out, " -x");
    }
}

static void brief(struct ws_buf *out, const char *help)
{
    ws_buf_puts(out, " -d '");
    for (; *help != '\0' && !(*help == '.' && (help[1] == ' ' || help[1] == '\0')); help++) {
        if (*help == '\'' || *help == '\\') {
            ws_buf_putc(out, '\\');
        }
        ws_buf_putc(out, *help);
    }
    ws_buf_puts(out, "'\n");
}

static void options(struct ws_buf *out, const char *path, const struct ws_option *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        ws_buf_puts(out, "complete -c wsfsm");
        if (path[0] != '\0') {
            ws_buf_printf(out, " -n '__wsfsm_at %s'", path);
        }
        if (o->letter != 0) {
            ws_buf_printf(out, " -s %c", o->letter);
        }
        ws_buf_printf(out, " -l %s", o->name);
        if (o->argument != NULL) {
            candidates(out, o->complete, o->words);
        }
        brief(out, o->help);
    }
}

static void sub_commands(struct ws_buf *out, const char *path, const struct ws_cmd *parent)
{
    for (size_t i = 0; parent->commands != NULL && parent->commands[i] != NULL; i++) {
        if (!parent->commands[i]->hidden) {
            ws_buf_printf(out, "complete -c wsfsm -n '__wsfsm_at exactly %s' -a %s", path,
                          parent->commands[i]->name);
            brief(out, parent->commands[i]->summary);
        }
    }
}

static void command(struct ws_buf *out, const char *path, const struct ws_cmd *cmd)
{
    sub_commands(out, path, cmd);
    options(out, path, cmd->options);
    if (cmd->positionals != NULL) {
        enum ws_complete complete = cmd->positionals[0].complete;
        const char *kind = ws_complete_kind(complete);

        if (complete == WS_COMPLETE_COMMAND) {
            ws_buf_printf(out,
                          "complete -c wsfsm -n '__wsfsm_at exactly %s' -a '(__wsfsm_commands)'\n",
                          path);
        } else if (complete == WS_COMPLETE_FILE || complete == WS_COMPLETE_DIR) {
            ws_buf_printf(out, "complete -c wsfsm -n '__wsfsm_at %s' -F\n", path);
        } else if (kind != NULL) {
            ws_buf_printf(out,
                          "complete -c wsfsm -n '__wsfsm_at %s' -a '(wsfsm (__wsfsm_dir) __values "
                          "%s 2>/dev/null)'\n",
                          path, kind);
        }
    }
}

void ws_completion_fish(struct ws_buf *out, const struct ws_cmd *root)
{
    ws_buf_puts(out, head);
    ws_completion_valued(out, root, " ");
    ws_buf_puts(out, tail);
    ws_buf_puts(out, "function __wsfsm_commands\n    string split ' ' '");
    ws_completion_commands(out, root);
    ws_buf_puts(out, "'\nend\n");
    options(out, "", root->options);
    sub_commands(out, "", root);
    ws_completion_walk(root, command, out);
}
