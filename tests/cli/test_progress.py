"""Progress: a live line on a terminal while a tool runs, plain lines in a pipe."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

import pytest

from support import FIX, WSFSM, wait_for


def on_a_terminal(repo, *args, rows=24, columns=80, until=None, env=None):
    """What a terminal of that size got; `until` is called with it while the program runs."""
    repo.settle()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen([WSFSM, *args], cwd=repo.root, env={**repo.env, "TERM": "xterm", **(env or {})},
                               stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.1)
        if ready:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data
        if until:
            until(shown)
    process.wait(timeout=10)
    os.close(master)
    return process.returncode, shown.decode(errors="replace")


@pytest.fixture
def talking(ready):
    """An agent that says something, waits to be seen, and goes on."""
    ready.agent(f"echo reading the code; i=0; while [ ! -e {ready.outside}/go ] && [ $i -lt 200 ]; do sleep 0.05; "
                f"i=$((i+1)); done; {FIX}")
    return ready


def test_live_line_tells_state_tool_and_last_output(talking):
    seen = []

    def watch(shown):
        if b"reading the code" in shown and not seen:
            seen.append(shown)
            (talking.outside / "go").touch()

    rc, shown = on_a_terminal(talking, "run", "--ws-id", "ws-fix", until=watch)
    assert rc == 0
    assert seen, shown
    live = seen[0].decode(errors="replace")
    assert "agent" in live and ("edit" in live or "editing" in live)
    assert "done" in shown


def test_elapsed_time_moves(talking):
    states = set()

    def watch(shown):
        states.update(shown.decode(errors="replace").split("\r"))
        if len([line for line in states if "agent" in line]) >= 3:
            (talking.outside / "go").touch()

    rc, shown = on_a_terminal(talking, "run", "--ws-id", "ws-fix", until=watch)
    assert rc == 0 and (talking.outside / "go").exists(), shown


def test_narrow_terminal(ready):
    ready.agent(f"echo {'wide ' * 100}; sleep 1.2; {FIX}")
    rc, shown = on_a_terminal(ready, "run", "--ws-id", "ws-fix", columns=20)
    assert rc == 0, shown


def test_hostile_output_does_not_drive_the_terminal(ready):
    ready.agent(f"printf '\\033]0;pwned\\007\\033[2Jclear\\n'; sleep 1.2; {FIX}")
    _, shown = on_a_terminal(ready, "run", "--ws-id", "ws-fix")
    assert "\x1b]0;pwned" not in shown and "\x1b[2J" not in shown


def test_no_color_on_a_terminal(ready):
    _, shown = on_a_terminal(ready, "run", "--ws-id", "ws-fix", env={"NO_COLOR": "1"})
    assert "\x1b[3" not in shown


def test_piped_is_plain(talking):
    process = talking.start("run", "--ws-id", "ws-fix")
    assert wait_for(lambda: talking.processes())
    time.sleep(0.5)
    (talking.outside / "go").touch()
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 0
    for data in (stdout, stderr):
        assert b"\r" not in data and b"\x1b" not in data


def test_json_on_a_terminal_is_not_disturbed(ready):
    ready.settle()
    result = ready.run().must(0)
    assert result.json["final_status"] == "done"
    assert result.stderr == ""
