"""Rights that an agent took from folders of its worktree. Git keeps none, so a run goes on without them having been."""

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

import support
from support import CALC_FIXED, FIX, IS_FIXED, Repo, finish, wait_for

NOBODY = 65534


@contextlib.contextmanager
def unprivileged(monkeypatch):
    """A user's repository in whose folders rights count, as they do not for root, and the user for as long as it is
    there. What such a test leaves goes: it lies beside pytest's own folders, which are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="wsfsm-rights-"))
    root = os.geteuid() == 0
    program = Path(shutil.copy(support.WSFSM, folder / "wsfsm"))
    monkeypatch.setattr(support, "WSFSM", program)
    if root:
        groups = os.getgroups()
        os.chown(folder, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, 0)
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        repo = Repo(folder)
        yield repo
        assert repo.leftovers() == []
        repo.unchanged()
    finally:
        if root:
            os.setresuid(0, 0, 0)
            os.setresgid(0, 0, 0)
            os.setgroups(groups)
        else:
            for path, _, _ in os.walk(folder):
                os.chmod(path, 0o700)
        shutil.rmtree(folder, ignore_errors=True)


def killed(repo, take):
    """An edit that takes rights and is killed, and does its work the second time."""
    again = repo.outside / "again"
    repo.agent(f"if [ ! -e {again} ]; then echo top > top.txt; rm README.md; mkdir src/new; echo x > src/new/x; {take}; "
               f"touch {again}; sleep 1000; fi; echo mine > own.txt; {FIX}")
    repo.bundle(files_scope=["**"], acceptance_tests=[IS_FIXED])
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1", "--json")
    assert wait_for(again.exists)
    process.send_signal(signal.SIGTERM)
    finish(process)


TAKEN = ["chmod a-w .", "chmod a-x .", "chmod a-r .", "chmod 0 .", "chmod a-w src src/new", "chmod 0 src",
         "chmod a-w . $(dirname $(git rev-parse --git-path HEAD))", "mkdir no; mkfifo no/f f; chmod a-w no ."]


@pytest.mark.parametrize("take", TAKEN)
def test_resume(monkeypatch, take):
    with unprivileged(monkeypatch) as repo:
        killed(repo, take)
        summary = repo.wsfsm("resume", "--run-id", "r1", "--json").must(0).json
        assert summary["changed_files"] == ["own.txt", "src/calc.py"]
        assert repo.show(summary["branch"], "src/calc.py") + "\n" == CALC_FIXED
        kept = repo.git("ls-tree", "-r", "--name-only", "refs/wsfsm/r1/ws-fix/2").splitlines()
        assert {"top.txt", "src/new/x", "src/calc.py"} <= set(kept) and "README.md" not in kept
        assert repo.git("status", "--porcelain", cwd=repo.worktree()) == ""
        repo.wsfsm("verify").must(0)


@pytest.mark.parametrize("take", TAKEN)
@pytest.mark.parametrize("command", [["cancel", "--run-id", "r1"], ["run", "--ws-id", "ws-fix"],
                                     ["worktree", "remove", "--ws-id", "ws-fix"]])
def test_other_commands(monkeypatch, take, command):
    with unprivileged(monkeypatch) as repo:
        killed(repo, take)
        repo.wsfsm(*command).must(0)
        kept = [ref for ref in repo.git("for-each-ref", "--format=%(refname)", "refs/wsfsm").splitlines()
                if "top.txt" in repo.git("ls-tree", "-r", "--name-only", ref).splitlines()]
        assert kept


def test_an_edit_that_ends_so_is_an_edit(monkeypatch):
    with unprivileged(monkeypatch) as repo:
        repo.agent(f"{FIX}chmod a-w .; chmod a-x src")
        repo.bundle(acceptance_tests=[IS_FIXED])
        assert repo.run().must(0).json["changed_files"] == ["src/calc.py"]
        assert repo.run().must(0).json["changed_files"] == ["src/calc.py"]
        repo.wsfsm("worktree", "gc").must(0)
        assert not repo.worktree().exists()
