"""INT cancels; TERM and HUP leave the run interrupted, and it goes on where it was."""

import json
import signal

import pytest

from support import CALC_FIXED, FIX, IS_FIXED, finish, wait_for


@pytest.fixture
def hanging(repo):
    """An agent that changes something and hangs the first time, and does its work the second."""
    repo.agent(f"echo half > src/half.txt; if [ ! -e {repo.outside}/again ]; then touch {repo.outside}/again; "
               f"sleep 1000; fi; rm -f src/half.txt; {FIX}")
    repo.bundle(acceptance_tests=[IS_FIXED])
    return repo


def interrupted(repo, number, *args):
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1", "--json", *args)
    assert wait_for(lambda: (repo.outside / "again").exists())
    process.send_signal(number)
    result = finish(process, timeout=20)
    repo.unchanged()
    assert repo.leftovers(1) == []
    return result


def test_int_cancels(hanging):
    result = interrupted(hanging, signal.SIGINT)
    assert result.rc in (1, 130), result
    assert hanging.history() == [("pending", "start", "editing"), ("editing", "cancel", "failed")]
    assert hanging.one("SELECT status FROM runs")["status"] == "failed"
    assert result.json["reason"] == "cancel"
    refs = hanging.git("for-each-ref", "--format=%(refname)", "refs/wsfsm/r1").splitlines()
    assert any(hanging.git("ls-tree", "-r", "--name-only", ref).count("src/half.txt") for ref in refs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_term_leaves_it_resumable(hanging, number):
    result = interrupted(hanging, number)
    assert result.rc == 128 + number or result.rc == -number, result
    assert hanging.one("SELECT status FROM runs")["status"] == "running"
    status = hanging.wsfsm("status").must(0).stdout
    assert "r1" in status and "interrupted" in status
    left = result.json["step_results"]["edit"]
    assert (left["step_name"], left["success"], left["status"]) == ("edit", False, "interrupted")
    assert left["details"]["tools"] == [] and left["error_message"]


def test_run_id_resumes_and_ends_done(hanging):
    interrupted(hanging, signal.SIGTERM)
    summary = hanging.run("ws-fix", "--run-id", "r1").must(0).json
    assert summary["run_id"] == "r1" and summary["final_status"] == "done"
    assert hanging.history()[:3] == [("pending", "start", "editing"), ("editing", "interrupted", "editing"),
                                     ("editing", "passed", "static_check")]
    assert [status for _, status in hanging.attempts()] == ["interrupted", "success", "skipped", "success"]
    assert summary["changed_files"] == ["src/calc.py"]
    assert hanging.show(summary["branch"], "src/calc.py") + "\n" == CALC_FIXED
    refs = hanging.git("for-each-ref", "--format=%(refname)", "refs/wsfsm/r1").splitlines()
    assert any("src/half.txt" in hanging.git("ls-tree", "-r", "--name-only", ref) for ref in refs)
    hanging.wsfsm("verify").must(0)


def test_resuming_reads_nothing_from_the_checkout(hanging):
    interrupted(hanging, signal.SIGTERM)
    hanging.write("workstreams/ws-fix.json", json.dumps({"changed": "beyond recognition"}))
    hanging.write("wsfsm.yaml", "tools: {}\n")
    hanging.commit("Break it")
    hanging.run("ws-fix", "--run-id", "r1").must(0)


def test_interrupted_too_often_is_the_end(repo):
    repo.agent(f"touch {repo.outside}/up; echo x >> src/calc.py; sleep 1000")
    repo.bundle()
    for turn in range(4):
        process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
        assert wait_for(lambda: (repo.outside / "up").exists()), turn
        (repo.outside / "up").unlink()
        process.send_signal(signal.SIGKILL)
        finish(process)
        repo.leftovers(2)
    result = repo.run("ws-fix", "--run-id", "r1").must(1)
    assert repo.history() == [("pending", "start", "editing")] + 3 * [("editing", "interrupted", "editing")] \
        + [("editing", "interrupted", "failed")]
    assert result.json["reason"] == "interrupted"


def test_kill_nine_then_the_same_end(hanging):
    process = hanging.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for(lambda: (hanging.outside / "again").exists())
    process.kill()
    finish(process)
    assert hanging.leftovers(2) == []
    assert "interrupted" in hanging.wsfsm("status").must(0).stdout
    summary = hanging.run("ws-fix", "--run-id", "r1").must(0).json
    assert summary["changed_files"] == ["src/calc.py"]
    assert not (hanging.worktree() / "src/half.txt").exists()


def test_unfinished_run_does_not_stop_a_new_one(hanging):
    interrupted(hanging, signal.SIGTERM)
    result = hanging.run("ws-fix", "--run-id", "r2", "-v").must(0)
    assert "r1" in result.stderr
    hanging.run("ws-fix", "--run-id", "r1").must(0)
    assert {row["status"] for row in hanging.rows("SELECT status FROM runs")} == {"completed"}


def test_second_signal_kills_at_once(repo):
    repo.agent(f"trap '' TERM; touch {repo.outside}/up; while :; do sleep 0.1; done")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix")
    assert wait_for(lambda: (repo.outside / "up").exists())
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: process.poll() is not None, 0.5)
    process.send_signal(signal.SIGTERM)
    result = finish(process, timeout=3)
    assert result.rc in (-signal.SIGTERM, 128 + signal.SIGTERM)
    assert repo.leftovers(1.5) == []


def test_status_tells_alive(hanging):
    process = hanging.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for(lambda: (hanging.outside / "again").exists())
    process_status = hanging.wsfsm("status", guard=False).must(0).stdout
    assert "r1" in process_status and "editing" in process_status and "interrupted" not in process_status
    process.send_signal(signal.SIGINT)
    finish(process)
