"""Commands and signals beside a run that is between two of its steps: before its refs, before its tool."""

import json
import os
import signal
import time

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
