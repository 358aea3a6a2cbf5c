"""resume, cancel and take-over: one holder at a time, and nothing lost on the way."""

import os
import signal
import time
from pathlib import Path

import pytest

from support import CALC_FIXED, FIX, IS_FIXED, finish, wait_for


@pytest.fixture
def hanging(repo):
    """An agent that changes something and hangs the first time, and does its work the second."""
    repo.agent(f"echo half > src/half.txt; if [ ! -e {repo.outside}/again ]; then touch {repo.outside}/again; "
               f"(setsid sleep 1000 &); sleep 1000; fi; rm -f src/half.txt; {FIX}")
    repo.bundle(acceptance_tests=[IS_FIXED])
    return repo


def hang(repo, run_id="r1"):
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", run_id, "--json")
    assert wait_for(lambda: (repo.outside / "again").exists())
    return process


def killed(repo):
    process = hang(repo)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert repo.leftovers(2) == []


def test_resume_after_a_kill(hanging):
    killed(hanging)
    summary = hanging.wsfsm("resume", "--run-id", "r1", "--json").must(0).json
    assert (summary["run_id"], summary["final_status"], summary["changed_files"]) == ("r1", "done", ["src/calc.py"])
    assert hanging.history()[1] == ("editing", "interrupted", "editing")
    assert hanging.show(summary["branch"], "src/calc.py") + "\n" == CALC_FIXED
    kept = hanging.git("ls-tree", "-r", "--name-only", "refs/wsfsm/r1/ws-fix/2")
    assert "src/half.txt" in kept.splitlines()
    hanging.wsfsm("verify").must(0)


def test_the_interrupted_transition_names_what_was_kept(hanging):
    killed(hanging)
    hanging.wsfsm("resume", "--run-id", "r1").must(0)
    row = hanging.one("SELECT tree_oid FROM transitions WHERE event = 'interrupted'")
    assert row["tree_oid"] == hanging.git("rev-parse", "refs/wsfsm/r1/ws-fix/2^{tree}")


def test_a_result_names_the_snapshots_of_all_attempts(hanging):
    """The last attempt of a step may have kept nothing where an interrupted one before it did."""
    hanging.agent(f"if [ ! -e {hanging.outside}/again ]; then echo half > src/half.txt; touch {hanging.outside}/again; "
                  "sleep 1000; fi; exit 1")
    hanging.bundle()
    killed(hanging)
    shown = hanging.wsfsm("resume", "--run-id", "r1").must(1).stdout
    assert "snapshot" in shown and "refs/wsfsm/r1/ws-fix/2\n" in shown
    assert "/end" not in shown


def locks(repo):
    return [line for line in repo.git("worktree", "list", "--porcelain").splitlines() if line.startswith("locked")]


def test_resume_leaves_the_users_lock_of_the_worktree(hanging):
    killed(hanging)
    hanging.git("worktree", "lock", "--reason", "mine", hanging.worktree())
    hanging.wsfsm("resume", "--run-id", "r1").must(0)
    assert locks(hanging) == ["locked mine"]
    hanging.wsfsm("verify").must(0)


def test_resume_where_the_worktree_is_locked_and_gone(hanging):
    """Refused as often as it is asked for: none of it counts as an interrupted attempt."""
    killed(hanging)
    hanging.git("worktree", "lock", hanging.worktree())
    away = hanging.worktree().rename(hanging.base / "away")
    for _ in range(5):
        assert "unlock" in hanging.wsfsm("resume", "--run-id", "r1").must(4).stderr
    assert hanging.history() == [("pending", "start", "editing")]
    away.rename(hanging.worktree())
    hanging.wsfsm("resume", "--run-id", "r1").must(0)
    assert locks(hanging) == ["locked"]


