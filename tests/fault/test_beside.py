"""Commands and signals beside a run that is between two of its steps: before its refs, before its tool."""

import json
import os
import signal
import time

import pytest

from harness import KILLED, RUN, WS, Case, declare
from support import Repo, finish, wait_for

END = f"refs/wsfsm/{RUN}/{WS}/end"


def pending(case):
    return case.rows("SELECT count(*) AS n FROM effects")[0]["n"]


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


def others(folder, count):
    """A repository with more workstreams ws-other0 ..., each with a scope of its own."""
    folder.mkdir()
    repo = declare(Repo(folder))
    for n in range(count):
        repo.write(f"other{n}.txt", "a\n")
        repo.agent(f"echo b >> other{n}.txt", tool_id=f"other{n}")
        repo.bundle(f"ws-other{n}", files_scope=[f"other{n}.txt"], tool=f"other{n}")
    repo.commit("Others")
    return repo


def test_a_living_run_finishes_its_end_itself(tmp_path):
    case = Case(others(tmp_path / "template", 1), tmp_path / "case")
    paused = case.begin("run", "--ws-id", WS, "--run-id", RUN, "--json", WSFSM_PAUSE_AT="effect.branch:1")
    wait_for(lambda: is_stopped(paused))
    try:
        case.call("run", "--ws-id", "ws-other0", "--json").must(0)
        assert pending(case) == 1
        assert not case.git("for-each-ref", END)
    finally:
        os.kill(paused.pid, signal.SIGCONT)
    finish(paused).must(0)
    assert pending(case) == 0
    assert case.git("for-each-ref", END)
    assert case.git("status", "--porcelain", "--untracked-files=no", cwd=case.worktree()) == ""
    case.call("verify").must(0)


def test_several_commands_finish_what_a_dead_run_left(tmp_path):
    template = others(tmp_path / "template", 6)
    for turn in range(5):
        case = Case(template, tmp_path / f"case-{turn}")
        assert case.go(WSFSM_CRASH_AT="effect.branch:1").rc == KILLED
        assert pending(case) == 1
        together = [case.begin("run", "--ws-id", f"ws-other{n}", "--dry-run", "--json") for n in range(6)]
        for process in together:
            assert json.loads(finish(process).must(0).stdout)["final_status"] == "done"
        assert pending(case) == 0
        assert case.git("for-each-ref", END)
        case.call("verify").must(0)


def test_a_stop_that_comes_with_the_command_is_heard(tmp_path):
    """The supervisor reads both at once, and its socket has nothing more to say."""
    folder = tmp_path / "template"
    folder.mkdir()
    repo = declare(Repo(folder), tool="hanging")
    repo.tool("hanging", type="ai", command="/bin/sh", args=["-c", "sleep 1000"])
    repo.commit("Hang")
    case = Case(repo, tmp_path / "case")
    paused = case.begin("run", "--ws-id", WS, "--run-id", RUN, "--json", WSFSM_PAUSE_AT="proc.supervisor_started:1")
    wait_for(lambda: is_stopped(paused))
    [guard] = [pid for pid, line in case.processes() if "__guard" in line]
    os.kill(guard, signal.SIGSTOP)
    paused.send_signal(signal.SIGINT)
    paused.send_signal(signal.SIGCONT)
    time.sleep(1)  # until both are sent; after three, wsfsm wakes its supervisor itself
    os.kill(guard, signal.SIGCONT)
    assert finish(paused, timeout=30).rc == 130
    assert case.history(WS, RUN)[-1] == ("editing", "cancel", "failed")
    assert case.leftovers() == []


def interrupted(folder, **env):
    """A run that SIGTERM stopped in its agent, who has made half of the change."""
    template = folder / "template"
    template.mkdir()
    repo = declare(Repo(template), tool="halting")
    again = repo.outside / "again"
    repo.tool("halting", type="ai", command="/bin/sh", args=["-c", (
        f"echo half > src/half.txt; if [ ! -e {again} ]; then touch {again}; sleep 1000; fi; "
        "rm src/half.txt; sed -i 's/a - b/a + b/' src/calc.py")])
    repo.commit("Halt")
    case = Case(repo, folder / "case")
    process = case.begin("run", "--ws-id", WS, "--run-id", RUN, "--json", **env)
    assert wait_for(again.exists)
    process.send_signal(signal.SIGTERM)
    assert finish(process, timeout=20).rc == 128 + signal.SIGTERM
    return case


@pytest.mark.parametrize("point", ["run.lock_taken", "steps.strays_ended", "steps.recover", "repo.before_restore",
                                   "steps.restored"])
