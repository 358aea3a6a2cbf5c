"""What can be seen of an attempt that was interrupted: what its tools printed, and how long the run was at work."""

import json
import os
import signal
import time

import pytest

from support import FIX, IS_FIXED, finish, wait_for

AT_WORK = 2  # seconds of a run that was left


@pytest.fixture
def hanging(repo):
    """An agent that hangs until it may go on."""
    repo.agent(f'echo "begun $WSFSM_ATTEMPT"; echo "why $WSFSM_ATTEMPT" >&2; echo half > src/half.txt\n'
               f"touch {repo.outside}/up; while [ ! -e {repo.outside}/go ]; do sleep 0.05; done; {FIX}")
    repo.bundle(acceptance_tests=[IS_FIXED])
    return repo


def leave(repo, number, seconds=0.0):
    """Run r1, left in its edit by that signal."""
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1", "--json")
    assert wait_for(lambda: (repo.outside / "up").exists())
    time.sleep(seconds)
    process.send_signal(number)
    result = finish(process, timeout=20)
    repo.unchanged()
    assert repo.leftovers(3) == []
    (repo.outside / "go").touch()
    return result


def log(repo, *args):
    return repo.wsfsm("log", "--run-id", "r1", *args).must(0)


def page(repo):
    file = repo.outside / "page.html"
    repo.wsfsm("report", "--run-id", "r1", "-o", file).must(0)
    return file.read_text()


def status(repo):
    (row,) = repo.wsfsm("status", "--json").must(0).json
    return row


# --- what the tools printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=str)
@pytest.mark.parametrize("then", ["resume", "cancel"])
def test_the_log_of_an_interrupted_attempt_stays_readable(hanging, number, then):
    leave(hanging, number)
    assert log(hanging, "--step", "edit", "--attempt", 1).stdout == "begun 1\n"
    hanging.wsfsm(then, "--run-id", "r1").must(0)
    first = log(hanging, "--step", "edit", "--attempt", 1)
    assert first.stdout == "begun 1\n" and "nothing to print" not in first.stderr
    assert log(hanging, "--step", "edit", "--attempt", 1, "--stderr").stdout == "why 1\n"
    line = json.loads(log(hanging, "--step", "edit", "--attempt", 1, "--json").stdout)
    assert line == {"step": "edit", "attempt": 1, "tool": "agent", "stream": "stdout", "line": "begun 1",
                    "complete": True}
    text = page(hanging)
    assert "begun 1" in text and "why 1" in text
    if then == "resume":
        assert log(hanging, "--step", "edit").stdout == "begun 2\n"


def test_every_tool_of_an_interrupted_step_has_its_log(hanging):
    """Also the one that had come to its end."""
    hanging.agent(FIX)
    hanging.check("echo one; exit 0", "one")
    hanging.check(f"echo two; touch {hanging.outside}/up; while [ ! -e {hanging.outside}/go ]; do sleep 0.05; done", "two")
    hanging.bundle(static_tools=["one", "two"])
    leave(hanging, signal.SIGKILL)
    hanging.wsfsm("resume", "--run-id", "r1").must(0)
    shown = log(hanging, "--step", "static", "--attempt", 1).stdout
    assert shown == ("==> static, attempt 1, one (stdout) <==\none\n\n"
                     "==> static, attempt 1, two (stdout) <==\ntwo\n")


def test_the_log_of_an_interrupted_attempt_is_masked_and_escaped(hanging):
    hanging.env["MY_TOKEN"] = "sk-0123456789abcdef"
    hanging.agent(f"printf 'token %s \\033[2J\\n' \"$MY_TOKEN\"; touch {hanging.outside}/up\n"
                  f"while [ ! -e {hanging.outside}/go ]; do sleep 0.05; done; {FIX}", pass_env=["MY_TOKEN"])
    leave(hanging, signal.SIGKILL)
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
    assert log(hanging).stdout == "token *** \\x1b[2J\n"
    assert "token *** \\x1b[2J" in page(hanging)


def test_an_interrupted_attempt_without_a_folder_has_no_log(hanging):
    leave(hanging, signal.SIGKILL)
    hanging.wsfsm("cancel", "--run-id", "r1").must(0)
    (folder,) = (hanging.root / ".wsfsm/runs/r1/ws-fix").glob("*-edit")
    os.rename(folder, hanging.outside / "gone")
    assert "nothing to print" in log(hanging, "--step", "edit").stderr
    assert "begun 1" not in page(hanging)


# --- which attempt


def test_an_attempt_without_a_step_is_of_the_last_step_that_ran_a_tool(hanging):
    """Static and runtime were attempted, too, and ran nothing."""
    hanging.bundle()
    leave(hanging, signal.SIGTERM)
    hanging.wsfsm("resume", "--run-id", "r1").must(0)
    first = log(hanging, "--attempt", 1)
    assert first.stdout == "begun 1\n" and "this is edit, attempt 1" in first.stderr
    second = log(hanging, "--attempt", 2)
    assert second.stdout == "begun 2\n" and "this is edit, attempt 2" in second.stderr
    assert "nothing to print" in log(hanging, "--step", "static", "--attempt", 1).stderr
    assert "there is no attempt 3" in hanging.wsfsm("log", "--run-id", "r1", "--attempt", 3).must(3).stderr


# --- how long it was at work


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_run_that_was_left_took_until_then(hanging, number):
    leave(hanging, number, AT_WORK)
    row = status(hanging)
    assert row["liveness"] == "interrupted" and row["elapsed_ms"] >= AT_WORK * 1000
    time.sleep(0.2)
    assert status(hanging)["elapsed_ms"] == row["elapsed_ms"], "it goes on while nothing works"
    left = hanging.event("workstream_left")
    assert (left["state"], left["seq"]) == ("editing", 1)
    assert f"<dt>last seen</dt><dd>{hanging.events()[-1]['timestamp']}</dd>" in page(hanging)
    hanging.wsfsm("verify").must(0)
    assert "left" not in [event for _, event, _ in hanging.history()]


def test_a_run_that_was_killed_took_until_its_last_sign(hanging):
    """Nobody could say when it ended; what its tool printed last is known."""
    hanging.agent(f"echo begun; sleep {AT_WORK}; echo more; touch {hanging.outside}/up; sleep 1000")
    leave(hanging, signal.SIGKILL)
    row = status(hanging)
    assert row["liveness"] == "interrupted" and row["elapsed_ms"] >= AT_WORK * 1000
    assert status(hanging)["elapsed_ms"] == row["elapsed_ms"]
    assert hanging.events("workstream_left") == []


def test_a_log_from_the_future_is_no_sign(hanging):
    leave(hanging, signal.SIGKILL)
    for file in (hanging.root / ".wsfsm/runs").rglob("*.log"):
        os.utime(file, (time.time() + 1e6, time.time() + 1e6))
    assert 0 <= status(hanging)["elapsed_ms"] < 1e6
