#include "columns.h"
#include "commands.h"
#include "progress.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/store/verify.h"

static void database_json(struct ws_buf *out, const char *path)
{
    ws_json_key(out, "database");
    ws_json_path(out, path);
    if (ws_path_is_encoded(path)) {
        ws_json_kbool(out, "paths_encoded", true);
    }
}

/* --- init --- */

static int run_init(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_progress_view view;

    if (ws_cli_open(&session, cli, err) != 0) {
        return -1;
    }
    ws_progress_init_still(&view, cli);
    const struct ws_observer observer = ws_progress_observer(&view);
    bool there = ws_store_exists(session.config.database);
    int status = ws_session_store(&session, WS_STORE_CREATE, &observer, err);
    ws_progress_end(&view);
    if (status == 0 && cli->json) {
        ws_json_open(&cli->out.text, '{');
        database_json(&cli->out.text, session.config.database);
        ws_json_kbool(&cli->out.text, "created", !there);
        ws_json_close(&cli->out.text, '}');
        ws_buf_putc(&cli->out.text, '\n');
    } else if (status == 0) {
        ws_out_escaped(&cli->out, session.config.database);
        ws_buf_puts(&cli->out.text, there ? ": there already\n" : ": made\n");
    }
    ws_session_close(&session);
    return status;
}

static const struct ws_cmd cmd_init = {
    .name = "init",
    .summary = "Make the database, unless it is there",
    .run = run_init,
};

/* --- info --- */

static void info_json(struct ws_buf *out, const char *path, const struct ws_store_info *info)
{
    ws_json_open(out, '{');
    database_json(out, path);
    ws_json_kstr(out, "database_id", info->database_id);
    ws_json_kstr(out, "repository_id", info->repo_id);
    ws_json_kint(out, "schema_version", info->schema_version);
    ws_json_kstr(out, "journal_mode", info->journal_mode);
    ws_json_kstr(out, "sqlite_version", info->sqlite_version);
    ws_json_kint(out, "bytes", info->bytes);
    ws_json_kint(out, "runs", info->runs);
    ws_json_kint(out, "transitions", info->transitions);
    ws_json_kint(out, "attempts", info->attempts);
    ws_json_kint(out, "events", info->events);
    ws_json_close(out, '}');
    ws_buf_putc(out, '\n');
}

static void number(struct ws_columns *table, const char *name, int64_t n)
{
    ws_columns_add(table, name);
    ws_columns_addf(table, "%lld", (long long)n);
}

static void text(struct ws_columns *table, const char *name, const char *value)
{
    ws_columns_add(table, name);
    ws_columns_add(table, value);
}

static void info_text(struct ws_buf *out, const char *path, const struct ws_store_info *info)
{
    struct ws_columns table = {.count = 2};
    struct ws_buf size = {0};

    ws_format_bytes(&size, info->bytes);
    text(&table, "database", path);
    text(&table, "size", ws_buf_str(&size));
    text(&table, "database id", info->database_id);
    text(&table, "repository id", info->repo_id);
    number(&table, "schema version", info->schema_version);
    text(&table, "journal mode", info->journal_mode);
    text(&table, "SQLite", info->sqlite_version);
    number(&table, "runs", info->runs);
    number(&table, "transitions", info->transitions);
    number(&table, "attempts", info->attempts);
    number(&table, "events", info->events);
    ws_columns_print(out, &table);
    ws_columns_release(&table);
    ws_buf_release(&size);
}

static int run_info(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_store_info info = {0};

    if (ws_cli_open_database(&session, cli, WS_E_STORE, err) != 0) {
        return -1;
    }
    int status = ws_store_info(&info, session.store, err);
    if (status == 0 && cli->json) {
        info_json(&cli->out.text, session.config.database, &info);
    } else if (status == 0) {
        info_text(&cli->out.text, session.config.database, &info);
    }
    ws_session_close(&session);
    return status;
}

static const struct ws_cmd cmd_info = {
    .name = "info",
    .summary = "Print facts about the database",
    .run = run_info,
};

/* --- backup --- */

static const struct ws_positional backup_positionals[] = {
    {.name = "FILE", .complete = WS_COMPLETE_FILE, .help = "The copy to make."},
    {0},
};

static int run_backup(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    const char *to = ws_args_word(cli->args, 0);

    if (ws_cli_open_database(&session, cli, WS_E_STORE, err) != 0) {
        return -1;
    }
    int status = ws_store_backup(session.store, to, err);
    if (status == 0 && cli->json) {
        ws_json_open(&cli->out.text, '{');
        database_json(&cli->out.text, session.config.database);
        ws_json_key(&cli->out.text, "backup");
        ws_json_path(&cli->out.text, to);
        ws_json_close(&cli->out.text, '}');
        ws_buf_putc(&cli->out.text, '\n');
    } else if (status == 0) {
        ws_out_escaped(&cli->out, to);
        ws_buf_puts(&cli->out.text, ": made\n");
    }
    ws_session_close(&session);
    return status;
}

static const struct ws_cmd cmd_backup = {
    .name = "backup",
    .summary = "Copy the database, also while it is in use",
    .description = "The copy is complete or absent. A file that is there already is left as it is "
                   "(exit 4).",
    .positionals = backup_positionals,
    .run = run_backup,
};

static const struct ws_cmd *const commands[] = {&cmd_init, &cmd_info, &cmd_backup, NULL};

const struct ws_cmd ws_cmd_db = {
    .name = "db",
    .summary = "Make, look at and copy the database",
    .commands = commands,
};
