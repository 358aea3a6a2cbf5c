/* A small command line for the tests of the parser and the texts. */
#ifndef WSFSM_TESTS_UNIT_CLI_TOY_COMMANDS_H
#define WSFSM_TESTS_UNIT_CLI_TOY_COMMANDS_H

#include "command.h"

static inline int toy_run(struct ws_cli *cli, struct ws_error *err)
{
    (void)cli;
    (void)err;
    return 0;
}

static const char *const toy_words[] = {"auto", "always", NULL};

static const struct ws_option toy_global[] = {
    {.name = "directory", .letter = 'C', .argument = "DIR", .help = "A folder."},
    {.name = "json", .help = "As JSON."},
    {.name = "quiet", .letter = 'q', .help = "Quiet."},
    {.name = "verbose", .letter = 'v', .help = "Verbose."},
    {.name = "color", .argument = "WHEN", .words = toy_words, .help = "Colour."},
    {.name = "version", .help = "Version."},
    {.name = "help", .letter = 'h', .help = "Help."},
    {0},
};

static const struct ws_option toy_run_options[] = {
    {.name = "ws-id", .argument = "ID", .required = true, .help = "Which one."},
    {.name = "run-id", .argument = "ID", .help = "Its run."},
    {.name = "limit", .argument = "N", .min = 1, .max = 10, .help = "How many."},
    {0},
};
static const struct ws_cmd toy_cmd_run = {
    .name = "run", .summary = "Run it", .options = toy_run_options, .run = toy_run};

static const struct ws_positional toy_check_words[] = {
    {.name = "FILE", .help = "The file."},
    {.name = "MORE", .optional = true, .help = "Another."},
    {0}};
static const struct ws_option toy_check_options[] = {
    {.name = "warnings", .letter = 'W', .argument = "error", .help = "Strict."}, {0}};
static const struct ws_cmd toy_cmd_check = {.name = "check",
                                            .summary = "Check it",
                                            .options = toy_check_options,
                                            .positionals = toy_check_words,
                                            .run = toy_run};

static const struct ws_positional toy_each_words[] = {
    {.name = "TOOL", .help = "The tool."},
    {.name = "FILE", .optional = true, .repeated = true, .help = "Files."},
    {0}};
static const struct ws_cmd toy_cmd_each = {
    .name = "each", .summary = "For each", .positionals = toy_each_words, .run = toy_run};

static const struct ws_cmd *const toy_group_commands[] = {&toy_cmd_check, &toy_cmd_each, NULL};
static const struct ws_cmd toy_cmd_group = {
    .name = "group", .summary = "A group", .commands = toy_group_commands};

static const struct ws_cmd toy_cmd_hidden = {
    .name = "__rum", .summary = "Hidden", .hidden = true, .run = toy_run};

static const struct ws_cmd *const toy_commands[] = {&toy_cmd_run, &toy_cmd_group, &toy_cmd_hidden,
                                                    NULL};
static const struct ws_cmd toy_root = {
    .name = "toy", .summary = "A toy", .options = toy_global, .commands = toy_commands};

#endif
