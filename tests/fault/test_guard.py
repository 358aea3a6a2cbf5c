"""The supervisor killed, alone or with its orchestrator, while the worst of tools is at work."""

import os
import signal
import time
from pathlib import Path

from harness import KILLED, RUN, Result, cases, conclude, dice, finish, prepare, resume, sweep, unbroken, wait_for

# Ignores TERM; leaves a child, one in a session of its own, a daemon by double fork that closed everything, and a
# chain that forks and exits for a while. The first time it hangs, later it does its work.
NASTY = """import os, signal, sys, time
first = not os.path.exists(sys.argv[1])
open(sys.argv[1], 'w').close()
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
def leave(session=False, daemon=False):
    if os.fork() == 0:
        if session or daemon:
            os.setsid()
        if daemon:
            if os.fork():
                os._exit(0)
            os.closerange(0, 64)
        os.execvp('sleep', ['sleep', '1000'])
leave()
leave(session=True)
leave(daemon=True)
if os.fork() == 0:
    os.setsid()
    end = time.time() + 20
    while time.time() < end:
        if os.fork():
            os._exit(0)
        time.sleep(0.003)
    os._exit(0)
with open('src/calc.py', 'w') as file:
    file.write('half' if first else 'def add(a, b):\\n    return a + b\\n')
if first:
    open(sys.argv[1] + '.up', 'w').close()
    time.sleep(1000)
"""


def nasty(folder):
    """Whether it is the first time is told by a file in the home of each copy."""
    template = prepare(folder, tool="nasty")
    script = template.outside / "nasty.py"
    script.write_text(NASTY)
    template.tool("nasty", type="ai", command="/bin/sh", pass_env=["HOME"],
                  args=["-c", f'exec /usr/bin/python3 -B {script} "$HOME/first"'])
    template.commit("Declare the worst of tools")
    return template


def guard_of(pid):
    """The supervisor is the child of ours that is called so."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if Path(f"/proc/{child}/comm").read_text().startswith("wsfsm"):
            return int(child)
    raise AssertionError("no supervisor")


def kill(case, who, seconds):
    """Kills when the tool has been up that long. Returns what came of the orchestrator."""
    process = case.begin("run", "--ws-id", "ws-fix", "--run-id", RUN, "--json")
    assert wait_for((case.home / "first.up").exists), finish(process, timeout=1)
    time.sleep(seconds)
    guard = guard_of(process.pid)
    if "stopped" in who:
        os.kill(guard, signal.SIGSTOP)
    if "guard" in who:
        os.kill(guard, signal.SIGKILL)
    if "wsfsm" in who:
        process.kill()
    if who == "stopped wsfsm":  # the supervisor holds the other end of our pipe
        process.wait(timeout=30)
        process.stdout.close()
        process.stderr.close()
        return Result((), process.returncode, "", "")
    return finish(process, timeout=30)


def broken(tmp_path, who, after):
    template = nasty(tmp_path / "template")
    (template.home / "first").touch()
    reference = unbroken(template, tmp_path / "unbroken")
    (template.home / "first").unlink()
    chance = dice(who)
    waits = [chance.uniform(0, 0.1) for _ in range(cases(12))]

    def one(case, seconds):
        after(case, kill(case, who, seconds))
        resume(case, reference)
        case.check(reference)

    return len(waits), sweep(template, tmp_path, waits, one)


def test_wsfsm_alone(tmp_path):
    """The supervisor ends everything at once."""
    def after(case, result):
        assert result.rc == KILLED
        case.after_kill()

    conclude("guard.wsfsm", "wsfsm killed, its supervisor ends the worst of tools",
             *broken(tmp_path, "wsfsm", after))


def test_guard_alone(tmp_path):
    """The orchestrator ends what the supervisor watched over, and leaves the run to be resumed."""
    def after(case, result):
        assert result.rc == 4, result
        case.after_kill()

    conclude("guard.guard", "the supervisor killed, wsfsm ends the worst of tools",
             *broken(tmp_path, "guard", after))


def test_both(tmp_path):
    """Nobody is left to end anything: whoever goes on does it first."""
    def after(case, result):
        assert result.rc == KILLED
        case.kills += 1
        case.see_status()

    conclude("guard.both", "wsfsm and its supervisor killed, the resume ends the worst of tools",
             *broken(tmp_path, "stopped guard wsfsm", after))


def test_guard_stopped(tmp_path):
    """It sees nothing of the end of wsfsm until whoever goes on wakes it."""
    def after(case, result):
        assert result.rc == KILLED
        case.kills += 1
        case.see_status()

    conclude("guard.stopped", "wsfsm killed while its supervisor is stopped, the resume has both end",
             *broken(tmp_path, "stopped wsfsm", after))
