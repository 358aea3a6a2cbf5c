#include "statements.h"

/* What runs.c reads of a run. The metadata is long: a list of runs goes without. */
#define RUN(metadata)                                                                              \
    "SELECT r.run_id, w.ws_id, r.status, w.status, w.machine_digest, r.created_at, "               \
    "w.updated_at, " metadata ", w.fence, w.dry_run, "                                             \
    "coalesce((SELECT max(seq) FROM transitions t "                                                \
    "WHERE t.run_id = w.run_id AND t.ws_id = w.ws_id), 0), "                                       \
    "coalesce((SELECT kind = 'final' FROM machine_states m "                                       \
    "WHERE m.digest = w.machine_digest AND m.name = w.status), 0) AS final "
#define OF_WORKSTREAM                                                                              \
    RUN("NULL")                                                                                    \
    "FROM workstreams w CROSS JOIN runs r USING(run_id) WHERE w.ws_id = ?1 "                       \
    "ORDER BY w.created_at DESC, w.run_id DESC "

const char *const ws_stmt_sql[WS_STMT_COUNT] = {
    [WS_STMT_BEGIN] = "BEGIN IMMEDIATE",
    [WS_STMT_COMMIT] = "COMMIT",
    [WS_STMT_ROLLBACK] = "ROLLBACK",
    [WS_STMT_META] = "SELECT value FROM meta WHERE key = ?1",
    [WS_STMT_META_SET_REPO] = "UPDATE meta SET value = ?1 WHERE key = 'repo_id' AND value = ''",

    [WS_STMT_RUN_INSERT] =
        "INSERT INTO runs(run_id, status, created_at, updated_at, metadata_json) "
        "VALUES(?1, 'pending', ?2, ?2, CASE WHEN ?4 THEN json_set(?3, '$.dry_run', json('true')) "
        "ELSE ?3 END)",
    [WS_STMT_RUN_EXISTS] = "SELECT 1 FROM runs WHERE run_id = ?1",
    [WS_STMT_RUN_FOLLOW] =
        "UPDATE runs SET status = now.status, updated_at = ?2 FROM ("
        "SELECT CASE WHEN count(s.outcome) < count(*) THEN 'running' "
        "WHEN sum(s.outcome = 'success') = count(*) THEN 'completed' "
        "WHEN sum(s.outcome = 'success') = 0 THEN 'failed' ELSE 'partial' END AS status "
        "FROM workstreams w LEFT JOIN machine_states s ON s.digest = w.machine_digest AND s.name = "
        "w.status "
        "WHERE w.run_id = ?1) AS now WHERE run_id = ?1 AND runs.status <> now.status",
    [WS_STMT_WORKSTREAM_INSERT] =
        "INSERT INTO workstreams(run_id, ws_id, status, depends_on, created_at, updated_at, "
        "metadata_json, machine_digest, fence, dry_run) VALUES(?1, ?2, ?3, ?4, ?5, ?5, '{}', ?6, "
        "1, ?7)",
    [WS_STMT_LEASE] = "UPDATE workstreams SET fence = fence + 1, updated_at = ?3 "
                      "WHERE run_id = ?1 AND ws_id = ?2 RETURNING fence",
    [WS_STMT_FENCE] = "SELECT fence, dry_run FROM workstreams WHERE run_id = ?1 AND ws_id = ?2",
    [WS_STMT_RUNS] = RUN("NULL") "FROM workstreams w CROSS JOIN runs r USING(run_id) "
                                 "ORDER BY r.created_at DESC, r.run_id DESC, w.ws_id",
    [WS_STMT_RUNS_OF_RUN] =
        RUN("r.metadata_json") "FROM runs r CROSS JOIN workstreams w USING(run_id) "
                               "WHERE r.run_id = ?1 AND (?2 IS NULL OR w.ws_id = ?2) "
                               "ORDER BY w.ws_id",
    [WS_STMT_RUNS_OF_WORKSTREAM] = OF_WORKSTREAM,
    [WS_STMT_RUNS_UNFINISHED] =
        RUN("r.metadata_json") "FROM runs r CROSS JOIN workstreams w USING(run_id) "
                               "WHERE r.status IN ('pending', 'running') AND w.dry_run = 0 "
                               "AND NOT final ORDER BY r.run_id",
    [WS_STMT_NEWEST_RUN] = OF_WORKSTREAM "LIMIT 1",
    [WS_STMT_RUN_COUNT] = "SELECT count(*) FROM workstreams WHERE ws_id = ?1",
    [WS_STMT_ENDED_WELL] = "SELECT 1 FROM ledger WHERE ws_id = ?1 AND outcome = 'success' LIMIT 1",

    [WS_STMT_MACHINE] = "SELECT name, initial_state, outcomes, events, state_count, arm_count "
                        "FROM machines WHERE digest = ?1",
    [WS_STMT_MACHINE_INSERT] =
        "INSERT INTO machines(digest, name, initial_state, outcomes, events, "
        "state_count, arm_count, created_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [WS_STMT_STATES] =
        "SELECT name, kind, outcome, handler, tools, timeout_sec, first_arm, arm_count, doc, line "
        "FROM machine_states WHERE digest = ?1 ORDER BY position",
    [WS_STMT_STATE_INSERT] = "INSERT INTO machine_states(digest, position, name, kind, outcome, "
                             "handler, tools, timeout_sec, "
                             "first_arm, arm_count, doc, line) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                             "?8, ?9, ?10, ?11, ?12)",
    [WS_STMT_ARMS] =
        "SELECT from_state, event, to_state, guard, guard_negated, max_taken, spent_of, line "
        "FROM machine_arms WHERE digest = ?1 ORDER BY arm",
    [WS_STMT_ARM_INSERT] =
        "INSERT INTO machine_arms(digest, arm, from_state, event, to_state, guard, "
        "guard_negated, max_taken, spent_of, line) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",

    [WS_STMT_POSITION] =
        "SELECT w.status, coalesce(t.seq, 0), t.hash, t.at, t.deadline, coalesce(a.id, 0), "
        "a.step_name, a.number "
        "FROM workstreams w "
        "LEFT JOIN transitions t ON t.run_id = w.run_id AND t.ws_id = w.ws_id AND t.seq = "
        "(SELECT max(seq) FROM transitions WHERE run_id = ?1 AND ws_id = ?2) "
        "LEFT JOIN step_attempts a ON a.id = w.attempt_id "
        "WHERE w.run_id = ?1 AND w.ws_id = ?2",
    [WS_STMT_LAST_FACTS] = "SELECT facts_json FROM transitions WHERE run_id = ?1 AND ws_id = ?2 "
                           "AND facts_json IS NOT NULL ORDER BY seq DESC LIMIT 1",
    [WS_STMT_TAKEN] =
        "SELECT count(*) FROM transitions WHERE run_id = ?1 AND ws_id = ?2 AND arm = ?3",

    [WS_STMT_LAST] =
        "SELECT w.machine_digest, w.dry_run, t.seq, t.hash, t.at FROM workstreams w "
        "LEFT JOIN transitions t ON t.run_id = w.run_id AND t.ws_id = w.ws_id AND t.seq = "
        "(SELECT max(seq) FROM transitions WHERE run_id = ?1 AND ws_id = ?2) "
        "WHERE w.run_id = ?1 AND w.ws_id = ?2",
    [WS_STMT_TRANSITION_INSERT] =
        "INSERT INTO transitions(run_id, ws_id, seq, from_state, event, to_state, guard, "
        "guard_answer, arm, at, "
        "deadline, tree_oid, facts_json, attempt_id, fence, prev_hash, hash) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    [WS_STMT_ATTEMPT_INSERT] =
        "INSERT INTO step_attempts(run_id, ws_id, step_name, number, status, started_at, fence) "
        "VALUES(?1, ?2, ?3, 1 + coalesce((SELECT a.number FROM transitions t "
        "CROSS JOIN step_attempts a ON a.id = t.attempt_id WHERE t.run_id = ?1 AND t.ws_id = ?2 "
        "AND a.step_name = ?3 ORDER BY t.seq DESC LIMIT 1), 0), 'in_progress', ?4, ?5) "
        "RETURNING id, number",
    [WS_STMT_ATTEMPT_END] =
        "UPDATE step_attempts SET status = ?2, completed_at = ?3, result_json = ?4, "
        "fence = ?5 WHERE id = ?1",
    [WS_STMT_ATTEMPT_START] = "UPDATE step_attempts SET start_tree = ?3, fence = ?2 WHERE id = ?1",
    [WS_STMT_EVIDENCE_INSERT] = "INSERT INTO evidence(run_id, ws_id, attempt_id, ordinal, kind, "
                                "command, verdict, tree_oid, hash) "
                                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [WS_STMT_LEDGER_LAST] = "SELECT n, hash FROM ledger ORDER BY n DESC LIMIT 1",
    [WS_STMT_LEDGER_INSERT] = "INSERT INTO ledger(n, run_id, ws_id, final_state, outcome, "
                              "last_seq, chain_head, commit_oid, "
                              "prev_hash, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",

    [WS_STMT_EVENT_INSERT] =
        "INSERT INTO events(timestamp, run_id, ws_id, event_type, payload_json) "
        "VALUES(?1, ?2, ?3, ?4, ?5)",
    [WS_STMT_ERROR_REPEAT] =
        "UPDATE errors SET count = count + 1, message = ?5, context_json = ?6, "
        "last_seen_at = max(last_seen_at, ?7) "
        "WHERE run_id = ?1 AND ws_id = ?2 AND step_name = ?3 AND signature = ?4",
    [WS_STMT_ERROR_INSERT] =
        "INSERT INTO errors(run_id, ws_id, step_name, signature, message, context_json, "
        "first_seen_at, "
        "last_seen_at, error_code, count) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, 1)",
    [WS_STMT_EFFECT_INSERT] =
        "INSERT INTO effects(run_id, ws_id, effect_json, created_at) VALUES(?1, ?2, ?3, ?4)",
    [WS_STMT_EFFECT_DELETE] = "DELETE FROM effects WHERE id = ?1",
    [WS_STMT_EFFECTS] = "SELECT id, run_id, ws_id, effect_json FROM effects ORDER BY id",

    [WS_STMT_HISTORY] = "SELECT run_id, ws_id, seq, from_state, event, to_state, arm, guard, "
                        "guard_answer, at, deadline, "
                        "tree_oid, facts_json, attempt_id, fence, prev_hash, hash FROM transitions "
                        "WHERE run_id = ?1 AND ws_id = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4",
    [WS_STMT_ATTEMPTS] =
        "SELECT a.id, a.run_id, a.ws_id, a.step_name, a.status, a.started_at, a.completed_at, "
        "a.result_json, "
        "a.start_tree, a.number FROM step_attempts a JOIN ("
        "SELECT attempt_id FROM transitions WHERE run_id = ?1 AND (?2 IS NULL OR ws_id = ?2) "
        "UNION SELECT attempt_id FROM workstreams WHERE run_id = ?1 AND (?2 IS NULL OR ws_id = ?2)"
        ") t ON a.id = t.attempt_id ORDER BY a.id",
    [WS_STMT_ATTEMPT] =
        "SELECT id, run_id, ws_id, step_name, status, started_at, completed_at, result_json, "
        "start_tree, number FROM step_attempts WHERE id = ?1",
    [WS_STMT_ATTEMPT_BEGUN_BY] =
        "SELECT coalesce((SELECT (SELECT max(seq) FROM transitions WHERE run_id = ?1 AND ws_id = "
        "?2) "
        "FROM workstreams WHERE run_id = ?1 AND ws_id = ?2 AND attempt_id = ?3), "
        "(SELECT seq - 1 FROM transitions WHERE run_id = ?1 AND ws_id = ?2 AND attempt_id = ?3 "
        "ORDER BY seq DESC LIMIT 1), 0)",
    [WS_STMT_LAST_ATTEMPTS] =
        "SELECT a.id, a.run_id, a.ws_id, a.step_name, a.status, a.started_at, a.completed_at, "
        "a.result_json, a.start_tree, a.number FROM step_attempts a JOIN ("
        "SELECT min(x.id) AS first, max(x.id) AS last FROM step_attempts x JOIN ("
        "SELECT attempt_id FROM transitions WHERE run_id = ?1 AND ws_id = ?2 "
        "UNION SELECT attempt_id FROM workstreams WHERE run_id = ?1 AND ws_id = ?2"
        ") t ON x.id = t.attempt_id GROUP BY x.step_name"
        ") g ON a.id = g.last ORDER BY g.first",
    [WS_STMT_EVIDENCE] = "SELECT ordinal, kind, command, verdict, tree_oid FROM evidence "
                         "WHERE attempt_id = ?1 ORDER BY ordinal LIMIT ?2",
    [WS_STMT_ERRORS] = "SELECT step_name, error_code, message, count, first_seen_at, last_seen_at "
                       "FROM errors WHERE run_id = ?1 AND ws_id = ?2 ORDER BY id LIMIT ?3",
    [WS_STMT_EVENTS] = "SELECT id, timestamp, run_id, ws_id, event_type, payload_json FROM events "
                       "WHERE run_id = ?1 AND (?2 IS NULL OR ws_id = ?2) ORDER BY id",
    [WS_STMT_LAST_EVENTS] =
        "SELECT * FROM (SELECT id, timestamp, run_id, ws_id, event_type, payload_json FROM events "
        "WHERE run_id = ?1 AND ws_id = ?2 ORDER BY id DESC LIMIT ?3) ORDER BY id",
    [WS_STMT_LEDGER] = "SELECT n, run_id, ws_id, final_state, outcome, last_seq, chain_head, "
                       "commit_oid, prev_hash, "
                       "hash FROM ledger WHERE ?1 IS NULL OR run_id = ?1 ORDER BY n",
};
