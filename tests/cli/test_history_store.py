"""The database as a stock client sees it: everything can be read, nothing can be forged, rewritten or deleted."""

import hashlib
import json
import os
import re
import sqlite3
import struct
import subprocess

import pytest

from support import FIX, WSFSM, finish

HISTORY = ["transitions", "events", "evidence", "machines", "machine_states", "machine_arms", "ledger"]
TABLES = ["runs", "workstreams", "step_attempts", "errors", *HISTORY]


@pytest.fixture
def ran(ready):
    """A failed run and a finished one, so that every table has rows."""
    ready.agent("exit 1")
    ready.run("ws-fix", "--run-id", "r0").must(1)
    ready.agent()
    ready.run("ws-fix", "--run-id", "r1").must(0)
    return ready


@pytest.fixture
def client(ran):
    """Python's own sqlite3, foreign keys off."""
    connection = sqlite3.connect(ran.database, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA recursive_triggers = OFF")
    yield connection
    connection.close()
    ran.wsfsm("verify").must(0)


def refused(client, sql, *values):
    """The reason, in words, why the statement did not go through."""
    with pytest.raises(sqlite3.Error) as caught:
        client.execute(sql, values)
    reason = str(caught.value)
    assert len(reason.split()) >= 3, reason
    return reason


def columns(client, table):
    return [row[1] for row in client.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_can_be_read(client, table):
    assert client.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0


@pytest.mark.parametrize("table, wanted", [
    ("runs", "run_id status created_at updated_at metadata_json"),
    ("workstreams", "run_id ws_id status depends_on created_at updated_at metadata_json"),
    ("step_attempts", "id run_id ws_id step_name status started_at completed_at result_json"),
    ("evidence", "id run_id ws_id attempt_id ordinal kind command verdict tree_oid"),
    ("transitions", "run_id ws_id seq from_state event to_state guard at tree_oid prev_hash hash"),
    ("events", "id timestamp run_id ws_id event_type payload_json"),
    ("errors", "id run_id ws_id step_name error_code signature message context_json count first_seen_at "
               "last_seen_at"),
])
def test_columns(client, table, wanted):
    assert set(wanted.split()) <= set(columns(client, table))


def test_file(client):
    assert client.execute("PRAGMA application_id").fetchone()[0] != 0
    assert client.execute("PRAGMA user_version").fetchone()[0] >= 1
    assert client.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert client.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert client.execute("PRAGMA foreign_key_check").fetchall() == []


def test_tables_are_strict(client):
    for name, kind, strict in [(row[1], row[2], row[5]) for row in client.execute("PRAGMA table_list")]:
        if kind == "table" and not name.startswith("sqlite_"):
            assert strict, name


def test_times_are_utc(client):
    when = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
    for table, column in [("runs", "created_at"), ("runs", "updated_at"), ("workstreams", "created_at"),
                          ("step_attempts", "started_at"), ("step_attempts", "completed_at"),
                          ("transitions", "at"), ("events", "timestamp"), ("errors", "first_seen_at")]:
        for (value,) in client.execute(f"SELECT {column} FROM {table}"):
            assert when.match(value), (table, column, value)


@pytest.mark.parametrize("table", HISTORY)
def test_history_is_never_updated(client, table):
    for column in columns(client, table):
        refused(client, f'UPDATE {table} SET "{column}" = "{column}"')


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(client, table):
    refused(client, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", HISTORY)
def test_no_row_is_replaced(client, table):
    names = ", ".join(f'"{name}"' for name in columns(client, table))
    refused(client, f"REPLACE INTO {table} ({names}) SELECT {names} FROM {table} LIMIT 1")


@pytest.mark.parametrize("table", ["transitions", "evidence", "ledger"])
def test_insert_names_what_is_missing(client, table):
    names = ", ".join(f'"{name}"' for name in columns(client, table))
    reason = refused(client, f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} LIMIT 1")
    assert "only_wsfsm_may_append_history" in reason


@pytest.mark.parametrize("table", ["machines", "machine_states", "machine_arms"])
def test_machines_in_use_are_sealed(client, table):
    names = columns(client, table)
    listed = ", ".join(f'"{name}"' for name in names)
    row = list(client.execute(f"SELECT {listed} FROM {table} LIMIT 1").fetchone())
    for at, name in enumerate(names):
        if name in ("state", "name", "from_state", "to_state") and isinstance(row[at], str):
            row[at] = "forged"
        if name == "arm":
            row[at] = 999
    with pytest.raises(sqlite3.Error):
        client.execute(f"INSERT INTO {table} ({listed}) VALUES ({', '.join('?' * len(row))})", row)


def forge(client, **changes):
    """Inserts a transition that would be right but for the changes, with the hash function faked."""
    client.create_function("only_wsfsm_may_append_history", -1, lambda *values: "0" * 64, deterministic=True)
    names = columns(client, "transitions")
    last = dict(zip(names, client.execute(
        "SELECT * FROM transitions WHERE run_id = 'r1' ORDER BY seq DESC LIMIT 1").fetchone()))
    row = {**last, "seq": last["seq"] + 1, "prev_hash": last["hash"], "hash": "0" * 64,
           "from_state": last["to_state"], **changes}
    names = ", ".join(row)
    return refused(client, f"INSERT INTO transitions ({names}) VALUES ({', '.join('?' * len(row))})", *row.values())


@pytest.mark.parametrize("changes", [
    {}, {"seq": 4}, {"seq": 6}, {"seq": 99}, {"from_state": "editing"}, {"to_state": "nowhere"},
    {"event": "passed", "from_state": "pending"}, {"prev_hash": "1" * 64}, {"run_id": "r9"},
], ids=str)
def test_forged_transition_is_refused_even_with_the_function_faked(client, changes):
    forge(client, **changes)
    assert client.execute("SELECT count(*) FROM transitions WHERE run_id = 'r1'").fetchone()[0] == 4


@pytest.mark.parametrize("sql", [
    "UPDATE workstreams SET status = 'editing'", "UPDATE workstreams SET status = 'nonsense'",
    "UPDATE workstreams SET status = 'failed' WHERE run_id = 'r1'",
    "UPDATE runs SET status = 'running'", "UPDATE runs SET status = 'pending'", "UPDATE runs SET status = 'nonsense'",
    "UPDATE runs SET run_id = 'other'", "UPDATE workstreams SET ws_id = 'ws-other'",
    "UPDATE step_attempts SET status = 'success' WHERE run_id = 'r0'",
    "UPDATE step_attempts SET result_json = '{}'", "UPDATE step_attempts SET status = 'in_progress'",
    "UPDATE step_attempts SET completed_at = NULL",
])
def test_state_set_by_hand_is_refused(client, sql):
    refused(client, sql)


def test_every_row_is_still_there(client):
    test_state_set_by_hand_is_refused(client, "UPDATE workstreams SET status = 'editing'")
    assert [row[0] for row in client.execute("SELECT status FROM workstreams ORDER BY run_id")] == ["failed", "done"]


def test_one_failing_run_and_one_good_one_have_one_ledger_entry_each(client):
    assert client.execute("SELECT count(*) FROM ledger").fetchone()[0] == 2


def test_the_machine_is_stored_once(client):
    assert client.execute("SELECT count(*) FROM machines").fetchone()[0] == 1


# --- the file as a whole

def digest(*fields):
    """As docs/ARCHITECTURE.md tells it, by nothing of the program's."""
    data = b""
    for field in fields:
        if field is None:
            data += b"\xff" * 8
        else:
            text = struct.pack(">q", field) if isinstance(field, int) else field.encode()
            data += struct.pack(">Q", len(text)) + text
    return hashlib.sha256(data).hexdigest()


def named(row, columns):
    return [row[name] for name in columns.split()]


def test_hashes_are_recomputed_by_the_documentation(ran):
    evidence = {}
    for row in ran.rows("SELECT * FROM evidence ORDER BY attempt_id, ordinal"):
        evidence[row["attempt_id"]] = digest("evidence", evidence.get(row["attempt_id"]), *named(
            row, "run_id ws_id attempt_id ordinal kind command verdict tree_oid"))
        assert row["hash"] == evidence[row["attempt_id"]]
    machines = {row["run_id"]: row["machine_digest"] for row in ran.rows("SELECT * FROM workstreams")}
    heads = {}
    for row in ran.rows("SELECT * FROM transitions ORDER BY run_id, seq"):
        assert row["prev_hash"] == heads.get(row["run_id"])
        heads[row["run_id"]] = digest(
            "transition", *named(row, "prev_hash run_id ws_id seq"), machines[row["run_id"]],
            *named(row, "arm from_state event to_state guard guard_answer at deadline tree_oid facts_json attempt_id fence"),
            evidence.get(row["attempt_id"]))
        assert row["hash"] == heads[row["run_id"]]
    last = None
    for row in ran.rows("SELECT * FROM ledger ORDER BY n"):
        assert (row["prev_hash"], row["chain_head"]) == (last, heads[row["run_id"]])
        last = digest("ledger", *named(
            row, "prev_hash n run_id ws_id final_state outcome last_seq chain_head commit_oid"))
        assert row["hash"] == last
    assert evidence and len(heads) == 2 and last


def damaged(repo, change):
    repo.run().must(0)
    connection = sqlite3.connect(repo.database)
    change(connection)
    connection.commit()
    connection.close()
    before = repo.database.read_bytes()
    result = repo.run()
    assert result.rc == 4, result
    assert repo.database.read_bytes() == before
    return result


def test_database_of_a_newer_version(ready):
    damaged(ready, lambda connection: connection.execute("PRAGMA user_version = 9999"))


def test_database_of_another_application(ready):
    damaged(ready, lambda connection: connection.execute("PRAGMA application_id = 42"))


def test_corrupt_database(ready):
    ready.run().must(0)
    data = bytearray(ready.database.read_bytes())
    data[4096:4196] = b"\xff" * 100
    ready.database.write_bytes(data)
    result = ready.run()
    assert result.rc in (4, 6), result
    assert ready.database.read_bytes() == bytes(data)


def test_empty_file_counts_as_absent(ready):
    (ready.root / ".wsfsm").mkdir()
    (ready.root / ".wsfsm/.gitignore").write_text("*\n")
    ready.database.touch()
    ready.run().must(0)


@pytest.mark.parametrize("has_run", [False, True])
def test_database_of_another_repository(ready, tmp_path, has_run):
    ready.run().must(0)
    other = tmp_path / "other"
    ready.git("clone", "-q", ready.root, other)
    if has_run:
        ready.wsfsm("-C", other, "db", "init").must(0)
    before = ready.database.read_bytes(), sorted(other.rglob("*"))
    for args in (["run", "--ws-id", "ws-fix"], ["run", "--ws-id", "ws-fix", "--dry-run"], ["status"], ["verify"],
                 ["resume", "--run-id", "r1"], ["cancel", "--run-id", "r1"], ["db", "init"]):
        result = ready.wsfsm("-C", other, "--db", ready.database, *args).must(4)
        assert "belongs to another repository" in result.stderr
    assert (ready.database.read_bytes(), sorted(other.rglob("*"))) == before


def test_lost_id_of_a_repository(ready):
    ready.run().must(0)
    ident = ready.root / ".wsfsm/repository-id"
    ident.unlink()
    for args in (["db", "init"], ["run", "--ws-id", "ws-fix"]):
        result = ready.wsfsm(*args).must(4)
        assert not ident.exists()
    put = re.search("put ([0-9a-f]{32}) into .wsfsm/repository-id", result.stderr)
    ident.write_text(put.group(1) + "\n")
    ready.run().must(0)


@pytest.mark.parametrize("kind", ["folder", "fifo", "dangling link"])
def test_what_can_be_no_database(ready, kind):
    """What stands there is named; it is not taken for a repository without a history."""
    ready.run("ws-fix", "--run-id", "r1").must(0)
    ready.database.unlink()
    if kind == "folder":
        ready.database.mkdir()
    elif kind == "fifo":
        os.mkfifo(ready.database)
    else:
        ready.database.symlink_to(ready.outside / "nowhere.db")
    for args in (["status"], ["history", "--ws-id", "ws-fix"], ["log", "--run-id", "r1"], ["verify"], ["db", "info"],
                 ["resume", "--run-id", "r1"], ["cancel", "--run-id", "r1"], ["run", "--ws-id", "ws-fix"]):
        result = ready.wsfsm(*args).must(4)
        assert "state.db: " in result.stderr and "there is no database" not in result.stderr


def test_moved_repository_and_database_are_fine(ready, tmp_path):
    ready.agent(FIX + "echo hello")
    run = ready.run().must(0).json["run_id"]
    ready.unchanged()
    moved = tmp_path / "moved"
    ready.root.rename(moved)
    ready.root = moved
    ready.wsfsm("verify").must(0)
    assert "hello" in ready.wsfsm("log", "--run-id", run, "--step", "edit").must(0).stdout
    page = tmp_path / "page.html"
    ready.wsfsm("report", "--run-id", run, "-o", page).must(0)
    assert "wsfsm log" in page.read_text() and "log files are gone" not in page.read_text()
    ready.run().must(0)  # over the old worktree, whose links still name the old place
    ready.wsfsm("verify").must(0)


def test_database_path_by_option_environment_and_config(ready):
    for name, args, env in (("option/state.db", ["--db", ready.outside / "option/state.db"],
                             {"PIPELINE_DB_PATH": str(ready.outside / "env/state.db")}),
                            ("env/state.db", [], {"PIPELINE_DB_PATH": str(ready.outside / "env/state.db")})):
        ready.run("ws-fix", *args, env=env).must(0)
        assert (ready.outside / name).stat().st_size > 0
    assert not ready.database.exists()


def test_backup_is_a_complete_copy(ran):
    copy = ran.outside / "copy.db"
    ran.wsfsm("db", "backup", copy).must(0)
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT count(*) FROM transitions").fetchone()[0] == len(
        ran.rows("SELECT * FROM transitions"))
    connection.close()


@pytest.mark.parametrize("table", ["runs", "evidence", "ledger_by_id"])
def test_a_damaged_database_is_not_copied(ran, table):
    at = ran.one("SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = ?", table)
    page, size = at.values()
    with ran.database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    copy = ran.outside / "copy.db"
    result = ran.wsfsm("db", "backup", copy, "--json").must(4)
    assert (result.error["code"], result.error["where"]) == ("store", str(ran.database)), result
    assert "corrupt" in result.error["message"] and list(ran.outside.glob("copy.db*")) == [], result


def test_init_and_info(ready):
    ready.wsfsm("db", "init").must(0)
    assert ready.rows("SELECT * FROM runs") == []
    ready.wsfsm("db", "init").must(0)
    assert ready.wsfsm("db", "info").must(0).stdout
    assert isinstance(ready.wsfsm("db", "info", "--json").must(0).json, dict)


# --- what verify sees

def tampered(repo, *statements):
    """As somebody would who takes the gate down first."""
    connection = sqlite3.connect(repo.database)
    kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in kept:
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        connection.execute(statement)
    for _, sql in kept:
        connection.execute(sql)
    connection.commit()
    connection.close()
    return repo.wsfsm("verify").must(6)


@pytest.mark.parametrize("statement", [
    "UPDATE transitions SET event = 'passed' WHERE run_id = 'r1' AND seq = 3",
    "UPDATE transitions SET at = '2020-01-01T00:00:00.000Z' WHERE run_id = 'r1' AND seq = 2",
    "UPDATE transitions SET tree_oid = hex(zeroblob(20)) WHERE run_id = 'r1' AND seq = 2",
    "DELETE FROM transitions WHERE run_id = 'r1' AND seq = 4",
    "UPDATE evidence SET verdict = 'fail' WHERE run_id = 'r1'",
    "DELETE FROM evidence WHERE run_id = 'r1'",
    "UPDATE workstreams SET status = 'failed' WHERE run_id = 'r1'",
    "DELETE FROM ledger WHERE run_id = 'r0'",
    "UPDATE ledger SET commit_oid = hex(zeroblob(20)) WHERE run_id = 'r1'",
    "UPDATE machine_arms SET to_state = 'done' WHERE to_state = 'failed' AND event = 'failed'",
], ids=str)
def test_verify_sees(ran, statement):
    tampered(ran, statement)


def take_a_trigger(repo):
    connection = sqlite3.connect(repo.database)
    (name,) = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' LIMIT 1").fetchone()
    connection.execute(f'DROP TRIGGER "{name}"')
    connection.commit()
    connection.close()
    return name


def test_verify_sees_that_the_gate_is_gone(ran):
    take_a_trigger(ran)
    ran.wsfsm("verify").must(6)


def test_verify_sees_that_a_run_vanished(ran):
    tables = ["transitions", "evidence", "events", "errors", "step_attempts", "ledger"]
    statements = [f"DELETE FROM {table} WHERE run_id = 'r1'" for table in tables]
    statements += ["DELETE FROM workstreams WHERE run_id = 'r1'", "DELETE FROM runs WHERE run_id = 'r1'"]
    result = tampered(ran, *statements)
    assert "r1" in result.stdout + result.stderr


def test_verify_sees_a_changed_anchor(ran):
    ran.git("update-ref", "refs/wsfsm/r1/ws-fix/end", "main")
    ran.wsfsm("verify").must(6)


def test_verify_notes_an_anchor_that_is_gone(ran):
    ran.git("update-ref", "-d", "refs/wsfsm/r1/ws-fix/end")
    result = ran.wsfsm("verify").must(0)
    assert "r1" in result.stdout + result.stderr


ANCHOR = "refs/wsfsm/r1/ws-fix/end"
LOOSE = f"F=$(git rev-parse --absolute-git-dir)/{ANCHOR}\n"
# What the anchor of r1 is made to be.
NO_COMMIT = {
    "a tree": "git update-ref $R main^{tree}",
    "a file's content": "git update-ref $R main:README.md",
    "an annotated tag": "git tag -a -m x mark main; git update-ref $R refs/tags/mark; git tag -d mark",
    "no object": "echo 1234567890123456789012345678901234567890 > $F",
    "garbage": "echo garbage > $F",
    "an empty file": ": > $F",
    "a name for a tree": "git update-ref refs/wsfsm/tree main^{tree}; git symbolic-ref $R refs/wsfsm/tree",
    "a name for itself": "git symbolic-ref $R $R",
    "a commit that is damaged": "O=$(git rev-parse $R | sed s,..,\\&/,); G=$(git rev-parse --absolute-git-dir); "
                                "chmod u+w $G/objects/$O; echo damaged > $G/objects/$O",
}


def make_no_commit(repo, what):
    script = repo.script("anchor.sh", f"set -e; cd {repo.root}; R={ANCHOR}\n{LOOSE}{what}\n")
    done = subprocess.run([script], env=repo.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done


@pytest.mark.parametrize("what", NO_COMMIT.values(), ids=NO_COMMIT)
def test_verify_sees_an_anchor_that_is_no_commit(ran, what):
    """And what is wrong besides, which comes first."""
    make_no_commit(ran, what)
    result = ran.wsfsm("verify", guard=False).must(6)
    assert "run r1, workstream ws-fix" in result.stdout and f"the anchor {ANCHOR} differs: " in result.stdout
    name = take_a_trigger(ran)
    findings = ran.wsfsm("verify", "--json", guard=False).must(6).json["findings"]
    assert name in findings[0]["message"] and "differs: " in findings[-1]["message"], findings


def test_verify_notes_a_ref_of_no_run_that_is_no_commit(ran):
    ran.git("update-ref", "refs/wsfsm/r9/ws-fix/end", "main^{tree}")
    assert "refs/wsfsm/r9/ws-fix/end" in ran.wsfsm("verify").must(0).stderr


def test_verify_tells_what_it_found_before_the_refs_could_not_be_listed(ran):
    """Whatever keeps git from it: the exit code is that of the findings."""
    def verify(*args):  # without the test's own git, which would wait at the pipe
        process = subprocess.Popen([WSFSM, "verify", *args], cwd=ran.root, env=ran.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        return finish(process, args)

    ran.settle()
    pipe = ran.root / ".git/refs/wsfsm/pipe"
    os.mkfifo(pipe)
    assert verify("--json").must(4).error["where"] == str(pipe)
    name = take_a_trigger(ran)
    shown = verify("--json").must(6).json
    assert name in shown["findings"][0]["message"] and str(pipe) in shown["notes"][0], shown
    result = verify().must(6)
    assert name in result.stdout and str(pipe) in result.stderr, result
    pipe.unlink()


def test_branches_are_the_users(ran):
    ran.git("worktree", "remove", "--force", ran.worktree())
    ran.git("branch", "-D", "ws/r1/ws-fix")
    ran.wsfsm("verify").must(0)
