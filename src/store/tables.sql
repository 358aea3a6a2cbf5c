-- The tables of the database. What may be written to them is said in gate.sql.

CREATE TABLE meta(
    key TEXT NOT NULL PRIMARY KEY CHECK(key IN ('database_id', 'repo_id')),
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Machines, as data. Lists are words with a blank between them; no name has one.
CREATE TABLE machines(
    digest TEXT NOT NULL PRIMARY KEY CHECK(length(digest) = 64),
    name TEXT NOT NULL,
    initial_state TEXT NOT NULL,
    outcomes TEXT NOT NULL,
    events TEXT NOT NULL,
    state_count INTEGER NOT NULL CHECK(state_count > 0),
    arm_count INTEGER NOT NULL CHECK(arm_count >= 0),
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE machine_states(
    digest TEXT NOT NULL REFERENCES machines,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK(kind IN ('initial', 'step', 'final')),
    outcome TEXT CHECK((kind = 'final') = (outcome IS NOT NULL)),
    handler TEXT,
    tools TEXT,
    timeout_sec INTEGER NOT NULL CHECK(timeout_sec >= 0),
    first_arm INTEGER NOT NULL,
    arm_count INTEGER NOT NULL,
    doc TEXT,
    line INTEGER NOT NULL,
    PRIMARY KEY(digest, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX machine_states_position ON machine_states(digest, position);

CREATE TABLE machine_arms(
    digest TEXT NOT NULL REFERENCES machines,
    arm INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    event TEXT NOT NULL,
    to_state TEXT NOT NULL,
    guard TEXT,
    guard_negated INTEGER NOT NULL CHECK(guard_negated IN (0, 1)),
    max_taken INTEGER CHECK(max_taken > 0),
    spent_of INTEGER,
    line INTEGER NOT NULL,
    PRIMARY KEY(digest, arm),
    FOREIGN KEY(digest, from_state) REFERENCES machine_states(digest, name),
    FOREIGN KEY(digest, to_state) REFERENCES machine_states(digest, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs(
    run_id TEXT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL CHECK(status IN ('pending', 'running', 'completed', 'failed', 'partial')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    metadata_json TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- A start looks at the runs that have not ended, however many have. Touched when a run is made, moves first, and ends.
CREATE INDEX runs_unfinished ON runs(run_id) WHERE status IN ('pending', 'running');

CREATE TABLE workstreams(
    run_id TEXT NOT NULL REFERENCES runs,
    ws_id TEXT NOT NULL,
    status TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    metadata_json TEXT NOT NULL,
    machine_digest TEXT NOT NULL REFERENCES machines,
    fence INTEGER NOT NULL CHECK(fence > 0),
    dry_run INTEGER NOT NULL CHECK(dry_run IN (0, 1)),
    attempt_id INTEGER, -- in progress
    PRIMARY KEY(run_id, ws_id)
) STRICT, WITHOUT ROWID;
-- The newest run of a workstream is at its end; none of these columns ever changes.
CREATE INDEX workstreams_by_id ON workstreams(ws_id, created_at);

-- fence: of the holder who wrote the row last. There is no index: every page that a transition touches costs a write
-- and a journal entry, and an attempt is found by its id - in workstreams.attempt_id while it is in progress, in
-- transitions.attempt_id afterwards.
CREATE TABLE step_attempts(
    id INTEGER NOT NULL PRIMARY KEY CHECK(id > 0),
    run_id TEXT NOT NULL,
    ws_id TEXT NOT NULL,
    step_name TEXT NOT NULL,
    number INTEGER NOT NULL CHECK(number > 0),
    status TEXT NOT NULL CHECK(status IN ('in_progress', 'success', 'failure', 'skipped', 'interrupted')),
    started_at TEXT NOT NULL,
    completed_at TEXT,
    result_json TEXT,
    start_tree TEXT,
    fence INTEGER NOT NULL,
    CHECK((status = 'in_progress') = (completed_at IS NULL)),
    CHECK((completed_at IS NULL) = (result_json IS NULL)),
    FOREIGN KEY(run_id, ws_id) REFERENCES workstreams
) STRICT;

-- hash covers the row and the hash of the attempt's evidence before it.
CREATE TABLE evidence(
    id INTEGER NOT NULL PRIMARY KEY CHECK(id > 0),
    run_id TEXT NOT NULL,
    ws_id TEXT NOT NULL,
    attempt_id INTEGER NOT NULL REFERENCES step_attempts,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    command TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK(verdict IN ('pass', 'fail', 'not_run', 'could_not_run')),
    tree_oid TEXT,
    hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX evidence_ordinal ON evidence(attempt_id, ordinal);

-- hash covers the row, prev_hash, the machine's digest, and the last hash of the attempt's evidence.
CREATE TABLE transitions(
    run_id TEXT NOT NULL,
    ws_id TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK(seq > 0),
    from_state TEXT NOT NULL,
    event TEXT NOT NULL,
    to_state TEXT NOT NULL,
    guard TEXT,
    guard_answer INTEGER CHECK(guard_answer IN (0, 1)),
    arm INTEGER NOT NULL,
    at TEXT NOT NULL,
    deadline TEXT,
    tree_oid TEXT,
    facts_json TEXT,
    attempt_id INTEGER REFERENCES step_attempts,
    fence INTEGER NOT NULL,
    prev_hash TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY(run_id, ws_id, seq),
    CHECK((guard IS NULL) = (guard_answer IS NULL)),
    FOREIGN KEY(run_id, ws_id) REFERENCES workstreams
) STRICT, WITHOUT ROWID;

CREATE TABLE events(
    id INTEGER NOT NULL PRIMARY KEY CHECK(id > 0),
    timestamp TEXT NOT NULL,
    run_id TEXT NOT NULL,
    ws_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    payload_json TEXT NOT NULL,
    FOREIGN KEY(run_id, ws_id) REFERENCES workstreams
) STRICT;
CREATE INDEX events_by_workstream ON events(run_id, ws_id);

CREATE TABLE errors(
    id INTEGER NOT NULL PRIMARY KEY CHECK(id > 0),
    run_id TEXT NOT NULL,
    ws_id TEXT NOT NULL,
    step_name TEXT NOT NULL,
    error_code TEXT NOT NULL,
    signature TEXT NOT NULL,
    message TEXT NOT NULL,
    context_json TEXT NOT NULL,
    count INTEGER NOT NULL CHECK(count > 0),
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    UNIQUE(run_id, ws_id, step_name, signature),
    FOREIGN KEY(run_id, ws_id) REFERENCES workstreams
) STRICT;

-- One line for each finished workstream that was no dry run; hash covers the row and prev_hash.
CREATE TABLE ledger(
    n INTEGER NOT NULL PRIMARY KEY CHECK(n > 0),
    run_id TEXT NOT NULL,
    ws_id TEXT NOT NULL,
    final_state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    chain_head TEXT NOT NULL,
    commit_oid TEXT,
    prev_hash TEXT,
    hash TEXT NOT NULL,
    UNIQUE(run_id, ws_id),
    FOREIGN KEY(run_id, ws_id) REFERENCES workstreams
) STRICT;
CREATE INDEX ledger_by_id ON ledger(ws_id, outcome);

-- What has still to be done in git: notes to ourselves, not history.
CREATE TABLE effects(
    id INTEGER NOT NULL PRIMARY KEY,
    run_id TEXT,
    ws_id TEXT,
    effect_json TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
