"""An allocation inside SQLite that fails: a clear error and exit 4, nothing half written, no false answer; called again
with memory enough, the program does what it is for.

The program numbers the allocations (WSFSM_FAIL_AT=store.memory:N, src/store/memory.c). Every second case lets all
later ones fail, too."""

import os
import re
import subprocess

import pytest

from harness import (RUN, WS, Case, after_failure, cases, conclude, explained, goes_on, prepare, stride, sweep,
                     unbroken)

REASON = "out of memory|Cannot allocate memory"
RUNS = ("run", "--ws-id", WS, "--run-id", RUN, "--json")


@pytest.fixture(scope="module", name="undisturbed")
def fixture_undisturbed(tmp_path_factory):
    """A prepared repository, and what an undisturbed run of it comes to."""
    folder = tmp_path_factory.mktemp("memory")
    template = prepare(folder / "template")
    return template, unbroken(template, folder / "unbroken")


def allocations(case, *command):
    """How many there are."""
    log = case.base / "allocations.txt"
    case.call(*command, WSFSM_FAIL_LOG=str(log)).must(0)
    return len(log.read_text().splitlines())


def numbers(name, count, wanted):
    """The places that are tried; "+" behind every second one."""
    chosen = stride(name, range(1, count + 1), max(1, min(count, wanted)))
    return [f"{number}{'+' if index % 2 else ''}" for index, number in enumerate(chosen)]


def starved(case, number, *command):
    """Exit 0, if that allocation was one that SQLite can do without; else 4, explained."""
    result = case.call(*command, WSFSM_FAIL_AT=f"store.memory:{number}")
    if result.rc != 0:
        explained(result, REASON)
        assert "--json" not in command or result.stdout == "", result
    return result


def test_the_store():
    """Within one process, and so all of them in the long form (tests/unit/store/test_memory.c)."""
    done = subprocess.run([os.environ["WSFSM_STORE_MEMORY"]], capture_output=True, text=True, check=False)
    tried = re.search(r"^tried (\d+)$", done.stdout, re.MULTILINE)
    failures = [] if done.returncode == 0 and tried else [done.stdout + done.stderr]
    conclude("memory.store", "an allocation in SQLite fails while the store takes a run to its end",
             int(tried[1]) if tried else 1, failures)


def test_a_run(undisturbed, tmp_path):
    template, reference = undisturbed
    count = allocations(Case(template, tmp_path / "counted"), *RUNS)

    def one(case, number):
        after_failure(case, starved(case, number, *RUNS))
        goes_on(case, reference)

    chosen = numbers("memory.run", count, cases(40) // 2)
    failures = sweep(template, tmp_path, chosen, one)
    conclude("memory.run", f"a run whose N-th allocation in SQLite fails ({count} there are)", len(chosen), failures)


def test_a_dry_run(undisturbed, tmp_path):
    """Nothing but the store, and so quick: tried at more places."""
    template, _ = undisturbed
    command = (*RUNS, "--dry-run")
    whole = Case(template, tmp_path / "whole")
    count = allocations(whole, *command)

    def one(case, number):
        starved(case, number, *command)
        if case.database.exists():
            case.call("verify").must(0)
        if case.run_status() != "completed":
            case.call(*command).must(0)
        case.call("verify").must(0)
        kept = [row for row in case.history(WS, RUN) if row[1] != "interrupted"]
        assert kept == whole.history(WS, RUN), kept
        assert not [file for file in case.files() if file.endswith((".new", "-journal"))]

    chosen = numbers("memory.dry", count, cases(40) * 3)
    failures = sweep(template, tmp_path, chosen, one)
    conclude("memory.dry", f"a dry run whose N-th allocation in SQLite fails ({count} there are)", len(chosen),
             failures)


LOOKS = [("status", "--json"), ("history", "--ws-id", WS, "--json"), ("verify", "--json"), ("db", "info", "--json"),
         ("log", "--run-id", RUN, "--json"), ("worktree", "list", "--json")]
# An act, and how it is refused once it has been done.
ACTS = {("db", "backup", ".wsfsm/copy.db", "--json"): "io", ("worktree", "gc", "--json"): None,
        ("worktree", "remove", "--ws-id", WS, "--json"): "unknown_id"}


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_a_look(undisturbed, tmp_path, command):
    """The whole answer or none, and nothing changes."""
    template, _ = undisturbed
    case = Case(template, tmp_path / "case")
    case.go().must(0)
    answer, before = case.call(*command).must(0).stdout, case.database.read_bytes()
    count = allocations(case, *command)
    failures, chosen = [], numbers(f"memory.{command[0]}", count, cases(40))
    for number in chosen:
        try:
            result = starved(case, number, *command)
            assert result.rc != 0 or result.stdout == answer, result
            assert case.database.read_bytes() == before
        except AssertionError as error:
            failures.append(f"{number}: {error!r}")
    case.call("verify").must(0)
    conclude(f"memory.{'.'.join(word for word in command[:2] if word[0] != '-')}",
             f"`{' '.join(command[:-1])}` whose N-th allocation in SQLite fails ({count} there are)", len(chosen),
             failures)


@pytest.mark.parametrize("command", ACTS, ids=" ".join)
def test_an_act(undisturbed, tmp_path, command):
    """Called again, it does the whole of it."""
    template, _ = undisturbed
    other = Case(template, tmp_path / "other")
    other.go().must(0)
    count = allocations(other, *command)

    def one(case, number):
        case.go().must(0)
        result = starved(case, number, *command)
        case.call("verify").must(0)
        again = case.call(*command)
        assert again.rc == 0 or result.rc == 0 and again.error["code"] == ACTS[command], again
        assert command[0] != "worktree" or not case.worktree().exists()
        case.unchanged()

    chosen = numbers(f"memory.{command[1]}", count, max(2, cases(40) // 6))
    failures = sweep(template, tmp_path, chosen, one)
    conclude(f"memory.{command[1]}",
             f"`{' '.join(command[:-1])}` whose N-th allocation in SQLite fails ({count} there are)", len(chosen),
             failures)
