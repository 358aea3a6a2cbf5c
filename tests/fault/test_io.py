"""A full disk and failing I/O: a clear error and exit 4, history and state agree, and with space made the run ends as
an undisturbed one does."""

import collections
import contextlib
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from harness import (CODES, KILLED, RUN, TRACED, WS, WSFSM, Case, after_failure, cases, conclude, dice, explained,
                     finish, goes_on, prepare, resume, stride, sweep, unbroken)

FULL = ["write", "pwrite64", "fsync", "fdatasync", "syncfs", "ftruncate", "fallocate", "openat", "rename", "renameat",
        "renameat2", "link", "linkat", "symlinkat", "mkdir", "mkdirat"]
FAILING = FULL + ["read", "pread64", "newfstatat", "getdents64", "readlink", "unlink", "unlinkat", "rmdir", "fchmod"]

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module", name="undisturbed")
def fixture_undisturbed(tmp_path_factory):
    """A prepared repository, and what an undisturbed run of it comes to."""
    folder = tmp_path_factory.mktemp("io")
    template = prepare(folder / "template")
    return template, unbroken(template, folder / "unbroken")


# --- one call of the system fails

RUNS = ("run", "--ws-id", WS, "--run-id", RUN, "--json")


def traced(case, trace, calls, *inject, command=RUNS):
    """The program under strace, which follows neither the supervisor nor the tools."""
    command = ["strace", "-qq", "-y", "-o", trace, "-e", f"trace={','.join('?' + call for call in calls)}", *inject,
               WSFSM, *command]
    return finish(subprocess.Popen(command, cwd=case.root, env={**case.env, **TRACED}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE), command)


def calls_of(template, folder, calls, before=lambda case: None, command=RUNS):
    """Every call on a file of the repository: (name, its number among those of the name, the line that shows it)."""
    case = Case(template, folder)
    before(case)
    result = traced(case, folder / "trace", calls, command=command)
    if "strace: " in result.stderr and result.rc == 1:
        pytest.skip("optional: strace may not trace here")
    result.must(0)
    return [point for point in numbered(folder / "trace") if str(case.root) in point[2] and '"/etc/' not in point[2]]


def numbered(trace):
    """The calls of a trace, each with its number among those of its name, and its line."""
    numbers, found = collections.Counter(), []
    for line in trace.read_text(errors="replace").splitlines():
        name = line.split("(")[0]
        numbers[name] += 1
        found.append((name, numbers[name], line))
    return found


def injected(trace):
    return [line for line in trace.read_text(errors="replace").splitlines() if "(INJECTED)" in line]


def one_call(case, reference, calls, error, point):
    """Fails, and the run is gone on with."""
    call, number, _ = point
    trace = case.base / "trace"
    result = traced(case, trace, calls, "-e", f"inject={call}:error={error}:when={number}")
    case.see_status()  # which rolls a journal back that could not be deleted: a read-only client may not
    assert result.rc in (0, 4) or result.rc == 3 and not case.entered(), f"{result}\n{injected(trace)}"
    if result.rc == 4:
        # libgit2 takes a folder that it cannot read for an empty one, whose files then seem deleted.
        explained(result, "", CODES if case.entered() else (*CODES, "dirty_scope"))
    after_failure(case, result)
    goes_on(case, reference)


@needs_strace
@pytest.mark.parametrize("error, calls, default", [("ENOSPC", FULL, 24), ("EDQUOT", FULL, 24), ("EIO", FAILING, 32)])
def test_a_call_that_fails(undisturbed, tmp_path, error, calls, default):
    template, reference = undisturbed
    points = calls_of(template, tmp_path / "traced", calls)
    chosen = stride(f"io.{error}", points, cases(default))
    failures = sweep(template, tmp_path, chosen, lambda case, point: one_call(case, reference, calls, error, point))
    conclude(f"io.{error}", f"a call on a file that fails with {error} ({len(points)} there are)", len(chosen),
             failures)


