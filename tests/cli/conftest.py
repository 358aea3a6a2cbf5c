"""Fixtures, and the rule about skips."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
sys.dont_write_bytecode = True

from ci_rule import pytest_runtest_makereport  # noqa: E402, F401
from support import WSFSM, Repo  # noqa: E402


def pytest_configure(config):
    if not WSFSM.is_file():
        pytest.exit(f"no program at {WSFSM}; set WSFSM_BIN", returncode=3)


@pytest.fixture
def repo(request, tmp_path):
    """A user's repository. Afterwards nothing of the user's may have changed and nothing may be running. What a failed
    test leaves is kept, for a look at it."""
    user = Repo(tmp_path)
    yield user
    left = user.leftovers()
    for pid, _ in left:
        os.kill(pid, 9)
    assert not left, f"left running: {left}"
    user.unchanged()
    if not request.node.failed:
        shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def ready(repo):
    """A repository with an agent that makes the change and a workstream that proves it."""
    from support import FIX, IS_FIXED

    repo.agent(FIX)
    repo.bundle(acceptance_tests=[IS_FIXED])
    return repo
