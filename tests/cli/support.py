"""What the black-box tests share: a git repository of a user, the program, and its database.

Nothing here is mocked. Repositories are made by git, tools are processes, the database is read with sqlite3.
"""

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
WSFSM = Path(os.environ.get("WSFSM_BIN", SOURCE / "build/wsfsm")).resolve()
SHIPPED_STATES = ["pending", "editing", "static_check", "runtime_check"]

CALC = "def add(a, b):\n    return a - b\n"
CALC_FIXED = "def add(a, b):\n    return a + b\n"
FIX = "sed -i 's/a - b/a + b/' src/calc.py\n"
IS_FIXED = "grep -q 'a + b' src/calc.py"

TRACED = {"ASAN_OPTIONS": "detect_leaks=0"}  # LeakSanitizer is a tracer itself, and there can be one


class Result:
    """One finished call of the program."""

    def __init__(self, args, rc, stdout, stderr):
        self.args, self.rc, self.stdout, self.stderr = args, rc, stdout, stderr

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def error(self):
        """The error object that --json puts on stderr, which may follow warnings."""
        return json.loads(self.stderr.strip().splitlines()[-1])["error"]

    def must(self, rc):
        assert self.rc == rc, f"exit {self.rc}, expected {rc}: {self}"
        return self

    def __str__(self):
        return f"wsfsm {' '.join(map(str, self.args))}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class Repo:
    """A user's repository with a small library in it, isolated from the machine's configuration."""

    def __init__(self, folder):
        self.base = Path(folder)
        self.root = self.base / "repo"
        self.home = self.base / "home"
        self.outside = self.base / "outside"
        for path in (self.root, self.home, self.outside):
            path.mkdir()
        self.env = environment(self.home)
        self.settings = {}
        self.uncommitted = False
        self.watched = None
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ann User")
        self.git("config", "user.email", "ann@example.org")
        self.write("src/calc.py", CALC)
        self.write("README.md", "# calc\n")
        self.write("docs/guide.md", "Guide\n")
        self.commit("Begin")

    # --- the user's own hands

    def git(self, *args, cwd=None, check=True, env=None):
        done = subprocess.run(["git", *map(str, args)], cwd=cwd or self.root, env={**self.env, **(env or {})},
                              capture_output=True, text=True, errors="surrogateescape", check=False)
        assert not check or done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.strip("\n")

    def write(self, path, text, mode=None):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        if mode is not None:
            file.chmod(mode)
        return file

    def read(self, path):
        return (self.root / path).read_text()

    def commit(self, message="Change"):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    # --- what the project declares

    def bundle(self, ws_id="ws-fix", file=None, **fields):
        self.write(file or f"workstreams/{ws_id}.json", json.dumps(bundle(ws_id, **fields), indent=1))
        self.uncommitted = True

    def config(self, **fields):
        self.settings.update(fields)
        self.write("wsfsm.yaml", json.dumps(self.settings, indent=1))  # JSON is YAML, too
        self.uncommitted = True

    def tool(self, tool_id, **profile):
        self.config(tools={**self.settings.get("tools", {}), tool_id: profile})

    def script(self, name, text):
        """A shell script outside the repository."""
        file = self.outside / name
        file.write_text("#!/bin/sh\n" + text)
        file.chmod(0o755)
        return file

    def agent(self, text=FIX, tool_id="agent", **profile):
        """A tool of type ai that is a shell script, run in the worktree."""
        script = self.script(f"{tool_id}.sh", text)
        self.tool(tool_id, **{"type": "ai", "command": "/bin/sh", "args": [str(script)], **profile})

    def check(self, text, tool_id="check", **profile):
        self.agent(text, tool_id, **{"type": "static_check", **profile})

    def settle(self):
        """Commits what the test declared, as its user would."""
        if self.uncommitted:
            declared = [name for name in ("wsfsm.yaml", "workstreams") if (self.root / name).exists()]
            self.git("add", "-A", *declared)
            self.git("commit", "-q", "--allow-empty", "-m", "Declare")
            self.uncommitted = False

    # --- the program

    def start(self, *args, env=None, cwd=None, **popen):
        self.settle()
        self.watched = self.checkout()
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **popen}
        return subprocess.Popen([WSFSM, *map(str, args)], cwd=cwd or self.root, env={**self.env, **(env or {})},
                                **popen)

    def wsfsm(self, *args, timeout=60, guard=True, **how):
        """Calls the program and, unless `guard` is off, sees that the user's checkout stays as it was."""
        process = self.start(*args, **how)
        result = finish(process, args, timeout)
        if guard:
            self.unchanged()
        else:
            self.watched = None
        return result

    def run(self, ws_id="ws-fix", *args, **how):
        """`wsfsm run --json`."""
        return self.wsfsm("run", "--ws-id", ws_id, "--json", *args, **how)

    # --- what is there afterwards

    def checkout(self):
        """All that belongs to the user and must not change by a run."""
        config = [line for line in self.git("config", "--local", "--list").splitlines()
                  if not line.startswith("branch.")]
        refs = [line for line in self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
                if not line.startswith(("refs/heads/ws/", "refs/wsfsm/"))]
        hooks = sorted(str(p) for p in (self.root / ".git/hooks").glob("*") if p.suffix != ".sample")
        return {"status": self.git("status", "--porcelain", "--untracked-files=all"),
                "HEAD": (self.root / ".git/HEAD").read_text(), "refs": refs, "config": config, "hooks": hooks}

    def unchanged(self):
        if self.watched is not None:
            assert self.checkout() == self.watched
            self.watched = None

    def worktree(self, ws_id="ws-fix"):
        return self.root / ".worktrees" / ws_id

    @property
    def database(self):
        return self.root / ".wsfsm/state.db"

    def rows(self, sql, *values):
        """Rows as dictionaries, read by a stock client."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql, values)]
        finally:
            connection.close()

    def one(self, sql, *values):
        rows = self.rows(sql, *values)
        assert len(rows) == 1, rows
        return rows[0]

    def history(self, ws_id="ws-fix", run_id=None):
        """The transitions as (from, event, to)."""
        where = " AND run_id = ?" if run_id else ""
        rows = self.rows(f"SELECT * FROM transitions WHERE ws_id = ?{where} ORDER BY run_id, seq",
                         ws_id, *([run_id] if run_id else []))
        return [(row["from_state"], row["event"], row["to_state"]) for row in rows]

    def events(self, event_type=None, ws_id="ws-fix"):
        rows = self.rows("SELECT * FROM events WHERE ws_id = ? ORDER BY id", ws_id)
        return [row for row in rows if event_type in (None, row["event_type"])]

    def event(self, event_type, ws_id="ws-fix"):
        """The payload of the one event of that type."""
        rows = self.events(event_type, ws_id)
        assert len(rows) == 1, (event_type, rows)
        return json.loads(rows[0]["payload_json"])

    def attempts(self, ws_id="ws-fix"):
        rows = self.rows("SELECT * FROM step_attempts WHERE ws_id = ? ORDER BY id", ws_id)
        return [(row["step_name"], row["status"]) for row in rows]

    def evidence(self, kind=None):
        rows = self.rows("SELECT * FROM evidence ORDER BY id")
        return [row for row in rows if kind in (None, row["kind"])]

    def show(self, ref, path):
        return self.git("show", f"{ref}:{path}")

    def processes(self):
        """Everything alive that was started from here, whatever session it fled to."""
        return processes_with(f"HOME={self.home}".encode())

    def leftovers(self, seconds=2):
        """What is still alive after that time."""
        wait_for(lambda: not self.processes(), seconds)
        return self.processes()


def bundle(ws_id="ws-fix", **fields):
    """A sound bundle; None takes a field away."""
    whole = {"id": ws_id, "openspec_change": "OS-1", "ccpm_issue": 1, "gate": 1, "files_scope": ["src/"],
             "tasks": ["Make add() add."], "tool": "agent", **fields}
    return {key: value for key, value in whole.items() if value is not None}


def environment(home):
    """The environment of a user with nothing configured."""
    kept = {name: value for name, value in os.environ.items()
            if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
    return {**kept, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "USER": "ann", "LOGNAME": "ann",
            "SHELL": "/bin/sh", "TZ": "UTC", "LC_ALL": "C", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1"}


def finish(process, args=(), timeout=60):
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise AssertionError(f"no end after {timeout} s: {Result(args, None, text(stdout), text(stderr))}") from None
    return Result(args, process.returncode, text(stdout), text(stderr))


def text(data):
    return "" if data is None else data.decode("utf-8", "surrogateescape")


def wait_for(condition, seconds=20):
    """True as soon as the condition holds, False when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def processes_with(entry):
    """Processes (not zombies) with that entry in their environment: (pid, command line)."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if entry in (folder / "environ").read_bytes().split(b"\0"):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if line:
                    found.append((int(folder.name), line))
        except (OSError, ProcessLookupError):
            continue
    return found


def patch(before, after, path):
    """A patch in git's format that turns one text into the other."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}", f"b/{path}")
    return f"diff --git a/{path} b/{path}\n" + "".join(lines)