@needs_strace
def test_what_hides_and_locks_wsfsm(undisturbed, tmp_path):
    """All of these calls each time. A stat that failed once made a run wait for a lock of its own, or .wsfsm show."""
    template, reference = undisturbed
    points = [point for point in calls_of(template, tmp_path / "traced", FAILING)
              if re.search(r"/\.wsfsm/(worktrees\.lock|\.gitignore)[\">]", point[2])]
    assert len(points) > 15, points
    failures = sweep(template, tmp_path, points, lambda case, point: one_call(case, reference, FAILING, "EIO", point))
    conclude("io.hidden", "a call on what hides .wsfsm and locks it that fails with EIO", len(points), failures)


def half_run(case):
    assert case.go(WSFSM_CRASH_AT="proc.answered:1").rc == KILLED
    case.after_kill()


def whole_run(case):
    case.go().must(0)
    (case.worktree() / "by_hand.txt").write_text("by hand\n")
    case.see_content()


@needs_strace
@pytest.mark.parametrize("name, before, command, again", [
    ("resume", half_run, ("resume", "--run-id", RUN, "--json"), (0, 3)),
    ("cancel", half_run, ("cancel", "--run-id", RUN, "--json"), (0, 3)),
    ("remove", whole_run, ("worktree", "remove", "--ws-id", WS, "--json"), (0, 3)),
    ("gc", whole_run, ("worktree", "gc", "--json"), (0,)),
    ("backup", whole_run, ("db", "backup", ".wsfsm/copy.db", "--json"), (0,)),
], ids=lambda value: value if isinstance(value, str) else "")
def test_another_command_that_fails(undisturbed, tmp_path, name, before, command, again):
    """Called again with space made, it does what it is for; in between nothing is lost."""
    template, _ = undisturbed
    points = calls_of(template, tmp_path / "traced", FULL, before, command)
    chosen = stride(f"io.{name}", points, max(2, cases(24) // 3))

    def one(case, point):
        call, number, _ = point
        before(case)
        result = traced(case, case.base / "trace", FULL, "-e", f"inject={call}:error=ENOSPC:when={number}",
                        command=command)
        if result.rc != 0:
            explained(result, "")
            case.call("verify").must(0)
            second = case.call(*command)
            assert second.rc in again, second
        case.call("verify").must(0)
        case.check_kept()
        case.unchanged()
        assert not case.leftovers(5)

    failures = sweep(template, tmp_path, chosen, one)
    conclude(f"io.{name}", f"`{' '.join(command)}` on a full disk, called again with space made", len(chosen), failures)


@needs_strace
@pytest.mark.parametrize("call, error, reason", [("clone3", "EAGAIN", "temporarily unavailable"),
                                                 ("socketpair", "EMFILE", "Too many open files")])
def test_a_supervisor_that_cannot_be_started(undisturbed, tmp_path, call, error, reason):
    template, reference = undisturbed

    def one(case, number):
        result = traced(case, case.base / "trace", [call], "-e", f"inject={call}:error={error}:when={number}")
        if not injected(case.base / "trace"):
            assert result.rc == 0, result  # another C library starts programs by another call
            return
        assert result.rc == 4 and re.search(reason, result.error["message"]), result
        after_failure(case, result)
        goes_on(case, reference)

    failures = sweep(template, tmp_path, (1, 2, 3), one)
    conclude(f"io.{call}", f"a supervisor that cannot be started ({call}: {error})", 3, failures)


# What was once taken for an act of the tool, or for a corrupt database, when only the disk failed.
ACCUSED = {
    "a hook": r'openat\(.*hooks>, "pre-commit.sample"',
    "a file of the worktree": r'openat\(.*\.worktrees/ws-fix/docs>, "guide.md"',
    "a file of the worktree that is open": r'newfstatat\(.*\.worktrees/ws-fix/[^>]*\.md>, "", ',
    "the folder of hooks": r'newfstatat\(.*\.git/hooks>, "", ',
    "a folder of the worktree": r"getdents64\(.*\.worktrees/ws-fix/src>",
    "the worktree that is open": r'newfstatat\([^"]*\.worktrees/ws-fix>, "", ',
    "the worktree": r'openat\(.*"[^"]*/\.worktrees/ws-fix", ',
    "HEAD of the worktree": r"read\(.*worktrees/ws-fix/HEAD>",
    "commondir of the worktree": r"read\(.*worktrees/ws-fix/commondir>",
    "the list of branches": r"getdents64\(.*\.git/refs/heads>",
    "a page of the database": r"pread64\(.*state\.db>.*, 4096, ",
    "a sync of the database": r"fdatasync\(.*state\.db>",
}


@needs_strace
def test_a_failing_disk_accuses_nobody(undisturbed, tmp_path):
    template, reference = undisturbed
    points = calls_of(template, tmp_path / "traced", FAILING)

    def one(first, pattern):
        # The later the better, but how often is read while a tool runs differs, and so do the numbers of calls.
        known = [point for point in points if re.match(pattern, point[2])]
        known = known if known[0][0] == "read" else known[::-1]
        for attempt in range(6):
            case = Case(template, first.base.with_name(f"{first.base.name}-{attempt}"))  # as deep: stat counts
            call, number, _ = known[attempt // 2 % len(known)]
            result = traced(case, case.base / "trace", FAILING, "-e", f"inject={call}:error=EIO:when={number}")
            if any(re.match(pattern, line) for line in injected(case.base / "trace")):
                hit.append(pattern)
                if result.rc != 0:  # else that call was one whose failure takes nothing from the run
                    explained(result, "Input/output error|the refs cannot be listed")
                break
        after_failure(case, result)
        goes_on(case, reference)

    hit = []
    failures = sweep(template, tmp_path, list(ACCUSED.values()), one)
    conclude("io.accused", "a failing disk is taken for no act of a tool and for no corrupt database", len(hit),
             failures)
    assert len(hit) > len(ACCUSED) // 2, f"only {hit} were hit"


@needs_strace
@pytest.mark.parametrize("error", ["EIO", "EMFILE"])
def test_an_anchor_that_cannot_be_read_is_not_called_another(undisturbed, tmp_path, error):
    template, _ = undisturbed
    calls = ["openat", "read", "newfstatat"]

    def run(case):
        case.go().must(0)

    def one(case, point):
        call, number, _ = point
        run(case)
        result = traced(case, case.base / "trace", calls, "-e", f"inject={call}:error={error}:when={number}",
                        command=("verify", "--json"))
        assert result.rc in (0, 4), f"{result}\n{injected(case.base / 'trace')}"
        case.call("verify").must(0)

    points = [point for point in calls_of(template, tmp_path / "traced", calls, run, ("verify",))
              if re.search(rf"/\.git/(refs/wsfsm/{RUN}/{WS}/end|objects/../)", point[2])]
    assert points
    failures = sweep(template, tmp_path, points, one)
    conclude(f"io.anchor.{error}", f"a call on an anchor that fails with {error}", len(points), failures)


# --- file systems that are too small

@contextlib.contextmanager
def small(folder, options):
    """A file system of its own in that place, with what was there."""
    folder.mkdir(exist_ok=True)
    kept = folder.parent / (folder.name + ".kept")
    shutil.copytree(folder, kept, symlinks=True)
    mount(["-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs", folder])
    try:
        shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(kept)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def mount(args):
    done = subprocess.run(["mount", *args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"optional: file systems cannot be mounted here ({done.stderr.strip()})")


def enlarge(folder):
    subprocess.run(["mount", "-o", "remount,size=64m,nr_inodes=100k", folder], check=True, capture_output=True)


SMALL = {
    "state": (".wsfsm", [f"size={size}k" for size in (4, 48, 144, 192, 224, 240, 256)] +
              [f"nr_inodes={count}" for count in (2, 4, 7, 12)]),
    "worktree": (".worktrees", ["size=4k", "size=12k", "size=20k", "nr_inodes=2", "nr_inodes=4", "nr_inodes=8"]),
    "objects": (".git/objects", [f"nr_inodes=+{count}" for count in (0, 1, 3, 8)]),
}


def options_of(folder, option):
    """`nr_inodes=+N`: N more than the folder needs."""
    if "+" not in option:
        return option
    name, extra = option.split("=+")
    return f"{name}={sum(1 for _ in folder.rglob('*')) + 1 + int(extra)}"


@pytest.mark.parametrize("place", SMALL)
def test_a_small_file_system(undisturbed, tmp_path, place):
    template, reference = undisturbed
    name, options = SMALL[place]
    full = []
    with small(tmp_path / "probe", "size=4k"):
        pass

    def one(case, option):
        folder = case.root / name
        with small(folder, options_of(folder, option)):
            result = case.go()
            if result.rc != 0:
                full.append(option)
                explained(result, "No space left on device|the disk is full")
            enlarge(folder)
            after_failure(case, result)
            goes_on(case, reference)

    failures = sweep(template, tmp_path, options, one)
    conclude(f"io.small.{place}", f"a file system that is too small at {name}, then enlarged", len(options), failures)
    assert len(full) > 1, f"only {full} were too small"


def test_a_log_that_fills_the_disk(tmp_path):
    """What the tool prints fills the disk: the same as any other full disk."""
    template = prepare(tmp_path / "template", tool="loud")
    template.tool("loud", type="ai", command="/bin/sh",
                  args=["-c", "head -c 3000000 /dev/zero | tr '\\0' x; sed -i 's/a - b/a + b/' src/calc.py"])
    template.commit("Declare a loud agent")
    case = Case(template, tmp_path / "case")
    folder = case.root / ".wsfsm"
    with small(folder, "size=1m"):
        result = case.go()
        explained(result, "No space left on device|the disk is full")
        enlarge(folder)
        after_failure(case, result)
        resume(case, {"rc": 0}).must(0)
        assert case.call("log", "--run-id", RUN, "--step", "edit").must(0).stdout.count("x") >= 3000000
        case.call("verify").must(0)


@pytest.mark.parametrize("place", [".wsfsm", ".worktrees", ".git"])
def test_a_read_only_file_system(undisturbed, tmp_path, place):
    template, reference = undisturbed
    case = Case(template, tmp_path / "case")
    folder = case.root / place
    with small(folder, "size=64m"):
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        before = sorted(folder.rglob("*"))
        result = case.go()
        explained(result, "Read-only file system|readonly|read-only")
        assert sorted(folder.rglob("*")) == before
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        after_failure(case, result)
        goes_on(case, reference)


# --- a limit of the size of files

def test_a_limit_of_file_sizes(undisturbed, tmp_path):
    template, reference = undisturbed
    sizes = [0, 100, 1000, 20000, 60000, 100000]
    hit = []

    def one(case, size):
        command = [WSFSM, "run", "--ws-id", WS, "--run-id", RUN, "--json"]
        result = finish(subprocess.Popen(
            command, cwd=case.root, env=case.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))), command)
        if result.rc != 0:
            hit.append(size)
            explained(result, "File too large|I/O error|cannot")
        after_failure(case, result)
        goes_on(case, reference)

    failures = sweep(template, tmp_path, sizes, one)
    conclude("io.fsize", "a limit of the size of files (RLIMIT_FSIZE)", len(sizes), failures)
    assert len(hit) > 2, f"only {hit} were hit"


# --- output that cannot be written

@pytest.mark.parametrize("command", [("run", "--ws-id", WS, "--run-id", RUN), ("status",), ("verify",),
                                     ("history", "--ws-id", WS), ("log", "--run-id", RUN, "--stderr"), ("tool", "list"),
                                     ("worktree", "list"), ("db", "info")], ids=" ".join)
def test_full_standard_output(undisturbed, tmp_path, command):
    template, reference = undisturbed
    case = Case(template, tmp_path / "case")
    if command[0] != "run":
        case.go().must(0)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([WSFSM, *command, "--json"], cwd=case.root, env=case.env, stdin=subprocess.DEVNULL,
                              stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 4, done
    assert b"standard output" in done.stderr and b"No space left on device" in done.stderr, done.stderr
    case.check(reference)


# --- databases that cannot be used

def client(case):
    return sqlite3.connect(case.database, isolation_level=None)


@pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_locked_for_a_while(undisturbed, tmp_path, lock):
    """Another client holds the database for some time, at a random moment of the run."""
    template, reference = undisturbed
    case = Case(template, tmp_path / "case")
    case.call("db", "init").must(0)
    process = case.begin("run", "--ws-id", WS, "--run-id", RUN, "--json")
    time.sleep(dice(f"io.locked.{lock}").uniform(0.02, 0.2))
    other = client(case)
    other.execute("PRAGMA busy_timeout = 5000")
    other.execute(lock)
    time.sleep(1.5)
    other.execute("ROLLBACK")
    other.close()
    finish(process).must(0)
    case.check(reference)


def test_locked_for_good(undisturbed, tmp_path):
    """Whoever only looks waits a moment, then says who is in the way; nothing is changed."""
    template, _ = undisturbed
    case = Case(template, tmp_path / "case")
    case.go().must(0)
    before = case.database.read_bytes()
    other = client(case)
    other.execute("BEGIN EXCLUSIVE")
    results = {}

    def look(*command):
        results[command] = case.call(*command, "--json")

    threads = [threading.Thread(target=look, args=command)
               for command in (("status",), ("verify",), ("history", "--ws-id", WS), ("worktree", "gc"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.execute("ROLLBACK")
    other.close()
    for result in results.values():
        assert result.rc == 5 and result.error["code"] == "busy", result
        assert result.error["where"] == str(case.database) and "locked" in result.error["message"], result
    assert case.database.read_bytes() == before


def pragma(statement):
    def change(case):
        with contextlib.closing(client(case)) as other:
            other.execute(statement)
    return change


def cut(size):
    return lambda case: os.truncate(case.database, size)


def overwrite(offset, data):
    def change(case):
        with open(case.database, "r+b") as file:
            file.seek(offset)
            file.write(data)
    return change


def replaced(data):
    return lambda case: case.database.write_bytes(data)


UNUSABLE = {
    "newer": (pragma("PRAGMA user_version = 9999"), "newer wsfsm"),
    "another application's": (pragma("PRAGMA application_id = 42"), "another program"),
    "text": (replaced(b"Dear diary,\n" * 1000), "no SQLite database"),
    "random bytes": (replaced(os.urandom(20000)), "no SQLite database"),
    "header overwritten": (overwrite(0, b"\xff" * 16), "no SQLite database"),
    "cut in the header": (cut(60), "no SQLite database"),
    "cut after a page": (cut(4096), "corrupt"),
    "cut in the middle": (cut(8 * 4096 + 17), "corrupt"),
    "pages overwritten": (overwrite(4096, b"\xff" * 8192), "corrupt"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_unusable_database(undisturbed, tmp_path, kind):
    """Refused in words, and not a byte of it changes."""
    template, _ = undisturbed
    case = Case(template, tmp_path / "case")
    case.go().must(0)
    change, message = UNUSABLE[kind]
    change(case)
    before, listed = case.database.read_bytes(), sorted(case.database.parent.iterdir())
    for command in (("run", "--ws-id", WS, "--run-id", "r2"), ("resume", "--run-id", RUN), ("cancel", "--run-id", RUN)):
        result = case.call(*command, "--json")
        explained(result, message)
        assert result.error["where"] == str(case.database), result
    for command in (("status",), ("history", "--ws-id", WS), ("verify",)):
        assert case.call(*command, "--json").rc in (4, 6)
    assert case.database.read_bytes() == before
    assert sorted(case.database.parent.iterdir()) == listed
    case.unchanged()
