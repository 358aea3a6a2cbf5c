"""Kill the program, go on with the run, and look at everything that could have been lost or left.

A `Case` is a fresh copy of a prepared repository. `Case.check` holds what is there after a crash and a resume against
an unbroken run of the same workstream: no list of expected files stands here by hand.
"""

import concurrent.futures
import fcntl
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

from support import TRACED, WSFSM, Repo, Result, finish, patch, wait_for  # noqa: E402

WS, RUN = "ws-fix", "r1"
WORKERS = 2
KILLED = -signal.SIGKILL

CALC = "def add(a, b):\n    return a - b\n"
CALC_FIXED = "def add(a, b):\n    return a + b\n"
TEST = "import calc\nimport unittest\n\n\nclass Add(unittest.TestCase):\n" \
       "    def test_add(self):\n        self.assertEqual(calc.add(2, 3), 5)\n"
CHECK = "import sys\ncompile(open('src/calc.py').read(), 'calc.py', 'exec')\n" \
        "open('checked.txt', 'w').write('a by-product\\n')\n"
ACCEPTANCE = "cd src && python3 -B -m unittest -q test_calc && echo passed > ../report.txt"

# What nobody may leave behind, in .wsfsm or in git's folder.
TEMPORARY = re.compile(r"\.tmp$|\.new$|-journal$|^wsfsm-index|^\.wsfsm-|^tmp_|_git2_")


