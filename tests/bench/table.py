"""The table of speed: what wsfsm does beside what others take for the same, as ratios of paired, interleaved runs.

    table.py [--short] [--markdown] BUILD

BUILD holds an optimised build. --short only proves that everything runs, on tiny repositories and histories; its
figures mean nothing. Exit 0 also when a goal is not met; 1 when something does not run.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIB = 1 << 20
LESS, MORE, NONE = "<=", ">=", ""


class Row:
    """One line: `ratios` of the pairs, `ratio` says of what to what, `best` is what noise disturbed least."""

    def __init__(self, work, opponent, ratio, ratios, sense, goal, best=None):
        self.work, self.opponent, self.ratio, self.sense, self.goal = work, opponent, ratio, sense, goal
        self.median = statistics.median(ratios)
        self.best = best if best is not None else (max(ratios) if sense == MORE else min(ratios))

    def cells(self):
        met = self.median >= self.goal if self.sense == MORE else self.median <= self.goal
        verdict = [f"{self.sense} {self.goal:g}", "met" if met else "not met"] if self.sense else ["-", "-"]
        return [self.work, self.opponent, self.ratio, f"{self.median:.2f}", f"{self.best:.2f}", *verdict]


HEAD = ["work", "against", "ratio", "median", "best", "goal", "verdict"]


def show(rows, markdown):
    lines = [HEAD] + [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for number, line in enumerate(lines):
        text = (" | " if markdown else "  ").join(cell.ljust(width) for cell, width in zip(line, widths))
        print(f"| {text} |" if markdown else text.rstrip())
        if markdown and number == 0:
            print("|" + "|".join("---" for _ in HEAD) + "|")


def run(command, **how):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **how)
    if done.returncode != 0:
        sys.exit(f"bench: {command} exits {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def cpu(command, cwd, env):
    """Seconds of processor time, of the command and all that it waited for."""
    process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench: {command} exits {process.returncode}")
    return usage.ru_utime + usage.ru_stime


class Repository:
    """A generated repository with one workstream."""

    def __init__(self, folder, files):
        self.root = folder.resolve()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "GIT_CONFIG_GLOBAL": "/dev/null",
                    "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
        for number in range(files):
            path = folder / f"src/d{number // 100:03}/f{number:05}.c"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"int f{number}(void) {{ return {number}; }}\n" * 20)
        self.bundle = folder / "workstreams/ws-bench.json"
        self.bundle.parent.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "bench")
        self.git("config", "user.email", "bench@example.org")

    def git(self, *args):
        run(["git", *args], cwd=self.root, env=self.env)

    def declare(self, **profile):
        self.bundle.write_text(json.dumps({
            "id": "ws-bench", "openspec_change": "OS-1", "ccpm_issue": 1, "gate": 1, "files_scope": ["src/"],
            "tasks": ["Change a file."], "tool": "agent", "acceptance_tests": ["true"]}))
        (self.root / "wsfsm.yaml").write_text(json.dumps({"tools": {"agent": {"type": "ai", **profile}}}))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Begin")


def dry_run(build, folder, files, pairs):
    """Processor time of the whole process; each goes first every other time."""
    repo = Repository(folder / f"dry{files}", files)
    repo.declare(command="true")
    commands = {
        "ours": [build / "wsfsm", "run", "--ws-id", "ws-bench", "--dry-run", "--json"],
        "python": [sys.executable, "-B", HERE / "python_standin.py", repo.bundle, folder / f"standin{files}.db"],
        "empty": [build / "tests/bench/bench_empty"],
    }
    for command in commands.values():
        cpu(command, repo.root, repo.env)
    times = {name: [] for name in commands}
    for number in range(pairs):
        for name in list(commands)[::1 if number % 2 else -1]:
            times[name].append(cpu(commands[name], repo.root, repo.env))
    ours, python, empty = times["ours"], times["python"], times["empty"]
    return [
        Row(f"run --dry-run, {files} files", "python3 stand-in", "its CPU time / ours",
            [b / a for a, b in zip(ours, python)], MORE, 50.0, min(python) / min(ours)),
        Row(f"run --dry-run, {files} files", "empty C program, shared libraries", "our CPU time / its",
            [a / b for a, b in zip(ours, empty)], NONE, 0, min(ours) / min(empty)),
    ]


def store(build, folder, transitions, histories, rounds):
    """bench_store pairs every transition with a bare insert, and every page of a history with one of 10 rows."""
    moves = {"durable transition": "durable transition, all checks on",
             "and attempts, events": "the same with attempt, result and event"}
    line = re.compile(r"^(.*?) +ours .* ratio ([\d.]+) ", re.MULTILINE)
    found, pages = {name: [] for name in moves}, {rows: [] for rows in histories}
    for rows in histories:
        for _ in range(rounds):
            output = run([build / "tests/bench/bench_store", "-n", transitions, "-r", rows, "-d", folder])
            measured = {name: float(ratio) for name, ratio in line.findall(output)}
            for name in moves:
                found[name].append(measured[name])
            pages[rows].append(measured["history first page"])
    return [Row(work, "bare SQLite insert, same pragmas", "our rate / its", found[name], MORE, 0.85)
            for name, work in moves.items()] + \
           [Row(f"history, first page of {rows} rows", "first page of 10 rows", "time / its", pages[rows], LESS, 1.25)
            for rows in histories]


def repository(build, sizes, rounds):
    """bench_repo makes its repositories and pairs its rounds; it is run several times where that is soon done."""
    names = {"worktree-creation": ("worktree creation", "git -c core.fsync=all worktree add"),
             "scope-check-unchanged": ("scope check, nothing changed", "git status + git diff"),
             "scope-check-25-edits": ("scope check, 25 files changed", "git status + git diff"),
             "scope-check-all-touched": ("scope check, all files touched", "git status + git diff")}
    found = {}
    for files in [size for size in sizes for _ in range(rounds if size < 10000 else 1)]:
        for line in run([build / "tests/bench/bench_repo", files]).splitlines():
            if not line.startswith("#"):
                name, _, _, ratio, *_ = line.split()
                found.setdefault(name, []).append(float(ratio))
    rows = []
    for name, ratios in found.items():
        kind, files = name.split("/")
        work, opponent = names[kind]
        rows.append(Row(f"{work}, {files} files", opponent, "our time / its", ratios, LESS, 1.0))
    return rows


def engine(build, rounds):
    opponents = {"engine-step": ("switch by hand over event names", LESS, 1.5),
                 "engine-step-numbered": ("switch by hand over numbered events", NONE, 0)}
    rows = []
    for line in run([build / "tests/bench/bench_engine", rounds]).splitlines():
        if not line.startswith("#"):
            name, _, _, best, median, _ = line.split()
            opponent, sense, goal = opponents[name]
            rows.append(Row("engine step in memory", opponent, "our time / its", [float(median)], sense, goal,
                            float(best)))
    return rows


def peak(pid):
    """VmHWM in bytes, 0 when the process is gone."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def guards(pid):
    """Children of wsfsm that are wsfsm's own supervisor."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if b"__guard" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except OSError:
        return []


def peak_of_run(build, repo, printed):
    """The highest resident memory of wsfsm and that of its supervisors, added."""
    env = {**repo.env, "BENCH_BYTES": str(printed)}
    process = subprocess.Popen([build / "wsfsm", "run", "--ws-id", "ws-bench", "--json"], cwd=repo.root, env=env,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    own, others = 0, {}
    while process.poll() is None:
        own = max(own, peak(process.pid))
        for pid in guards(process.pid):
            others[pid] = max(others.get(pid, 0), peak(pid))
        time.sleep(0.005)
    if process.returncode != 0 or not others:
        sys.exit(f"bench: a run exits {process.returncode}, supervisors seen: {len(others)}")
    return own + max(others.values())


def memory(build, folder, printed, pairs):
    repo = Repository(folder / "memory", 50)
    script = folder / "agent.sh"
    script.write_text('yes "a line of output, and another" | head -c "$BENCH_BYTES"\nsleep 0.3\n'
                      'date +%s%N >> src/d000/f00000.c\n')
    repo.declare(command="/bin/sh", args=[str(script)], pass_env=["BENCH_BYTES"])
    peak_of_run(build, repo, 0)
    more = []
    for _ in range(pairs):
        idle = peak_of_run(build, repo, 0)
        more.append((peak_of_run(build, repo, printed) - idle) / MIB)
    return [Row(f"peak memory, a tool prints {printed // MIB} MiB", "a tool that prints nothing", "MiB more", more,
                LESS, 4)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("build", type=Path)
    options = parser.parse_args()
    short, build = options.short, options.build.resolve()
    folder = Path(tempfile.mkdtemp(prefix="wsfsm-bench-"))
    try:
        rows = []
        for files in [50] if short else [50, 5000, 30000]:
            rows += dry_run(build, folder, files, 2 if short else 21)
        rows += store(build, folder, 20 if short else 2000, [1000] if short else [10000, 1000000], 1 if short else 3)
        rows += repository(build, [50] if short else [50, 5000, 30000], 1 if short else 3)
        rows += engine(build, 3 if short else 51)
        rows += memory(build, folder, 8 * MIB if short else 1024 * MIB, 1 if short else 3)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(rows, options.markdown)


main()