@pytest.mark.parametrize("command, rc", [("status", 0), ("cancel", 0), ("resume", 0)])
def test_what_outlived_wsfsm_and_its_supervisor_is_ended_by_the_next_command(hanging, command, rc):
    """Where no PID namespace ends it. `hanging` leaves one process in its session and one in a session of its own."""
    process = hang(hanging)
    guards = [pid for pid, line in hanging.processes() if "__guard" in line]
    assert len(guards) == 1
    os.kill(guards[0], signal.SIGSTOP)  # or it would see the end of the process first
    assert wait_for(lambda: Path(f"/proc/{guards[0]}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    process.kill()
    os.kill(guards[0], signal.SIGKILL)
    finish(process)
    assert wait_for(lambda: not [pid for pid, line in hanging.processes() if "__guard" in line])
    assert hanging.processes(), "nothing outlived them"
    hanging.wsfsm(command, *(["--run-id", "r1"] if command != "status" else [])).must(rc)
    assert hanging.leftovers(1) == []
    hanging.wsfsm("verify").must(0)


@pytest.mark.parametrize("config", [":::[", "nonsense: 1\ntools: {agent: {type: nothing}}\n", "- a list\n"])
@pytest.mark.parametrize("command, end", [("resume", "done"), ("cancel", "failed")])
def test_a_broken_configuration_stops_neither(hanging, config, command, end):
    killed(hanging)
    hanging.write("wsfsm.yaml", config)
    result = hanging.wsfsm(command, "--run-id", "r1", guard=False).must(0)
    assert "wsfsm.yaml:1:" in result.stderr and "warning:" in result.stderr
    assert hanging.history()[-1][2] == end
    hanging.run("ws-fix", guard=False).must(3)


@pytest.mark.parametrize("command", ["resume", "cancel"])
def test_no_such_run(ready, command):
    assert "r9" in ready.wsfsm(command, "--run-id", "r9").must(3).stderr  # no database
    assert not ready.database.exists()
    ready.run().must(0)
    assert "r9" in ready.wsfsm(command, "--run-id", "r9").must(3).stderr


@pytest.mark.parametrize("command", ["resume", "cancel"])
def test_a_run_that_has_ended(ready, command):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    before = ready.history()
    assert "done" in ready.wsfsm(command, "--run-id", "r1").must(3).stderr
    assert ready.history() == before


def test_a_living_run_is_not_resumed(hanging):
    process = hang(hanging)
    refused = hanging.wsfsm("resume", "--run-id", "r1").must(5)
    assert str(process.pid) in refused.stderr
    assert hanging.history() == [("pending", "start", "editing")]
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
    finish(process, timeout=20)


def test_cancel_ends_the_tool_and_the_run_exits_1(hanging):
    process = hang(hanging)
    cancelled = hanging.wsfsm("cancel", "--run-id", "r1", "--json").must(0).json
    assert (cancelled["final_status"], cancelled["reason"]) == ("failed", "cancel")
    assert finish(process, timeout=20).rc == 1
    assert hanging.leftovers(1) == []
    assert hanging.history()[-1] == ("editing", "cancel", "failed")
    hanging.wsfsm("verify").must(0)


def test_cancel_of_an_interrupted_run(hanging):
    killed(hanging)
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
    assert hanging.history() == [("pending", "start", "editing"), ("editing", "cancel", "failed")]
    assert "src/half.txt" in hanging.git("ls-tree", "-r", "--name-only", "refs/wsfsm/r1/ws-fix/2").splitlines()
    assert hanging.one("SELECT status FROM runs")["status"] == "failed"
    hanging.wsfsm("verify").must(0)


def test_a_stopped_holder_is_taken_over_and_can_write_nothing(hanging):
    process = hang(hanging)
    process.send_signal(signal.SIGSTOP)
    hanging.wsfsm("resume", "--run-id", "r1").must(5)
    hanging.wsfsm("resume", "--run-id", "r1", "--take-over").must(0)
    history, refs = hanging.history(), hanging.git("for-each-ref")
    process.send_signal(signal.SIGCONT)
    late = finish(process, timeout=20)
    assert late.rc == 5 and "lease_lost" in late.stderr
    assert (hanging.history(), hanging.git("for-each-ref")) == (history, refs)
    assert hanging.leftovers(1) == []
    hanging.wsfsm("verify").must(0)


def test_cancel_of_a_stopped_holder(hanging):
    """It is told at once what can be done. Let go on, the holder cancels."""
    process = hang(hanging)
    process.send_signal(signal.SIGSTOP)
    for _ in range(2):
        refused = hanging.wsfsm("cancel", "--run-id", "r1", "--json", timeout=15).must(5)
        for words in (f"process {process.pid} ", "is stopped", f"kill -CONT {process.pid}",
                      "resume --run-id r1 --take-over"):
            assert words in refused.error["message"], refused
    assert hanging.history() == [("pending", "start", "editing")]
    process.send_signal(signal.SIGCONT)
    assert finish(process, timeout=20).rc == 1
    assert hanging.history()[-1] == ("editing", "cancel", "failed")


def test_a_holder_that_slept_between_two_tools_starts_no_other(ready):
    stop = f"test -e {ready.outside}/stopped || {{ touch {ready.outside}/stopped; kill -STOP $(ps -o ppid= -p $PPID); }}"
    ready.bundle(acceptance_tests=[stop, f"echo ran >> {ready.outside}/second"])
    process = ready.start("run", "--ws-id", "ws-fix", "--run-id", "r1", "--json")
    assert wait_for(lambda: "State:\tT" in Path(f"/proc/{process.pid}/status").read_text())
    time.sleep(0.5)  # its tool ends meanwhile, and nobody is there to hear it
    ready.wsfsm("resume", "--run-id", "r1", "--take-over").must(0)
    process.send_signal(signal.SIGCONT)
    late = finish(process, timeout=20)
    assert late.rc == 5 and "lease_lost" in late.stderr
    assert (ready.outside / "second").read_text() == "ran\n"


def test_a_running_holder_is_taken_over(hanging):
    process = hang(hanging)
    hanging.wsfsm("resume", "--run-id", "r1", "--take-over").must(0)
    assert finish(process, timeout=20).rc == 5
    hanging.wsfsm("verify").must(0)


def test_two_starts_at_once(hanging):
    """Exactly one runs; the other names it."""
    first = hang(hanging)
    second = hanging.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r2").must(5)
    assert "r1" in second.stderr
    assert hanging.rows("SELECT run_id FROM runs") == [{"run_id": "r1"}]
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
    finish(first, timeout=20)


def test_a_lock_file_left_by_a_dead_process_holds_nothing(ready):
    ready.run().must(0)
    lock = ready.root / ".wsfsm/locks/ws-fix.lock"
    lock.write_text("1 some-run\n")
    ready.run().must(0)


def test_overlapping_scopes_are_refused_and_disjoint_ones_run(hanging):
    hanging.bundle("ws-other", files_scope=["src/"], tool="agent")
    hanging.bundle("ws-apart", files_scope=["docs/"], tool="writer")
    hanging.agent("echo more >> docs/guide.md", tool_id="writer")
    process = hang(hanging)
    refused = hanging.wsfsm("run", "--ws-id", "ws-other").must(5)
    assert "ws-fix" in refused.stderr
    assert hanging.run("ws-apart").must(0).json["changed_files"] == ["docs/guide.md"]
    assert hanging.rows("SELECT DISTINCT ws_id FROM runs JOIN workstreams USING(run_id) ORDER BY 1") == [
        {"ws_id": "ws-apart"}, {"ws_id": "ws-fix"}]
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
    finish(process, timeout=20)


def test_eight_at_once(repo):
    for n in range(8):
        repo.write(f"part{n}/a.txt", "a\n")
        repo.agent(f"sleep 0.3; echo b >> part{n}/a.txt", tool_id=f"agent{n}")
        repo.bundle(f"ws-part{n}", files_scope=[f"part{n}/"], tool=f"agent{n}")
    repo.commit("Parts")
    processes = [repo.start("run", "--ws-id", f"ws-part{n}", "--json") for n in range(8)]
    ends = [finish(process, timeout=60) for process in processes]
    for end in ends:
        assert end.must(0).json["final_status"] == "done"
    repo.wsfsm("verify").must(0)


def test_an_older_unfinished_run_does_not_stop_a_new_one(hanging):
    killed(hanging)
    new = hanging.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r2").must(0)
    assert "resume --run-id r1" in new.stderr
    hanging.wsfsm("resume", "--run-id", "r1").must(0)
    assert [row["status"] for row in hanging.rows("SELECT status FROM runs ORDER BY run_id")] == ["completed"] * 2
    hanging.wsfsm("verify").must(0)


def test_status_tells_interrupted_within_a_second(hanging):
    process = hang(hanging)
    assert "interrupted" not in hanging.wsfsm("status").must(0).stdout
    process.send_signal(signal.SIGKILL)
    finish(process)
    begun = time.monotonic()
    assert wait_for(lambda: "interrupted" in hanging.wsfsm("status").must(0).stdout)
    assert time.monotonic() - begun < 10  # a bound against hanging; the promise is about a second
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
