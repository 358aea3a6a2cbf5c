"""Whose a workstream is: other runs, other workstreams, dead ones and the user beside an interrupted run."""

import json
import os
import signal
from pathlib import Path

import pytest

from support import FIX, IS_FIXED, finish, wait_for

FIRST = "refs/wsfsm/r1/ws-fix"


@pytest.fixture
def slow(repo):
    """An agent that begins, waits until its run may go on, and does its work."""
    repo.agent(f"echo $WSFSM_RUN_ID > src/half.txt; touch {repo.outside}/begun-$WSFSM_RUN_ID; "
               f"while [ ! -e {repo.outside}/go-$WSFSM_RUN_ID ]; do sleep 0.05; done; rm src/half.txt; {FIX}")
    repo.bundle(acceptance_tests=[IS_FIXED])
    return repo


def begin(repo, run_id, ws_id="ws-fix"):
    process = repo.start("run", "--ws-id", ws_id, "--run-id", run_id, "--json")
    assert wait_for(lambda: (repo.outside / f"begun-{run_id}").exists())
    return process


def may_go_on(repo, run_id):
    (repo.outside / f"go-{run_id}").touch()


def interrupted(repo, how=signal.SIGTERM):
    process = begin(repo, "r1")
    process.send_signal(how)
    assert finish(process, timeout=20).rc == (128 + how if how == signal.SIGTERM else -how)


def test_only_the_run_itself_is_taken_over(slow):
    """The fence of one run says nothing to the holder of another."""
    interrupted(slow)
    second = begin(slow, "r2")
    refused = slow.wsfsm("resume", "--run-id", "r1").must(5)
    assert "run r2" in refused.stderr and "take-over" not in refused.stderr
    before = slow.history()
    refused = slow.wsfsm("resume", "--run-id", "r1", "--take-over").must(5)
    assert "run r2" in refused.stderr and "take-over" not in refused.stderr
    assert slow.history() == before
    assert "alive" in slow.wsfsm("status", "--run-id", "r2").must(0).stdout
    may_go_on(slow, "r2")
    assert finish(second, timeout=30).must(0).json["final_status"] == "done"
    may_go_on(slow, "r1")
    slow.wsfsm("resume", "--run-id", "r1", "--take-over").must(0)
    slow.wsfsm("verify").must(0)