def test_a_resume_that_was_taken_over_asleep_puts_nothing_back(tmp_path, point):
    """It wakes when the one that took over has ended, and the user has gone on in the worktree."""
    case = interrupted(tmp_path)
    paused = case.begin("resume", "--run-id", RUN, "--json", WSFSM_PAUSE_AT=f"{point}:1")
    assert wait_for(lambda: is_stopped(paused))
    assert case.call("resume", "--run-id", RUN, "--take-over", "--json").must(0).json["final_status"] == "done"
    mine = case.worktree() / "src/mine.txt"
    mine.write_text("mine\n")
    refs = case.git("for-each-ref")
    paused.send_signal(signal.SIGCONT)
    late = finish(paused, timeout=20).must(5)
    assert mine.read_text() == "mine\n" or point == "repo.before_restore", late
    assert case.git("for-each-ref") == refs
    case.call("verify").must(0)


def test_a_start_asleep_with_the_lock_enters_nothing_after_a_take_over(tmp_path):
    """Its name is not in the lock yet, so it may be taken for the run before it."""
    case = interrupted(tmp_path)
    paused = case.begin("resume", "--run-id", RUN, "--json", WSFSM_PAUSE_AT="run.lock_taken:1")
    assert wait_for(lambda: is_stopped(paused))
    case.call("resume", "--run-id", RUN, "--take-over", "--json").must(0)
    history, fence = case.history(WS, RUN), case.rows("SELECT fence FROM workstreams")
    paused.send_signal(signal.SIGCONT)
    finish(paused, timeout=20).must(5)
    assert (case.history(WS, RUN), case.rows("SELECT fence FROM workstreams")) == (history, fence)


def test_a_removal_is_not_taken_over(tmp_path):
    """It has no fence that would stop it."""
    case = interrupted(tmp_path)
    paused = case.begin("worktree", "remove", "--ws-id", WS, WSFSM_PAUSE_AT="run.lock_taken:1")
    assert wait_for(lambda: is_stopped(paused))
    for option in ([], ["--take-over"]):
        refused = case.call("resume", "--run-id", RUN, *option).must(5)
        assert f"process {paused.pid})" in refused.stderr and "take-over" not in refused.stderr
    paused.send_signal(signal.SIGCONT)
    finish(paused).must(0)
    case.call("resume", "--run-id", RUN, "--json").must(0)
    case.call("verify").must(0)


def committed(case):
    """The run ended as if nobody had disturbed it, and git has all of it."""
    branch = f"ws/{RUN}/{WS}"
    assert case.run_status() == "completed" and pending(case) == 0
    assert case.git("rev-parse", branch) == case.rows("SELECT commit_oid FROM ledger")[0]["commit_oid"]
    assert case.git("log", "--format=%an", "-1", branch) == case.git("config", "user.name")
    assert case.git("diff", "--name-only", f"main...{branch}") == "src/calc.py"
    case.git("gc", "-q", "--prune=now")
    case.check_git()
    assert case.git("for-each-ref", END)
    case.call("verify").must(0)


LAST_ROW = "engine.appended:4"  # the commit and the anchor are named by it, and by no ref yet


def test_a_collector_between_the_last_row_and_the_refs(tmp_path):
    """What git gc takes away of a dead run's end is written again by who finishes it."""
    case = Case(others(tmp_path / "template", 0), tmp_path / "case")
    case.git("config", "user.name", "An% \udce9")  # neither UTF-8 nor plain
    assert case.go(WSFSM_CRASH_AT=LAST_ROW).rc == KILLED
    assert pending(case) == 1 and not case.git("for-each-ref", END)
    commit = case.rows("SELECT commit_oid FROM ledger")[0]["commit_oid"]
    case.git("gc", "-q", "--prune=now")
    assert case.git("cat-file", "-t", commit, check=False) == ""
    case.watched = case.checkout()
    case.call("resume", "--run-id", RUN).must(3)  # has ended in done
    committed(case)


@pytest.mark.parametrize("points", [
    ["repo.object_written:1", "repo.object_written:2", "steps.end_content:1", "repo.commit_written:1"],
    ["repo.commit_written:4", "steps.ending.committed:1", "steps.ending:1", LAST_ROW],
], ids=["snapshot", "end"])
def test_a_collector_beside_a_run_that_writes_objects(tmp_path, points):
    """Between an object and the ref that holds it the collector takes it away. No ref leads to what is not there: the
    command ends, and the resume makes it again. What libgit2 remembers of the objects does not count."""
    template = others(tmp_path / "template", 0)
    for turn, point in enumerate(points):
        case = Case(template, tmp_path / f"case-{turn}")
        paused = case.begin("run", "--ws-id", WS, "--run-id", RUN, "--json", WSFSM_PAUSE_AT=point)
        assert wait_for(lambda paused=paused: is_stopped(paused)), point
        try:
            case.git("gc", "-q", "--prune=now")
        finally:
            os.kill(paused.pid, signal.SIGCONT)
        done = finish(paused)
        assert case.git("fsck", "--full", "--no-dangling") == "", point
        if done.rc != 0:
            assert done.rc == 4, done
            case.call("resume", "--run-id", RUN).must(0)
        committed(case)
