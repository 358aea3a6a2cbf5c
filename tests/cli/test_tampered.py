"""A database that somebody wrote into, the gate taken down and put back: what is read from it is looked at first, so that
nothing crashes, and what is printed stays JSON."""

import contextlib
import json
import signal
import sqlite3

import pytest

from support import FIX, IS_FIXED, finish, wait_for
from test_history_store import digest
from test_report import Page, has


@contextlib.contextmanager
def tampering(repo):
    connection = sqlite3.connect(repo.database)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA ignore_check_constraints = ON")
    gate = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in gate:
        connection.execute(f'DROP TRIGGER "{name}"')
    yield connection
    for _, sql in gate:
        connection.execute(sql)
    connection.commit()
    connection.close()


@pytest.fixture
def interrupted(repo):
    """r1, left while its acceptance test ran: edit has a result, runtime has none."""
    repo.agent(FIX)
    repo.bundle(acceptance_tests=[f"{IS_FIXED} && {{ [ -e {repo.outside}/again ] || "
                                  f"{{ touch {repo.outside}/again; sleep 1000; }}; }}"])
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for(lambda: (repo.outside / "again").exists())
    process.send_signal(signal.SIGTERM)
    finish(process)
    assert repo.leftovers(2) == []
    return repo


# --- the machine

KINDS = {"initial": 0, "step": 1, "final": 2}


def digest_of(states, arms):
    places = {state["name"]: place for place, state in enumerate(states)}
    fields = ["wsfsm machine 1", len(states)]
    for state in states:
        tools = (state["tools"] or "").split()
        fields += [state["name"], KINDS[state["kind"]], state["outcome"], state["handler"], len(tools), *tools,
                   state["timeout_sec"]]
    fields.append(len(arms))
    for arm in arms:
        fields += [places[arm["from_state"]], arm["event"], arm["guard"], arm["guard_negated"], places[arm["to_state"]],
                   arm["max_taken"] or 0, -1 if arm["spent_of"] is None else arm["spent_of"]]
    return digest(*fields)


def pin_another(repo, change):
    """The machine of all runs becomes one that is stored whole, under its own digest, and that no .def declares."""
    with tampering(repo) as connection:
        def rows(table, order):
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}")]

        states, arms = rows("machine_states", "position"), rows("machine_arms", "arm")
        assert digest_of(states, arms) == states[0]["digest"]
        change({state["name"]: state for state in states})
        new = digest_of(states, arms)
        for table, items in (("machines", rows("machines", "digest")), ("machine_states", states), ("machine_arms", arms)):
            for item in items:
                item["digest"] = new
                marks = ", ".join("?" * len(item))
                connection.execute(f"INSERT INTO {table}({', '.join(item)}) VALUES({marks})", tuple(item.values()))
        connection.execute("UPDATE workstreams SET machine_digest = ?", (new,))
        return new