def test_what_the_user_made_of_a_stopped_run_is_kept(slow):
    interrupted(slow)
    assert slow.show(f"{FIRST}/2", "src/half.txt") == "r1"
    mine = slow.worktree() / "src/mine.txt"
    mine.write_text("mine\n")
    may_go_on(slow, "r1")
    said = slow.wsfsm("resume", "--run-id", "r1").must(0).stderr
    assert f"kept under {FIRST}/left-1" in said
    assert slow.show(f"{FIRST}/left-1", "src/mine.txt") == "mine"
    assert not mine.exists()
    row = slow.one("SELECT tree_oid FROM transitions WHERE run_id = 'r1' AND seq = 2")
    assert row["tree_oid"] == slow.git("rev-parse", f"{FIRST}/2^{{tree}}")
    slow.wsfsm("verify").must(0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_cancel_leaves_the_worktree_as_it_is(slow, how):
    """Nobody goes on in it."""
    interrupted(slow, how)
    mine = slow.worktree() / "src/mine.txt"
    mine.write_text("mine\n")
    slow.wsfsm("cancel", "--run-id", "r1").must(0)
    assert mine.read_text() == "mine\n" and (slow.worktree() / "src/half.txt").exists()
    assert slow.show(f"{FIRST}/2", "src/half.txt") == "r1"
    assert slow.history()[-1][2] == "failed"
    slow.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    kept = "left-1" if how == signal.SIGTERM else "2"
    assert slow.show(f"{FIRST}/{kept}", "src/mine.txt") == "mine"
    slow.wsfsm("verify").must(0)


def test_a_cancel_needs_nothing_to_go_back_to(slow):
    slow.config(worktree={"copy": ["local.cfg"]})
    slow.write("local.cfg", "a = 1\n")
    interrupted(slow)
    start = slow.one("SELECT start_tree FROM step_attempts")["start_tree"]
    assert start != slow.git("rev-parse", "HEAD^{tree}")
    (slow.root / ".git/objects" / start[:2] / start[2:]).unlink()
    slow.wsfsm("cancel", "--run-id", "r1").must(0)
    assert slow.history()[-1] == ("editing", "cancel", "failed")


def test_what_no_snapshot_holds_is_named(slow):
    """When a resume puts the worktree back, it is gone."""
    process = begin(slow, "r1")
    tree = slow.worktree()
    with open(tree / "src/huge", "wb") as file:
        file.truncate(101 << 20)
    slow.git("init", "-q", "sub", cwd=tree)
    (tree / "src/.GIT").mkdir()
    (tree / "src/.GIT/notes").write_text("notes\n")
    process.send_signal(signal.SIGTERM)
    finish(process, timeout=20)
    may_go_on(slow, "r1")
    said = slow.wsfsm("resume", "--run-id", "r1").must(0).stderr
    lost = ["src/.GIT", "src/huge", "sub/.git"]
    for name in lost:
        assert f"goes with the interrupted attempt: {name}\n" in said, said
    result = slow.one("SELECT result_json FROM step_attempts ORDER BY id LIMIT 1")["result_json"]
    assert json.loads(result)["details"]["lost"] == lost


def test_a_commit_the_user_made_in_a_stopped_run_is_kept(slow):
    interrupted(slow)
    slow.git("commit", "-qam", "Mine", "--allow-empty", cwd=slow.worktree())
    mine = slow.git("rev-parse", "HEAD", cwd=slow.worktree())
    may_go_on(slow, "r1")
    slow.wsfsm("resume", "--run-id", "r1").must(0)
    assert slow.git("rev-parse", f"{FIRST}/left-1^1") == mine


@pytest.mark.parametrize("half", ["", "kept", "gone"])
def test_nothing_new_is_not_kept_twice(slow, half):
    """Also what a killed try has put back in part: all of it is in the snapshot, or in what the attempt began with."""
    interrupted(slow)
    if half == "gone":
        (slow.worktree() / "src/half.txt").unlink()
    elif half == "kept":
        (slow.worktree() / "src/calc.py").write_text((slow.root / "src/calc.py").read_text())
    may_go_on(slow, "r1")
    slow.wsfsm("resume", "--run-id", "r1").must(0)
    assert "left" not in slow.git("for-each-ref", FIRST)


def orphaned(repo):
    """A run of whose agent a part has outlived wsfsm and its supervisor, and writes on."""
    script = repo.outside / "agent.sh"
    script.write_text("[ $WSFSM_RUN_ID = r1 ] && setsid sh -c 'while sleep 0.05; do echo x >> src/stray.txt; done' &\n"
                      + script.read_text())
    process = begin(repo, "r1")
    [guard] = [pid for pid, line in repo.processes() if "__guard" in line]
    os.kill(guard, signal.SIGSTOP)  # or it would see the end of the process first
    assert wait_for(lambda: Path(f"/proc/{guard}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    process.kill()
    os.kill(guard, signal.SIGKILL)
    finish(process)
    assert wait_for(lambda: not [pid for pid, line in repo.processes() if "__guard" in line])
    assert repo.processes(), "nothing outlived them"


@pytest.mark.parametrize("command", [["run", "--ws-id", "ws-fix", "--run-id", "r2"],
                                     ["worktree", "remove", "--ws-id", "ws-fix"]])
def test_who_takes_a_dead_runs_worktree_ends_what_still_works_there(slow, command):
    orphaned(slow)
    may_go_on(slow, "r2")
    slow.wsfsm(*command).must(0)
    assert slow.leftovers(1) == []
    assert slow.show(f"{FIRST}/left-1", "src/half.txt") == "r1"
    assert "stray" not in slow.git("log", "--name-only", "--branches=ws/r2", "main..")
    assert not (slow.worktree() / "src/stray.txt").exists()
    slow.wsfsm("verify").must(0)


def stored(repo):
    return [repo.rows(f"SELECT * FROM {table}")
            for table in ("runs", "workstreams", "transitions", "events", "step_attempts", "errors")]


def test_a_resume_beside_an_overlapping_run_waits(slow):
    slow.agent(f"touch {slow.outside}/begun-$WSFSM_RUN_ID; while [ ! -e {slow.outside}/go-$WSFSM_RUN_ID ]; "
               "do sleep 0.05; done; echo 2 >> src/calc.py", tool_id="other")
    slow.bundle("ws-other", files_scope=["src/calc.py"], tool="other")
    interrupted(slow)
    other = begin(slow, "r2", "ws-other")
    before = stored(slow)
    refused = slow.wsfsm("resume", "--run-id", "r1", "--json").must(5)
    assert "ws-other" in refused.error["where"] and "take-over" not in refused.stderr
    assert stored(slow) == before
    slow.wsfsm("resume", "--run-id", "r1", "--take-over").must(5)
    assert stored(slow) == before
    may_go_on(slow, "r2")
    finish(other, timeout=30).must(0)
    may_go_on(slow, "r1")
    slow.wsfsm("resume", "--run-id", "r1").must(0)


def test_a_cancel_beside_an_overlapping_run_does_not_wait(slow):
    slow.agent(f"touch {slow.outside}/begun-$WSFSM_RUN_ID; sleep 1000", tool_id="other")
    slow.bundle("ws-other", files_scope=["src/calc.py"], tool="other")
    interrupted(slow)
    other = begin(slow, "r2", "ws-other")
    slow.wsfsm("cancel", "--run-id", "r1").must(0)
    slow.wsfsm("cancel", "--run-id", "r2").must(0)
    finish(other, timeout=20)


@pytest.mark.parametrize("command, env", [
    ("run --ws-id ws-fix --run-id r1 --dry-run", {}),
    ("run --ws-id ws-fix --run-id r1", {"PIPELINE_DRY_RUN": "1"}),
    ("resume --run-id r1", {"PIPELINE_DRY_RUN": "1"})])
def test_a_dry_run_goes_on_with_no_real_one(slow, command, env):
    interrupted(slow)
    may_go_on(slow, "r1")
    before, refs = stored(slow), slow.git("for-each-ref")
    refused = slow.wsfsm(*command.split(), env=env).must(3)
    assert "r1: " in refused.stderr and "dry run" in refused.stderr
    assert (stored(slow), slow.git("for-each-ref")) == (before, refs)
    assert (slow.worktree() / "src/half.txt").exists()
    slow.wsfsm("resume", "--run-id", "r1").must(0)
