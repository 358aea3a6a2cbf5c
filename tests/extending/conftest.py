"""A copy of the source tree with an example of the page applied to it, built once for the tests of a module."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cli")]

import page  # noqa: E402
import support  # noqa: E402
from ci_rule import pytest_runtest_makereport  # noqa: E402, F401


def copy_source(target):
    """What git would bring to another machine, with the changes that are not committed yet."""
    listed = subprocess.run(["git", "-C", page.SOURCE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode != 0:  # an unpacked archive
        shutil.copytree(page.SOURCE, target, ignore=shutil.ignore_patterns("build", ".git", ".wsfsm", ".worktrees"))
        return
    for name in set(os.fsdecode(listed.stdout).split("\0")) - {""}:
        if (page.SOURCE / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(page.SOURCE / name, target / name)


class Example:
    """One example: its source tree, its program, its generator."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.source, self.build = folder / "source", folder / "build"
        self.wsfsm, self.fsmgen = self.build / "wsfsm", self.build / "tools/fsmgen"
        self.source.mkdir()
        copy_source(self.source)

    def apply(self):
        for block in page.blocks(self.name, "edit"):
            page.change(self.source / block.name, block.text)

    def configure(self):
        sanitize = os.environ.get("WSFSM_SANITIZE", "")  # as the build that these tests belong to
        self.must("cmake", "-S", self.source, "-B", self.build, "-G", os.environ.get("CMAKE_GENERATOR", "Ninja"),
                  "-DCMAKE_BUILD_TYPE=Debug", "-DWSFSM_TESTS=OFF", f"-DWSFSM_SANITIZE={sanitize}",
                  f"-DWSFSM_WERROR={'OFF' if sanitize else 'ON'}")

    def make(self):
        """Builds the program; the result of the call."""
        return subprocess.run(["cmake", "--build", self.build, "--target", "wsfsm"], capture_output=True, text=True,
                              check=False)

    def must(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"

    def built(self):
        self.apply()
        self.configure()
        done = self.make()
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr
        return self

    def says(self, diff):
        """What fsmgen says of fsm/states.def after that edit; it refuses it."""
        wrong = self.folder / "wrong"
        (wrong / "fsm").mkdir(parents=True, exist_ok=True)
        text = (self.source / "fsm/states.def").read_text()
        (wrong / "fsm/states.def").write_text(page.changed(text, diff))
        done = subprocess.run([self.fsmgen, "fsm/states.def"], cwd=wrong, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done
        return done.stderr

    def history(self, name):
        """A history as the page shows it, and as Repo.history gives it."""
        rows = []
        for line in page.block(self.name, "history", name).splitlines():
            before, event, after = line.split()
            rows.append((before, event.strip("->"), after))
        return rows


@pytest.fixture
def user(tmp_path, monkeypatch, example):
    """A user's repository, worked on by the example's program; `my-agent` and the like go into a folder of PATH."""
    monkeypatch.setattr(support, "WSFSM", example.wsfsm)
    repo = support.Repo(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "wsfsm").symlink_to(example.wsfsm)
    repo.env["PATH"] = f"{programs}:{repo.env['PATH']}"

    def program(name, text):
        (programs / name).write_text(text if text.startswith("#!") else "#!/bin/sh\n" + text)
        (programs / name).chmod(0o755)

    repo.program = program
    yield repo
    assert not repo.leftovers()
    repo.unchanged()


def declare(repo, example_name, **fields):
    """The page's wsfsm.yaml and a bundle, committed."""
    repo.write("wsfsm.yaml", page.block(example_name, "repository", "wsfsm.yaml"))
    repo.bundle(tool="my-agent", **fields)