STEPS = {
    "a step that does nothing": lambda states: states["static_check"].update(handler=None),
    "a step with blanks for tools": lambda states: states["static_check"].update(handler=None, tools="  "),
    "the step that comes next does nothing": lambda states: states["runtime_check"].update(handler=None),
}
CHANGES = {
    **STEPS,
    "an end without an outcome": lambda states: states["done"].update(outcome=None),
    "a failure without an outcome": lambda states: states["failed"].update(outcome=None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_machine_of_a_run_that_is_done(ready, name):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    new = pin_another(ready, CHANGES[name])
    file = ready.outside / "page.html"
    told = ready.wsfsm("report", "--run-id", "r1", "-o", file).must(0)
    assert "could not be verified" in told.stderr
    has(Page(file.read_bytes()), "The machine of this run cannot be read from the database")
    assert f"the stored machine {new[:12]} is damaged" in ready.wsfsm("verify").must(6).stdout
    assert "is damaged" in ready.wsfsm("verify", "--run-id", "r1").must(6).stdout
    ready.wsfsm("history", "--ws-id", "ws-fix").must(0)
    ready.wsfsm("status").must(0)


@pytest.mark.parametrize("command", ["resume", "cancel"])
@pytest.mark.parametrize("name", STEPS)
def test_machine_of_a_run_that_is_not(interrupted, name, command):
    """SQLite itself sees an end without an outcome before anything is written."""
    before = interrupted.history()
    pin_another(interrupted, STEPS[name])
    told = interrupted.wsfsm(command, "--run-id", "r1", "--json").must(6)
    assert told.error["code"] == "integrity" and "is damaged" in told.error["message"], told
    assert interrupted.history() == before


# --- JSON

SPOILT = {
    "cut": '{"a": 1',
    "empty": "",
    "blank": " \n ",
    "no JSON": "hello",
    "two values": '{} {}',
    "a line break in a text": '{"a": "1\n2"}',
    "other members": 'null, "hash": "forged", "x": 1',
    "the end and another line": 'null}\n{"seq": 99',
    "a key twice": '{"a": 1, "a": 2}',
    "deep": "[" * 200000,
    "bytes that are no text": b'{"a": "\xff\xfe"}',
}
SOUND = {
    "on one line": '{"a":[1,-2.5e3,"\\u0001",null,true]}',
    "on several": '\n{"a" : [1,\r\n\t-2.5e3, "\\u0001",\nnull, true\n]}\n',
}


def put(repo, sql, value):
    with tampering(repo) as connection:
        if isinstance(value, bytes):
            sql, value = sql.replace("?", "CAST(? AS TEXT)"), value
        connection.execute(sql, (value,))


@pytest.mark.parametrize("name", [*SPOILT, *SOUND])
def test_facts_in_a_history(ready, name):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    put(ready, "UPDATE transitions SET facts_json = ? WHERE seq = 2", {**SPOILT, **SOUND}[name])
    shown = ready.wsfsm("history", "--ws-id", "ws-fix", "--json").must(0).stdout
    assert "forged" not in shown
    rows = [json.loads(line) for line in shown.splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert rows[1]["facts"] == ({"a": [1, -2500, "\x01", None, True]} if name in SOUND else None)
    assert rows[3]["facts"]["changed_files"] == ["src/calc.py"]
    assert len(rows[1]["hash"]) == 64
    ready.wsfsm("verify").must(6)


def test_facts_are_printed_as_they_are_stored(ready):
    """Byte for byte, or nobody could recompute a hash from them."""
    ready.agent(FIX + "touch \"$(printf 'src/\\377 \\302\\205\\342\\200\\250 \\\\ \"')\"\n")
    ready.run("ws-fix", "--run-id", "r1").must(0)
    lines = ready.wsfsm("history", "--ws-id", "ws-fix", "--json").must(0).stdout.split("\n")
    stored = ready.rows("SELECT facts_json FROM transitions WHERE facts_json IS NOT NULL ORDER BY seq")
    shown = [line for line in lines if line and '"facts":null' not in line]
    assert len(stored) == len(shown) > 0
    for row, line in zip(stored, shown):
        assert f'"facts":{row["facts_json"]},"attempt_id"' in line


@pytest.mark.parametrize("command", ["cancel", "resume"])
@pytest.mark.parametrize("name", [*SPOILT, *SOUND])
def test_results_in_a_summary(interrupted, name, command):
    put(interrupted, "UPDATE step_attempts SET result_json = ? WHERE step_name = 'edit'", {**SPOILT, **SOUND}[name])
    told = interrupted.wsfsm(command, "--run-id", "r1", "--json").must(0)
    assert "forged" not in told.stdout
    line, = told.stdout.splitlines()
    steps = json.loads(line)["step_results"]
    assert steps["edit"] == ({"a": [1, -2500, "\x01", None, True]} if name in SOUND else None)
    assert steps["runtime"]["step_name"] == "runtime"


def test_results_in_a_summary_for_people(interrupted):
    put(interrupted, "UPDATE step_attempts SET result_json = ? WHERE step_name = 'edit'", SPOILT["deep"])
    assert "edit" in interrupted.wsfsm("cancel", "--run-id", "r1").must(0).stdout