class Case(Repo):
    """A fresh copy of a prepared repository, with a home of its own by which its processes are known."""

    def __init__(self, template, folder):  # pylint: disable=super-init-not-called
        self.base = Path(folder)
        self.root, self.home, self.outside = (self.base / name for name in ("repo", "home", "outside"))
        shutil.copytree(template.base, self.base, symlinks=True)
        self.env = {**template.env, "HOME": str(self.home)}
        self.watched = self.checkout()
        self.kills = 0
        self.contents = []

    # --- calls

    def call(self, *args, timeout=60, **env):
        process = self.begin(*args, **env)
        return finish(process, args, timeout)

    def begin(self, *args, **env):
        return subprocess.Popen([WSFSM, *args], cwd=self.root, env={**self.env, **env}, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def go(self, **env):
        """Starts the run, or goes on with it."""
        return self.call("run", "--ws-id", WS, "--run-id", RUN, "--json", **env)

    def crash_at(self, point, points):
        """Starts the run, to be killed at that point. How many points there are depends a little on the clock (a file
        written a moment ago is read again), so the last few may be missed."""
        result = self.go(WSFSM_CRASH_AT=str(point))
        if result.rc == KILLED:
            self.after_kill()
        else:
            assert point > len(points) - 12, f"the point was not passed: {result}"

    def entered(self):
        """Does the run stand in the database?"""
        return self.run_status() is not None

    def run_status(self):
        """None: it was never entered."""
        rows = self.rows("SELECT status FROM runs WHERE run_id = ?", RUN) if self.database.exists() else []
        return rows[0]["status"] if rows else None

    # --- right after a kill

    def after_kill(self):
        self.kills += 1
        left = self.leftovers(5)
        assert not left, f"outlived the kill: {left}"
        self.see_status()
        self.see_content()

    def see_status(self):
        """The very next call of `status` tells interrupted from running."""
        told = self.call("status", "--json").must(0)
        runs = json.loads(told.stdout) if told.stdout.strip() else []
        assert {run["liveness"] for run in runs} <= {"interrupted", "finished"}, told
        assert all((run["liveness"] == "finished") == (run["status"] in ("completed", "failed")) for run in runs), told

    def see_content(self):
        """Remembers what a tool may have written: every file of the worktree that is not the base's."""
        folder = self.worktree()
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=folder, env=self.env,
                                capture_output=True, check=False) if (folder / ".git").exists() else None
        if listed is None or listed.returncode != 0:
            return
        for name in {name.decode() for name in listed.stdout.split(b"\0") if name}:
            try:
                text = (folder / name).read_bytes()
            except FileNotFoundError:
                continue
            if text:
                self.contents.append((name, text))

    # --- at the end

    def final(self):
        """What must be the same whether the run was broken or not."""
        branch = f"refs/heads/ws/{RUN}/{WS}"
        run = self.run_status()
        attempts = self.rows("SELECT * FROM step_attempts WHERE run_id = ? ORDER BY id", RUN)
        last = {row["step_name"]: row for row in attempts}
        facts = {}
        for name, row in last.items():
            details = json.loads(row["result_json"])["details"]
            facts[name] = [row["status"], details["tree_id"] and self.listing(details["tree_id"]),
                           [tool["verdict"] for tool in details["tools"] if not tool["id"].startswith("setup-")]]
        ended = run == "completed"
        return {"run": run,
                "history": [row for row in self.history(WS, RUN) if row[1] != "interrupted"],
                "steps": facts,
                "tree": self.git("rev-parse", f"{branch}^{{tree}}") if ended else None,
                "parents": self.git("rev-parse", f"{branch}^@") == self.git("rev-parse", "HEAD") if ended else None,
                "ledger": self.rows("SELECT run_id, ws_id, final_state, outcome FROM ledger ORDER BY n"),
                "evidence": sorted({(row["kind"], row["verdict"]) for row in self.evidence()
                                    if row["verdict"] in ("pass", "fail")}),
                "effects": self.rows("SELECT count(*) AS n FROM effects")}

    def listing(self, tree):
        return self.git("ls-tree", "-r", tree)

    def check(self, reference):
        """Everything that is promised of a run that was killed and has come to its end."""
        self.call("verify").must(0)
        final = self.final()
        for key, value in reference["final"].items():
            assert final[key] == value, f"{key}: {final[key]} and not {value}"
        self.check_history()
        self.check_restored()
        self.check_kept()
        self.check_left(reference["files"])
        self.check_git()

    def check_history(self):
        interrupted = [row for row in self.history(WS, RUN) if row[1] == "interrupted"]
        assert len(interrupted) <= self.kills, f"{self.kills} kills and {interrupted}"
        rows = self.rows("SELECT seq FROM transitions WHERE run_id = ? ORDER BY seq", RUN)
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        assert not self.rows("SELECT * FROM step_attempts WHERE status = 'in_progress'")

    def check_restored(self):
        """An attempt after an interrupted one starts from where that one started."""
        before = {}
        for row in self.rows("SELECT * FROM step_attempts WHERE run_id = ? ORDER BY id", RUN):
            step, tree = row["step_name"], row["start_tree"]
            if before.get(step) and tree:
                assert tree == before[step], f"attempt {row['id']} of {step} starts from {tree}, not {before[step]}"
            before[step] = tree or before.get(step) if row["status"] == "interrupted" else None

    def check_kept(self):
        """Whatever stood in the worktree at a kill stands there still, or is in a commit of ours, or in the base."""
        refs = self.git("for-each-ref", "--format=%(objectname)", "refs/wsfsm", "refs/heads").splitlines()
        kept = {line.split("\t")[1]: set() for ref in refs for line in self.listing(ref).splitlines()}
        for ref in refs:
            for line in self.listing(ref).splitlines():
                kept[line.split("\t")[1]].add(line.split()[2])
        for name, text in self.contents:
            here = self.worktree() / name
            if here.is_file() and here.read_bytes() == text:
                continue
            blob = subprocess.run(["git", "hash-object", "--stdin"], input=text, cwd=self.root, env=self.env,
                                  capture_output=True, check=True).stdout.decode().strip()
            assert blob in kept.get(name, ()), f"lost: {name}: {text[:200]}"

    def files(self):
        """Names below .wsfsm and git's folder, but for objects, logs and what goes with the attempts."""
        found = set()
        for top in (".wsfsm", ".git"):
            for file in (self.root / top).rglob("*"):
                name = str(file.relative_to(self.root))
                if file.is_file() and not re.match(r"\.git/objects/../|\.git/(logs|refs)/|\.wsfsm/runs/", name):
                    found.add(name)
        return found

    def check_left(self, expected):
        """An object that was being written when the process died is git's to clear, as after a killed git."""
        if any((self.root / ".git/objects").glob("tmp_*")):
            self.git("prune", "--expire=now")
        left = self.leftovers(5)
        assert not left, f"left running: {left}"
        extra = self.files() - expected
        assert not extra, f"left behind: {sorted(extra)}"
        for top in (".wsfsm", ".git", ".worktrees"):
            for file in (self.root / top).rglob("*"):
                assert not TEMPORARY.search(file.name), f"left behind: {file}"
                if file.name.endswith(".lock") and top == ".git":
                    raise AssertionError(f"left locked: {file}")
        for lock in {*(self.root / ".wsfsm").rglob("*.lock"), *(self.root / ".wsfsm/locks").glob("*")}:
            with open(lock, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def check_git(self):
        self.unchanged()
        self.git("fsck", "--full", "--strict", "--no-dangling")
        assert str(self.worktree()) in self.git("worktree", "list")
        self.git("status", "--porcelain", cwd=self.worktree())


# --- repositories

def declare(repo, tool="apply-patch", acceptance=ACCEPTANCE, check=CHECK, **fields):
    """The workstream of reference: a patch, one static tool, one acceptance test."""
    repo.write("src/calc.py", CALC)
    repo.write("src/test_calc.py", TEST)
    repo.write("fix.patch", patch(CALC, CALC_FIXED, "src/calc.py"))
    script = repo.outside / "check.py"
    script.write_text(check)
    repo.tool("check", type="static_check", command="/usr/bin/python3", args=["-B", str(script)])
    repo.bundle(tool=tool, files_scope=["src/calc.py"], static_tools=["check"], acceptance_tests=[acceptance],
                metadata={"patch": "fix.patch"}, **fields)
    repo.commit("Declare")
    return repo


def prepare(folder, **how):
    folder.mkdir()
    return declare(Repo(folder), **how)


def unbroken(template, folder, rc=0, before=None):
    """The run that nobody disturbs: its end, its files, and the points it passed."""
    case = Case(template, folder)
    if before:
        before(case)
    log = folder / "points.txt"
    case.go(WSFSM_FAULT_LOG=str(log)).must(rc)
    reference = {"rc": rc, "final": case.final(), "files": case.files(), "points": log.read_text().split()}
    case.check(reference)
    return reference


# --- system calls

# What changes the disk, or makes it durable, or starts or locks something.
CALLS = ["openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "syncfs", "rename", "renameat", "renameat2",
         "link", "linkat", "unlink", "unlinkat", "mkdir", "symlinkat", "chmod", "fchmod", "flock", "sendto", "clone3",
         "vfork", "kill"]


def traced(case, *inject):
    """The run under strace, which does not follow the supervisor: its result, and the calls with the paths of their
    descriptors."""
    trace = case.base / "trace"
    command = ["strace", "-qq", "-y", "-o", trace, "-e", f"trace={','.join('?' + call for call in CALLS)}", *inject,
               WSFSM, "run", "--ws-id", WS, "--run-id", RUN, "--json"]
    process = subprocess.Popen(command, cwd=case.root, env={**case.env, **TRACED}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return finish(process, command), trace.read_text(errors="replace")


# --- many cases

def sweep(template, folder, keys, one):
    """Calls one(case, key) for every key, each on a fresh copy, two at a time. All failures are told at the end; the
    copy of the first few is kept."""
    failures = []
    lock = threading.Lock()

    def attempt(number, key):
        place = folder / f"case-{number}"
        case = Case(template, place)
        try:
            one(case, key)
        except Exception as error:  # pylint: disable=broad-except
            with lock:
                failures.append(f"{key}: {error!r} (kept in {place})")
            return
        shutil.rmtree(place, ignore_errors=True)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(attempt, range(len(keys)), keys))
    return failures


def resume(case, reference, **env):
    """Goes on to the end, by either command. A run that had ended before the kill says so."""
    result = case.call("resume", "--run-id", RUN, "--json", **env) if case.entered() else case.go(**env)
    if result.rc == KILLED:
        return result
    assert result.rc in (reference["rc"], 3), result
    if result.rc == 3:
        assert result.error["code"] == "unusable_id" and case.run_status() in ("completed", "failed"), \
            result
    return result


# --- calls that failed

CODES = ("disk_full", "io", "store", "repository")


def explained(result, reason, codes=CODES):
    """Exit 4 and one line that names the file and the reason."""
    assert result.rc == 4, result
    error = result.error
    assert error["code"] in codes, error
    assert error["where"], error
    assert "\n" not in error["message"] and re.search(reason, error["message"]), error


def after_failure(case, result):
    """Right after a call that failed: nobody is left, history and state agree, `status` tells."""
    if result.rc != 0:
        case.kills += 1
    left = case.leftovers(5)
    assert not left, f"left running: {left}"
    case.unchanged()
    case.watched = case.checkout()
    case.see_content()
    case.see_status()
    if case.entered():
        case.call("verify").must(0)


def goes_on(case, reference):
    resume(case, reference)
    case.check(reference)


def conclude(name, promise, tried, failures):
    """Leaves a line for the table of docs/RELIABILITY.md, then tells what failed."""
    folder = os.environ.get("WSFSM_FAULT_RESULTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        line = {"test": name, "promise": promise, "tried": tried, "failed": len(failures)}
        (Path(folder) / f"{name}.json").write_text(json.dumps(line) + "\n")
    assert not failures, f"{len(failures)} of {tried} failed:\n" + "\n".join(failures[:20])


def cases(default):
    """How many to try: WSFSM_FAULT_PERCENT of WSFSM_FAULT_CASES, and one at least."""
    number, percent = (int(os.environ.get(f"WSFSM_FAULT_{name}", other))
                       for name, other in (("CASES", default), ("PERCENT", 100)))
    return max(1, number * percent // 100)


def dice(name):
    """Random, and told: the same seed gives the same cases."""
    seed = os.environ.get("WSFSM_FAULT_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"{name}: WSFSM_FAULT_SEED={seed}")
    return random.Random(seed)


def stride(name, points, number):
    """`number` of them at even distances, from a place that is told."""
    step = max(1, len(points) // number)
    return points[dice(name).randrange(step)::step]


__all__ = ["CODES", "KILLED", "RUN", "TRACED", "WS", "WSFSM", "Case", "Result", "after_failure", "cases", "conclude",
           "declare", "dice", "explained", "finish", "goes_on", "prepare", "resume", "stride", "sweep", "traced",
           "unbroken", "wait_for"]
