"""Help, output that cannot be written, colours, and the other manners of a command line."""

import os
import re
import shutil
import subprocess
import tempfile

import pytest

from support import WSFSM, Repo

COMMANDS = ["run", "status", "history", "log", "report", "validate", "verify", "machine", "tool", "worktree", "db",
            "init", "doctor", "version"]
NESTED = ["machine show", "machine graph", "machine check", "machine explain", "tool list", "tool run",
          "worktree list", "worktree status", "worktree remove", "worktree gc", "worktree validate-scope", "db init",
          "db info", "db backup"]


@pytest.mark.parametrize("command", COMMANDS + NESTED)
def test_help(repo, command):
    result = repo.wsfsm(*command.split(), "--help").must(0)
    assert "wsfsm " + command in result.stdout
    assert result.stderr == ""
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


def test_help_names_every_command(repo):
    text = repo.wsfsm("--help").must(0).stdout
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\b", text, re.M), command


def test_help_works_outside_of_a_repository(repo):
    repo.wsfsm("--help", cwd="/").must(0)
    repo.wsfsm("run", "--help", cwd="/").must(0)


def test_version(repo):
    text = repo.wsfsm("version", cwd="/").must(0).stdout
    assert re.search(r"\d+\.\d+\.\d+", text)
    assert isinstance(repo.wsfsm("version", "--json", cwd="/").must(0).json, dict)


@pytest.mark.parametrize("args", [["--help"], ["version"], ["machine", "show"], ["status"],
                                  ["history", "--ws-id", "ws-fix"], ["tool", "list"], ["validate", "--json"]],
                         ids=" ".join)
def test_full_disk_on_stdout(ready, args):
    ready.run().must(0)
    with open("/dev/full", "w") as full:
        done = subprocess.run([WSFSM, *args], cwd=ready.root, env=ready.env, stdout=full, stderr=subprocess.PIPE,
                              check=False, timeout=30)
    assert done.returncode == 4 and done.stderr, done


def test_full_disk_on_stdout_of_a_run_loses_no_history(ready):
    ready.settle()
    with open("/dev/full", "w") as full:
        done = subprocess.run([WSFSM, "run", "--ws-id", "ws-fix"], cwd=ready.root, env=ready.env, stdout=full,
                              stderr=subprocess.PIPE, check=False, timeout=30)
    assert done.returncode == 4, done
    assert ready.one("SELECT status FROM workstreams")["status"] == "done"


def test_closed_pipe(ready):
    ready.run().must(0)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([WSFSM, "machine", "show"], cwd=ready.root, env=ready.env, stdout=writer,
                          stderr=subprocess.PIPE, check=False, timeout=30)
    os.close(writer)
    assert done.returncode in (0, 4, -13, 141), done  # a reader that went away has seen enough
    assert done.stderr == b"" or done.returncode == 4


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_closed_descriptors_do_no_harm(ready, fd):
    ready.settle()
    done = subprocess.run(["/bin/sh", "-c", f'exec "$@" {fd}{"<" if fd == 0 else ">"}&-', "sh", WSFSM, "run",
                           "--ws-id", "ws-fix"], cwd=ready.root, env=ready.env, capture_output=True, check=False,
                          timeout=60)
    assert done.returncode in (0, 4), done
    assert ready.wsfsm("verify").rc == 0


def test_colour(ready):
    run = ["run", "--ws-id", "ws-fix"]
    assert "\x1b" not in ready.wsfsm(*run).must(0).stdout
    assert "\x1b" not in ready.wsfsm("--color", "never", *run).must(0).stdout
    assert "\x1b[" in ready.wsfsm("--color", "always", *run).must(0).stdout


def test_quiet(ready):
    ready.write("notes.txt", "dirt\n")
    ready.uncommitted = True
    result = ready.wsfsm("-q", "run", "--ws-id", "ws-fix").must(0)
    assert result.stderr == ""


def test_stdin_is_never_read(ready):
    ready.agent("cat; sed -i 's/a - b/a + b/' src/calc.py")
    ready.settle()
    reader, writer = os.pipe()
    done = subprocess.run([WSFSM, "run", "--ws-id", "ws-fix"], cwd=ready.root, env=ready.env, stdin=reader,
                          capture_output=True, check=False, timeout=30)
    os.close(reader)
    os.close(writer)
    assert done.returncode == 0, done


def test_init_writes_what_validates(repo):
    repo.wsfsm("init", guard=False).must(0)
    assert (repo.root / "wsfsm.yaml").exists()
    repo.wsfsm("validate").must(0)
    repo.commit("wsfsm init")
    before = repo.read("wsfsm.yaml")
    again = repo.wsfsm("init")
    assert repo.read("wsfsm.yaml") == before, again


def test_doctor(repo):
    result = repo.wsfsm("doctor")
    assert result.rc in (0, 1) and "PASS" in result.stdout, result
    assert not (repo.root / ".wsfsm").exists()


def test_doctor_finds_trouble(repo, tmp_path):
    result = repo.wsfsm("-C", tmp_path, "doctor")
    assert "FAIL" in result.stdout + result.stderr and result.rc in (1, 4), result


@pytest.fixture
def passable():
    """A repository that another user can get to, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory(prefix="wsfsm-", dir="/var/tmp") as folder:
        yield Repo(folder)


@pytest.mark.parametrize("closed", ["state.db", "."])
def test_doctor_finds_a_database_that_cannot_be_written(passable, closed):
    """Every command that only reads works there, and no run does."""
    passable.wsfsm("db", "init").must(0)
    (passable.database.parent / closed).chmod(0o400 if closed == "state.db" else 0o500)
    as_user, program = [], shutil.copy(WSFSM, passable.base / "wsfsm")
    if os.geteuid() == 0:
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        subprocess.run(["chown", "-R", "65534:65534", passable.base], check=True)
    done = subprocess.run([*as_user, program, "doctor"], cwd=passable.root, env=passable.env, capture_output=True,
                          text=True, check=False)
    (passable.database.parent / closed).chmod(0o700)
    assert done.returncode == 1, done
    assert any(line.startswith("FAIL  store ") and "cannot be written" in line for line in done.stdout.splitlines()), done


def test_history_for_people(ready):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    text = ready.wsfsm("history", "--ws-id", "ws-fix").must(0).stdout
    for word in ("pending", "editing", "static_check", "runtime_check", "done", "passed", "in_scope"):
        assert word in text
    assert ready.wsfsm("history", "--ws-id", "ws-fix", "--run-id", "r1").must(0).stdout == text


def test_history_of_one_run_among_many(ready):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    ready.agent("exit 1")
    ready.run("ws-fix", "--run-id", "r2").must(1)
    one = ready.wsfsm("history", "--ws-id", "ws-fix", "--run-id", "r1", "--json").must(0).stdout
    assert "r2" not in one and one.count("\n") == 4


def test_readers_write_nothing(ready):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    before = ready.database.read_bytes()
    for args in (["status"], ["history", "--ws-id", "ws-fix"], ["verify"], ["log", "--run-id", "r1"], ["db", "info"],
                 ["worktree", "list"]):
        ready.wsfsm(*args).must(0)
    assert ready.database.read_bytes() == before


def test_untrusted_text_is_escaped(ready):
    ready.bundle(acceptance_tests=["printf '\\033[31m'; echo '\x1b]0;title\x07'; exit 1"], tasks=["\x1b[2J"])
    result = ready.wsfsm("run", "--ws-id", "ws-fix").must(1)
    shown = ready.wsfsm("status").stdout + ready.wsfsm("history", "--ws-id", "ws-fix").stdout
    assert "\x1b" not in result.stdout + result.stderr + shown
