"""A supervisor that outlives its orchestrator is ended by whoever goes on, and nobody else is."""

import contextlib
import fcntl
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support import FIX, IS_FIXED, finish, wait_for

# The tool's parent is its supervisor, whose parent is wsfsm.
KILL_WSFSM = "kill -9 $(ps -o ppid= -p $PPID)\n"
STOP_BOTH = "wsfsm=$(ps -o ppid= -p $PPID); kill -STOP $PPID; kill -9 $wsfsm\n"


def first_time(repo, script):
    """An agent that does this the first time, and its work the second."""
    repo.agent(f"if [ ! -e {repo.outside}/again ]; then touch {repo.outside}/again; echo half > src/half.txt\n{script}"
               f"sleep 1000; fi; rm -f src/half.txt; {FIX}")
    repo.bundle(acceptance_tests=[IS_FIXED])


def state_of(pid):
    """As ps shows it; X when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def start_time(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def supervisors(repo):
    return [pid for pid, line in repo.processes() if "__guard" in line]


def killed(repo, run_id="r1"):
    """The supervisor holds the standard error of the wsfsm that started it."""
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", run_id,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.wait(timeout=30) == -signal.SIGKILL


def pid_in(file):
    assert wait_for(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


@contextlib.contextmanager
def lock_held(repo):
    """By this process, which is nobody's supervisor."""
    lock = repo.root / ".wsfsm/locks/ws-fix.tool"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@pytest.mark.parametrize("command, rc", [("resume", 0), ("resume --take-over", 0), ("cancel", 0), ("run", 0)])
def test_a_supervisor_that_its_tool_stopped(repo, command, rc):
    first_time(repo, "(setsid sleep 1000 &)\n" + STOP_BOTH)
    killed(repo)
    guard, = supervisors(repo)
    assert wait_for(lambda: state_of(guard) == "T")
    run, = repo.wsfsm("status", "--json").must(0).json
    assert run["liveness"] == "interrupted"
    name, *options = command.split()
    repo.wsfsm(name, *(["--ws-id", "ws-fix"] if name == "run" else ["--run-id", "r1"]), *options).must(rc)
    assert repo.leftovers(1) == []
    ends = {"resume": "done", "cancel": "failed", "run": "editing"}
    assert repo.history(run_id="r1")[-1][2] == ends[name]
    if name == "run":
        repo.wsfsm("resume", "--run-id", "r1").must(0)
    repo.wsfsm("verify").must(0)


def test_a_supervisor_that_is_stopped_again_and_again(repo):
    """By a process that no environment tells of. Both are gone when the resume goes on."""
    stopper = repo.outside / "stopper"
    first_time(repo, f"(setsid env -i /bin/sh -c 'echo $$ > {stopper}; while kill -STOP '$PPID'; do :; done' "
                     f"2> /dev/null &)\nwhile [ ! -s {stopper} ]; do sleep 0.01; done\n" + KILL_WSFSM)
    killed(repo)
    pid = pid_in(stopper)
    repo.wsfsm("resume", "--run-id", "r1").must(0)
    assert state_of(pid) in "XZ" and repo.leftovers(1) == []
    repo.wsfsm("verify").must(0)


def test_a_tool_that_wiped_its_environment_is_taken_over(repo):
    """Only its supervisor knows it, and that one waits for an orchestrator that is stopped."""
    file = repo.outside / "pid"
    first_time(repo, f"echo $$ > {file}; exec env -i /bin/sleep 1000\n")
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    pid = pid_in(file)
    assert wait_for(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n")
    process.send_signal(signal.SIGSTOP)
    repo.wsfsm("resume", "--run-id", "r1", "--take-over").must(0)
    assert state_of(pid) in "XZ" and supervisors(repo) == []
    process.send_signal(signal.SIGCONT)
    late = finish(process, timeout=20)
    assert late.rc == 5 and "taken the run over" in late.stderr, str(late)
    assert repo.leftovers(1) == []
    repo.wsfsm("verify").must(0)


def test_a_holder_that_lost_its_supervisor_too_says_that_it_was_taken_over(repo):
    first_time(repo, "")
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1", "--json")
    assert wait_for((repo.outside / "again").exists)
    process.send_signal(signal.SIGSTOP)
    os.kill(*supervisors(repo), signal.SIGKILL)
    repo.wsfsm("resume", "--run-id", "r1", "--take-over").must(0)
    process.send_signal(signal.SIGCONT)
    assert finish(process, timeout=20).must(5).error["code"] == "lease_lost"
    repo.wsfsm("verify").must(0)


def test_what_a_lock_file_says_kills_nobody(repo):
    first_time(repo, KILL_WSFSM)
    killed(repo)
    assert repo.leftovers() == []
    bystanders = [subprocess.Popen(["/bin/sleep", "1000"]) for _ in range(2)]
    try:
        with lock_held(repo) as lock:
            for said in (bystanders[0].pid, os.getpid()):
                lock.truncate(0)
                lock.write(f"{said} {start_time(said)}\n")
                lock.flush()
                refused = repo.wsfsm("resume", "--run-id", "r1", "--json").must(5)
                assert (refused.error["code"], refused.error["where"]) == ("busy", str(lock.name)), refused
        repo.wsfsm("resume", "--run-id", "r1").must(0)
        assert [sleep.poll() for sleep in bystanders] == [None, None]
    finally:
        for sleep in bystanders:
            sleep.kill()
            sleep.wait()


def test_a_lock_that_cannot_be_had_accuses_no_tool(repo):
    """The run is left as it is, and goes on when the lock is free."""
    first_time(repo, "")
    (repo.outside / "again").touch()
    repo.run("ws-fix", "--dry-run").must(0)  # which makes the folders
    with lock_held(repo):
        refused = repo.run("ws-fix", "--run-id", "r1").must(5)
        assert refused.error["code"] == "busy", refused
        assert repo.history(run_id="r1") == [("pending", "start", "editing")]
    assert repo.wsfsm("resume", "--run-id", "r1", "--json").must(0).json["final_status"] == "done"
    repo.wsfsm("verify").must(0)
