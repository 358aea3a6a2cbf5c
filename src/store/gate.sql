-- The gate of the database: triggers that refuse what may not happen, from any client and whatever its
-- pragmas are (foreign_keys, recursive_triggers, ignore_check_constraints).
--
-- Three rules the gate is made of:
--   * REPLACE runs no delete trigger, so every BEFORE INSERT looks whether the row is there already. Tables with a
--     text key have no rowid that could be replaced instead; a numbered row takes the next number or none
--     (NEW.id is -1 when the statement gives none).
--   * UPDATE and DELETE triggers call no application function: a stock client is refused with a reason in words.
--   * INSERT into transitions, evidence and ledger calls only_wsfsm_may_append_history(): in a stock client such a
--     statement does not even compile.

-- The gate: transitions

CREATE TRIGGER transitions_gate BEFORE INSERT ON transitions BEGIN
    SELECT RAISE(ABORT, 'wsfsm: history is append-only: this row is already there')
    WHERE EXISTS(SELECT 1 FROM transitions WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND seq = NEW.seq);
    SELECT RAISE(ABORT, 'wsfsm: no such workstream in this run')
    WHERE NOT EXISTS(SELECT 1 FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: stale fence: another orchestrator holds this workstream')
    WHERE NEW.fence IS NOT (SELECT fence FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: seq is not the next one')
    WHERE NEW.seq IS NOT 1 + coalesce((SELECT max(seq) FROM transitions
                                       WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id), 0);
    SELECT RAISE(ABORT, 'wsfsm: from_state is not the current state')
    WHERE NEW.from_state IS NOT coalesce(
        (SELECT to_state FROM transitions
         WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND seq = NEW.seq - 1),
        (SELECT initial_state FROM machines JOIN workstreams ON digest = machine_digest
         WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id));
    SELECT RAISE(ABORT, 'wsfsm: the machine has no such arm')
    WHERE NOT EXISTS(SELECT 1 FROM workstreams w JOIN machine_arms a ON a.digest = w.machine_digest
                     WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND a.arm = NEW.arm
                       AND a.from_state = NEW.from_state AND a.event = NEW.event AND a.to_state = NEW.to_state);
    SELECT RAISE(ABORT, 'wsfsm: the guard of this arm was not asked, or its answer forbids the arm')
    WHERE EXISTS(SELECT 1 FROM workstreams w JOIN machine_arms a ON a.digest = w.machine_digest
                 WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND a.arm = NEW.arm
                   AND a.guard IS NOT NULL
                   AND (NEW.guard IS NOT a.guard OR NEW.guard_answer IS NOT 1 - a.guard_negated));
    SELECT RAISE(ABORT, 'wsfsm: an arm without a guard is taken when the guards before it have refused')
    WHERE EXISTS(SELECT 1 FROM workstreams w JOIN machine_arms a ON a.digest = w.machine_digest
                 WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND a.arm = NEW.arm
                   AND a.guard IS NULL)
      AND (NEW.guard, NEW.guard_answer) IS NOT (
        SELECT a.guard, a.guard_negated
        FROM workstreams w JOIN machine_states s ON s.digest = w.machine_digest AND s.name = NEW.from_state
        JOIN machine_arms a ON a.digest = w.machine_digest AND a.arm BETWEEN s.first_arm AND NEW.arm - 1
        WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND a.event = NEW.event AND a.guard IS NOT NULL
        ORDER BY a.arm DESC LIMIT 1);
    SELECT RAISE(ABORT, 'wsfsm: the bound of this arm is spent')
    WHERE EXISTS(SELECT 1 FROM workstreams w JOIN machine_arms a ON a.digest = w.machine_digest
                 WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND a.arm = NEW.arm
                   AND a.max_taken IS NOT NULL
                   AND a.max_taken <= (SELECT count(*) FROM transitions t
                                       WHERE t.run_id = NEW.run_id AND t.ws_id = NEW.ws_id AND t.arm = a.arm));
    SELECT RAISE(ABORT, 'wsfsm: the bound of the arm before this one is not spent yet')
    WHERE EXISTS(SELECT 1 FROM workstreams w JOIN machine_arms a ON a.digest = w.machine_digest
                 JOIN machine_arms b ON b.digest = a.digest AND b.arm = a.spent_of
                 WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND a.arm = NEW.arm
                   AND b.max_taken > (SELECT count(*) FROM transitions t
                                      WHERE t.run_id = NEW.run_id AND t.ws_id = NEW.ws_id AND t.arm = b.arm));
    SELECT RAISE(ABORT, 'wsfsm: a transition ends the attempt in progress, and no other')
    WHERE NEW.attempt_id IS NOT (SELECT attempt_id FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: at is no UTC time, or before the time of the last transition')
    WHERE NEW.at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9].[0-9][0-9][0-9]Z'
       OR NEW.at < (SELECT at FROM transitions
                    WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND seq = NEW.seq - 1);
    SELECT RAISE(ABORT, 'wsfsm: the deadline does not follow from the state entered')
    WHERE EXISTS(SELECT 1 FROM workstreams w JOIN machine_states s ON s.digest = w.machine_digest
                 WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND s.name = NEW.to_state
                   AND ((s.timeout_sec > 0) IS NOT (NEW.deadline IS NOT NULL) OR NEW.deadline <= NEW.at));
    SELECT RAISE(ABORT, 'wsfsm: prev_hash is not the hash of the last transition')
    WHERE NEW.prev_hash IS NOT (SELECT hash FROM transitions
                                WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND seq = NEW.seq - 1);
    SELECT RAISE(ABORT, 'wsfsm: hash does not cover this row')
    WHERE NEW.hash IS NOT only_wsfsm_may_append_history(
        'transition', NEW.prev_hash, NEW.run_id, NEW.ws_id, NEW.seq,
        (SELECT machine_digest FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id),
        NEW.arm, NEW.from_state, NEW.event, NEW.to_state, NEW.guard, NEW.guard_answer, NEW.at, NEW.deadline,
        NEW.tree_oid, NEW.facts_json, NEW.attempt_id, NEW.fence,
        (SELECT hash FROM evidence WHERE attempt_id = NEW.attempt_id ORDER BY ordinal DESC LIMIT 1));
END;

-- The workstream's status is the last to_state, and the attempt is over: by the database itself, so that nobody can
-- forget it.
CREATE TRIGGER transitions_move AFTER INSERT ON transitions BEGIN
    UPDATE workstreams SET status = NEW.to_state, attempt_id = NULL, updated_at = NEW.at
    WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id;
END;

CREATE TRIGGER transitions_no_update BEFORE UPDATE ON transitions
BEGIN SELECT RAISE(ABORT, 'wsfsm: history is append-only: a transition is never changed'); END;
CREATE TRIGGER transitions_no_delete BEFORE DELETE ON transitions
BEGIN SELECT RAISE(ABORT, 'wsfsm: history is append-only: a transition is never deleted'); END;

-- The gate: evidence

CREATE TRIGGER evidence_gate BEFORE INSERT ON evidence BEGIN
    SELECT RAISE(ABORT, 'wsfsm: history is append-only: evidence takes the next id')
    WHERE NEW.id <> -1 AND NEW.id IS NOT 1 + coalesce((SELECT max(id) FROM evidence), 0);
    SELECT RAISE(ABORT, 'wsfsm: evidence belongs to an attempt in progress')
    WHERE NOT EXISTS(SELECT 1 FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id
                       AND attempt_id = NEW.attempt_id);
    SELECT RAISE(ABORT, 'wsfsm: a dry run leaves no evidence')
    WHERE EXISTS(SELECT 1 FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND dry_run = 1);
    SELECT RAISE(ABORT, 'wsfsm: ordinal is not the next one')
    WHERE NEW.ordinal IS NOT 1 + coalesce((SELECT max(ordinal) FROM evidence WHERE attempt_id = NEW.attempt_id), 0);
    SELECT RAISE(ABORT, 'wsfsm: hash does not cover this row')
    WHERE NEW.hash IS NOT only_wsfsm_may_append_history(
        'evidence', (SELECT hash FROM evidence WHERE attempt_id = NEW.attempt_id ORDER BY ordinal DESC LIMIT 1),
        NEW.run_id, NEW.ws_id, NEW.attempt_id, NEW.ordinal, NEW.kind, NEW.command, NEW.verdict, NEW.tree_oid);
END;
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'wsfsm: history is append-only: evidence is never changed'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'wsfsm: history is append-only: evidence is never deleted'); END;

-- The gate: ledger

CREATE TRIGGER ledger_gate BEFORE INSERT ON ledger BEGIN
    SELECT RAISE(ABORT, 'wsfsm: the ledger is append-only: an entry takes the next n')
    WHERE NEW.n IS NOT 1 + coalesce((SELECT max(n) FROM ledger), 0);
    SELECT RAISE(ABORT, 'wsfsm: the ledger is append-only: this workstream has its entry')
    WHERE EXISTS(SELECT 1 FROM ledger WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: a ledger entry needs a finished workstream that was no dry run')
    WHERE NOT EXISTS(SELECT 1 FROM workstreams w
                     JOIN machine_states s ON s.digest = w.machine_digest AND s.name = w.status
                     WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND w.dry_run = 0
                       AND s.kind = 'final' AND s.name = NEW.final_state AND s.outcome = NEW.outcome);
    SELECT RAISE(ABORT, 'wsfsm: chain_head is not the last transition of the workstream')
    WHERE NOT EXISTS(SELECT 1 FROM transitions
                     WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND seq = NEW.last_seq
                       AND hash = NEW.chain_head AND to_state = NEW.final_state)
       OR EXISTS(SELECT 1 FROM transitions
                 WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id AND seq > NEW.last_seq);
    SELECT RAISE(ABORT, 'wsfsm: prev_hash is not the hash of the last entry')
    WHERE NEW.prev_hash IS NOT (SELECT hash FROM ledger WHERE n = NEW.n - 1);
    SELECT RAISE(ABORT, 'wsfsm: hash does not cover this row')
    WHERE NEW.hash IS NOT only_wsfsm_may_append_history(
        'ledger', NEW.prev_hash, NEW.n, NEW.run_id, NEW.ws_id, NEW.final_state, NEW.outcome, NEW.last_seq,
        NEW.chain_head, NEW.commit_oid);
END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'wsfsm: the ledger is append-only: an entry is never changed'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'wsfsm: the ledger is append-only: an entry is never deleted'); END;

-- The gate: events

CREATE TRIGGER events_gate BEFORE INSERT ON events BEGIN
    SELECT RAISE(ABORT, 'wsfsm: events are append-only: an event takes the next id')
    WHERE NEW.id <> -1 AND NEW.id IS NOT 1 + coalesce((SELECT max(id) FROM events), 0);
    SELECT RAISE(ABORT, 'wsfsm: no such workstream in this run')
    WHERE NOT EXISTS(SELECT 1 FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'wsfsm: events are append-only: an event is never changed'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'wsfsm: events are append-only: an event is never deleted'); END;

-- The gate: attempts

CREATE TRIGGER step_attempts_gate BEFORE INSERT ON step_attempts BEGIN
    SELECT RAISE(ABORT, 'wsfsm: attempts are append-only: an attempt takes the next id')
    WHERE NEW.id <> -1 AND NEW.id IS NOT 1 + coalesce((SELECT max(id) FROM step_attempts), 0);
    SELECT RAISE(ABORT, 'wsfsm: an attempt begins in progress')
    WHERE NEW.status IS NOT 'in_progress' OR NEW.completed_at IS NOT NULL OR NEW.result_json IS NOT NULL;
    SELECT RAISE(ABORT, 'wsfsm: stale fence: another orchestrator holds this workstream')
    WHERE NEW.fence IS NOT (SELECT fence FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: an attempt needs a workstream in a state that does something')
    WHERE NOT EXISTS(SELECT 1 FROM workstreams w
                     JOIN machine_states s ON s.digest = w.machine_digest AND s.name = w.status
                     WHERE w.run_id = NEW.run_id AND w.ws_id = NEW.ws_id AND s.kind = 'step');
    SELECT RAISE(ABORT, 'wsfsm: an attempt of this workstream is in progress')
    WHERE EXISTS(SELECT 1 FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id
                   AND attempt_id IS NOT NULL)
       OR EXISTS(SELECT 1 FROM transitions t JOIN step_attempts a ON a.id = t.attempt_id
                 WHERE t.run_id = NEW.run_id AND t.ws_id = NEW.ws_id AND a.status = 'in_progress'
                   AND t.seq = (SELECT max(seq) FROM transitions WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id));
    SELECT RAISE(ABORT, 'wsfsm: number is not the next one of this step')
    WHERE NEW.number IS NOT 1 + coalesce((SELECT a.number FROM transitions t
                                          CROSS JOIN step_attempts a ON a.id = t.attempt_id
                                          WHERE t.run_id = NEW.run_id AND t.ws_id = NEW.ws_id
                                            AND a.step_name = NEW.step_name
                                          ORDER BY t.seq DESC LIMIT 1), 0);
END;

CREATE TRIGGER step_attempts_begin AFTER INSERT ON step_attempts BEGIN
    UPDATE workstreams SET attempt_id = NEW.id WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id;
END;

CREATE TRIGGER step_attempts_end BEFORE UPDATE ON step_attempts BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a finished attempt is never changed')
    WHERE OLD.status IS NOT 'in_progress';
    SELECT RAISE(ABORT, 'wsfsm: an attempt keeps its identity')
    WHERE NEW.id IS NOT OLD.id OR NEW.run_id IS NOT OLD.run_id OR NEW.ws_id IS NOT OLD.ws_id
       OR NEW.step_name IS NOT OLD.step_name OR NEW.number IS NOT OLD.number
       OR NEW.started_at IS NOT OLD.started_at
       OR (OLD.start_tree IS NOT NULL AND NEW.start_tree IS NOT OLD.start_tree);
    SELECT RAISE(ABORT, 'wsfsm: stale fence: another orchestrator holds this workstream')
    WHERE NEW.fence IS NOT (SELECT fence FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: an attempt ends by a transition')
    WHERE NEW.status IS NOT 'in_progress'
      AND NEW.id IS NOT (SELECT attempt_id FROM transitions WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id
                         ORDER BY seq DESC LIMIT 1);
    SELECT RAISE(ABORT, 'wsfsm: an attempt has a result when it is finished, and not before')
    WHERE (NEW.status IS 'in_progress') IS NOT (NEW.completed_at IS NULL)
       OR (NEW.status IS 'in_progress') IS NOT (NEW.result_json IS NULL);
END;
CREATE TRIGGER step_attempts_no_delete BEFORE DELETE ON step_attempts
BEGIN SELECT RAISE(ABORT, 'wsfsm: attempts are kept'); END;

-- The gate: workstreams

CREATE TRIGGER workstreams_gate BEFORE INSERT ON workstreams BEGIN
    SELECT RAISE(ABORT, 'wsfsm: this run has that workstream already')
    WHERE EXISTS(SELECT 1 FROM workstreams WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id);
    SELECT RAISE(ABORT, 'wsfsm: a workstream belongs to a run that is not finished')
    WHERE NOT EXISTS(SELECT 1 FROM runs WHERE run_id = NEW.run_id AND status IN ('pending', 'running'));
    SELECT RAISE(ABORT, 'wsfsm: a workstream is pinned to a machine that is stored in full')
    WHERE NOT EXISTS(SELECT 1 FROM machines m WHERE m.digest = NEW.machine_digest
                       AND m.state_count = (SELECT count(*) FROM machine_states s WHERE s.digest = m.digest)
                       AND m.arm_count = (SELECT count(*) FROM machine_arms a WHERE a.digest = m.digest));
    SELECT RAISE(ABORT, 'wsfsm: a workstream begins in the initial state of its machine')
    WHERE NEW.attempt_id IS NOT NULL
       OR NEW.status IS NOT (SELECT initial_state FROM machines WHERE digest = NEW.machine_digest);
END;

CREATE TRIGGER workstreams_follow BEFORE UPDATE ON workstreams BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a workstream keeps its identity and its machine')
    WHERE NEW.run_id IS NOT OLD.run_id OR NEW.ws_id IS NOT OLD.ws_id OR NEW.depends_on IS NOT OLD.depends_on
       OR NEW.created_at IS NOT OLD.created_at OR NEW.metadata_json IS NOT OLD.metadata_json
       OR NEW.machine_digest IS NOT OLD.machine_digest OR NEW.dry_run IS NOT OLD.dry_run;
    SELECT RAISE(ABORT, 'wsfsm: a fence only grows')
    WHERE NEW.fence < OLD.fence;
    SELECT RAISE(ABORT, 'wsfsm: attempt_id is the attempt in progress, and nothing else')
    WHERE NEW.attempt_id IS NOT OLD.attempt_id
      AND CASE WHEN NEW.attempt_id IS NULL
          THEN OLD.attempt_id IS NOT (SELECT attempt_id FROM transitions WHERE run_id = NEW.run_id
                                        AND ws_id = NEW.ws_id ORDER BY seq DESC LIMIT 1)
          ELSE OLD.attempt_id IS NOT NULL
            OR NOT EXISTS(SELECT 1 FROM step_attempts WHERE id = NEW.attempt_id AND run_id = NEW.run_id
                            AND ws_id = NEW.ws_id AND status = 'in_progress') END;
    SELECT RAISE(ABORT, 'wsfsm: status is the to_state of the last transition, and nothing else')
    WHERE NEW.status IS NOT OLD.status
      AND NEW.status IS NOT (SELECT to_state FROM transitions WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id
                             ORDER BY seq DESC LIMIT 1);
END;
CREATE TRIGGER workstreams_no_delete BEFORE DELETE ON workstreams
BEGIN SELECT RAISE(ABORT, 'wsfsm: workstreams are kept'); END;

-- The gate: runs

CREATE TRIGGER runs_gate BEFORE INSERT ON runs BEGIN
    SELECT RAISE(ABORT, 'wsfsm: there is a run of that id already')
    WHERE EXISTS(SELECT 1 FROM runs WHERE run_id = NEW.run_id);
    SELECT RAISE(ABORT, 'wsfsm: a run begins as pending')
    WHERE NEW.status IS NOT 'pending';
END;

CREATE TRIGGER runs_follow BEFORE UPDATE ON runs BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a run keeps its identity and what it was started with')
    WHERE NEW.run_id IS NOT OLD.run_id OR NEW.created_at IS NOT OLD.created_at
       OR NEW.metadata_json IS NOT OLD.metadata_json;
    SELECT RAISE(ABORT, 'wsfsm: the status of a run never goes back')
    WHERE NEW.status IS NOT OLD.status
      AND (OLD.status NOT IN ('pending', 'running') OR NEW.status NOT IN ('running', 'completed', 'failed', 'partial'));
    SELECT RAISE(ABORT, 'wsfsm: a run is running once one of its workstreams has moved')
    WHERE NEW.status IS NOT OLD.status
      AND NOT EXISTS(SELECT 1 FROM transitions WHERE run_id = NEW.run_id);
    SELECT RAISE(ABORT, 'wsfsm: a run ends when all its workstreams have ended, and with their outcome')
    WHERE NEW.status IS NOT OLD.status AND NEW.status IN ('completed', 'failed', 'partial')
      AND NOT EXISTS(
        SELECT 1 FROM workstreams w LEFT JOIN machine_states s ON s.digest = w.machine_digest AND s.name = w.status
        WHERE w.run_id = NEW.run_id
        GROUP BY w.run_id
        HAVING count(*) = count(s.outcome)
           AND (NEW.status <> 'completed' OR sum(s.outcome = 'success') = count(*))
           AND (NEW.status <> 'failed' OR sum(s.outcome = 'success') < count(*))
           AND (NEW.status <> 'partial' OR (sum(s.outcome = 'success') > 0 AND sum(s.outcome = 'success') < count(*))));
    SELECT RAISE(ABORT, 'wsfsm: a run ends when the ledger has its workstreams')
    WHERE NEW.status IS NOT OLD.status AND NEW.status IN ('completed', 'failed', 'partial')
      AND EXISTS(SELECT 1 FROM workstreams w WHERE w.run_id = NEW.run_id AND w.dry_run = 0
                   AND NOT EXISTS(SELECT 1 FROM ledger l WHERE l.run_id = w.run_id AND l.ws_id = w.ws_id));
END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
BEGIN SELECT RAISE(ABORT, 'wsfsm: runs are kept'); END;

-- The gate: machines. A machine says how many rows it has, and a workstream is pinned only to one that has them all:
-- from then on there is no free place in it.

CREATE TRIGGER machines_gate BEFORE INSERT ON machines BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a stored machine is never changed')
    WHERE EXISTS(SELECT 1 FROM machines WHERE digest = NEW.digest);
END;
CREATE TRIGGER machines_no_update BEFORE UPDATE ON machines
BEGIN SELECT RAISE(ABORT, 'wsfsm: a stored machine is never changed'); END;
CREATE TRIGGER machines_no_delete BEFORE DELETE ON machines
BEGIN SELECT RAISE(ABORT, 'wsfsm: a stored machine is never deleted'); END;

CREATE TRIGGER machine_states_gate BEFORE INSERT ON machine_states BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a stored machine is never changed')
    WHERE EXISTS(SELECT 1 FROM machine_states WHERE digest = NEW.digest AND (name = NEW.name OR position = NEW.position));
    SELECT RAISE(ABORT, 'wsfsm: a stored machine is sealed')
    WHERE NEW.position < 0 OR NEW.position >= coalesce((SELECT state_count FROM machines WHERE digest = NEW.digest), 0);
END;
CREATE TRIGGER machine_states_no_update BEFORE UPDATE ON machine_states
BEGIN SELECT RAISE(ABORT, 'wsfsm: a stored machine is never changed'); END;
CREATE TRIGGER machine_states_no_delete BEFORE DELETE ON machine_states
BEGIN SELECT RAISE(ABORT, 'wsfsm: a stored machine is never deleted'); END;

CREATE TRIGGER machine_arms_gate BEFORE INSERT ON machine_arms BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a stored machine is never changed')
    WHERE EXISTS(SELECT 1 FROM machine_arms WHERE digest = NEW.digest AND arm = NEW.arm);
    SELECT RAISE(ABORT, 'wsfsm: a stored machine is sealed')
    WHERE NEW.arm < 0 OR NEW.arm >= coalesce((SELECT arm_count FROM machines WHERE digest = NEW.digest), 0);
END;
CREATE TRIGGER machine_arms_no_update BEFORE UPDATE ON machine_arms
BEGIN SELECT RAISE(ABORT, 'wsfsm: a stored machine is never changed'); END;
CREATE TRIGGER machine_arms_no_delete BEFORE DELETE ON machine_arms
BEGIN SELECT RAISE(ABORT, 'wsfsm: a stored machine is never deleted'); END;

-- The gate: errors and meta

CREATE TRIGGER errors_gate BEFORE INSERT ON errors BEGIN
    SELECT RAISE(ABORT, 'wsfsm: errors are kept: a repeated one raises its count')
    WHERE EXISTS(SELECT 1 FROM errors WHERE run_id = NEW.run_id AND ws_id = NEW.ws_id
                   AND step_name = NEW.step_name AND signature = NEW.signature)
       OR (NEW.id <> -1 AND NEW.id IS NOT 1 + coalesce((SELECT max(id) FROM errors), 0));
END;
CREATE TRIGGER errors_repeat BEFORE UPDATE ON errors BEGIN
    SELECT RAISE(ABORT, 'wsfsm: an error keeps its identity; its count grows by one')
    WHERE NEW.id IS NOT OLD.id OR NEW.run_id IS NOT OLD.run_id OR NEW.ws_id IS NOT OLD.ws_id
       OR NEW.step_name IS NOT OLD.step_name OR NEW.error_code IS NOT OLD.error_code
       OR NEW.signature IS NOT OLD.signature OR NEW.first_seen_at IS NOT OLD.first_seen_at
       OR NEW.count IS NOT OLD.count + 1 OR NEW.last_seen_at < OLD.last_seen_at;
END;
CREATE TRIGGER errors_no_delete BEFORE DELETE ON errors
BEGIN SELECT RAISE(ABORT, 'wsfsm: errors are kept'); END;

CREATE TRIGGER meta_gate BEFORE INSERT ON meta BEGIN
    SELECT RAISE(ABORT, 'wsfsm: a database keeps its identity')
    WHERE EXISTS(SELECT 1 FROM meta WHERE key = NEW.key);
END;
CREATE TRIGGER meta_no_update BEFORE UPDATE ON meta WHEN OLD.value <> '' OR NEW.key IS NOT OLD.key
BEGIN SELECT RAISE(ABORT, 'wsfsm: a database keeps its identity'); END;
CREATE TRIGGER meta_no_delete BEFORE DELETE ON meta
BEGIN SELECT RAISE(ABORT, 'wsfsm: a database keeps its identity'); END;
