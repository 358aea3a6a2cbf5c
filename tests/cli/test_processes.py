"""Nothing a tool started outlives its attempt, whatever it tries."""

import os
import signal

import pytest

from support import FIX, finish, processes_with, wait_for

PYTHON = "/usr/bin/python3"


def python_agent(repo, text, **profile):
    file = repo.outside / "agent.py"
    file.write_text(text)
    repo.tool("agent", type="ai", command=PYTHON, args=[str(file)], **profile)
    repo.bundle()


def gone(mark, seconds=3):
    """No process carries that mark in its environment any more."""
    return wait_for(lambda: not processes_with(f"MARK={mark}".encode()), seconds)


LEAVERS = {
    "background": "sleep 1000 &",
    "new session": "setsid sleep 1000 &",
    "double fork": "(setsid sh -c 'sleep 1000 &' &)",
    "ignores TERM": "setsid sh -c 'trap \"\" TERM INT HUP; while :; do sleep 1; done' &",
    "closed streams": "setsid sleep 1000 < /dev/null > /dev/null 2>&1 &",
    "holds the pipe": "sleep 1000 & echo held",
    "stopped": "setsid sh -c 'kill -STOP $$; sleep 1000' &",
    "clean environment": "setsid env -i MARK=$MARK sleep 1000 &",
    "storm": "i=0; while [ $i -lt 200 ]; do setsid sleep 1000 & i=$((i+1)); done",
}


@pytest.mark.parametrize("kind", LEAVERS)
def test_left_behind_after_success(repo, kind):
    mark = f"{repo.base.name}-{os.getpid()}"
    repo.agent(LEAVERS[kind] + "\n" + FIX + "exit 0", env={"MARK": mark}, timeout_sec=60)
    repo.bundle()
    repo.run("ws-fix", timeout=40).must(0)
    assert gone(mark, 1)


@pytest.mark.parametrize("kind", LEAVERS)
def test_left_behind_after_a_timeout(repo, kind):
    mark = f"{repo.base.name}-{os.getpid()}"
    repo.agent(LEAVERS[kind] + "\nsleep 1000", env={"MARK": mark}, timeout_sec=1)
    repo.bundle()
    repo.run("ws-fix", timeout=40).must(1)
    assert gone(mark, 1)


def test_ignored_term_ends_by_kill(repo):
    repo.agent("trap '' TERM INT HUP; while :; do sleep 0.2; done", timeout_sec=1)
    repo.bundle()
    assert repo.run("ws-fix", timeout=40).must(1).json["reason"] == "timeout"


def test_daemon_that_execs_and_closes_everything(repo):
    python_agent(repo, "import os\n"
                       "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
                       "        os.closerange(0, 100)\n        os.execve('/bin/sleep', ['sleep', '1000'], "
                       "{'MARK': 'daemon-of-mine'})\n    os._exit(0)\n"
                       "open('src/calc.py', 'a').write('# x\\n')\n")
    repo.run("ws-fix", timeout=40).must(0)
    assert gone("daemon-of-mine", 1)


def test_two_layers_of_leaving_while_the_main_process_runs(repo):
    repo.agent(f"(setsid sh -c '(setsid sleep 1000 &)' &); sleep 0.2; {FIX}", env={"MARK": "layers-of-mine"})
    repo.bundle()
    repo.run("ws-fix", timeout=40).must(0)
    assert gone("layers-of-mine", 1)


@pytest.mark.parametrize("kind", LEAVERS)
def test_kill_nine_of_wsfsm(repo, kind):
    mark = f"{repo.base.name}-{os.getpid()}"
    repo.agent(LEAVERS[kind] + f"\ntouch {repo.outside}/up; sleep 1000", env={"MARK": mark})
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix")
    assert wait_for(lambda: (repo.outside / "up").exists())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert gone(mark, 5 if kind == "storm" else 1.5)
    process.communicate()
    assert repo.leftovers(1) == []
    assert repo.rows("SELECT status FROM step_attempts") == [{"status": "in_progress"}]


def test_acceptance_test_leaves_nothing_either(ready):
    mark = f"{ready.base.name}-{os.getpid()}"
    ready.config(acceptance={"env": {"MARK": mark}})
    ready.bundle(acceptance_tests=["setsid sleep 1000 & exit 0"])
    ready.run("ws-fix", timeout=40).must(0)
    assert gone(mark, 1)


def test_held_output_does_not_hang_the_run(repo):
    repo.agent(f"(setsid sleep 1000) & {FIX} echo last words")
    repo.bundle()
    run_id = repo.run("ws-fix", timeout=20).must(0).json["run_id"]
    assert "last words" in repo.wsfsm("log", "--run-id", run_id, "--step", "edit").stdout


def test_zombies_do_not_pile_up(repo):
    repo.agent(f"i=0; while [ $i -lt 100 ]; do (true &) ; i=$((i+1)); done; {FIX} sleep 0.3; "
               f"ps -o stat= --ppid $PPID | grep -c '^Z' > {repo.outside}/zombies; true")
    repo.bundle()
    repo.run().must(0)
    assert int((repo.outside / "zombies").read_text()) < 50


def test_the_tool_does_not_hold_the_lock(repo):
    """A new run starts while a left-over of a killed one could still be dying."""
    repo.agent(f"touch {repo.outside}/up; {FIX} sleep 1000")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix")
    assert wait_for(lambda: (repo.outside / "up").exists())
    process.kill()
    finish(process)
    repo.agent(FIX)
    assert repo.run().rc == 0
