/* A second client beside the store: a run in its first step, and statements that are refused or
 * accepted. */
#ifndef WSFSM_TEST_STORE_CLIENT_H
#define WSFSM_TEST_STORE_CLIENT_H

#include "fixture.h"

static sqlite3 *client;

static inline void setup_client(void)
{
    setup();
    ok(take("r1", ARM_START));
    client = stock_client();
}

static inline void teardown_client(void)
{
    sqlite3_close(client);
    teardown();
}

static inline void expect_refused(const char *sql, const char *reason)
{
    char *message = NULL;
    int rc = sqlite3_exec(client, sql, NULL, NULL, &message);

    ck_assert_msg(rc != SQLITE_OK, "accepted: %s", sql);
    ck_assert_msg(strstr(message, reason) != NULL, "%s: %s", sql, message);
    sqlite3_free(message);
}

static inline void expect_accepted(const char *sql)
{
    char *message = NULL;

    ck_assert_msg(sqlite3_exec(client, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql,
                  message);
}

#endif
