"""Fixtures, and the rules of the house: a run that collects nothing fails, and in CI a skip is a failure unless its
reason begins with "optional:"."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
sys.dont_write_bytecode = True

from support import WSFSM, Repo  # noqa: E402


def pytest_configure(config):
    if not WSFSM.is_file():
        pytest.exit(f"no program at {WSFSM}; set WSFSM_BIN", returncode=3)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    item.failed = getattr(item, "failed", False) or report.failed
    if report.skipped and os.environ.get("CI") == "true" and "optional:" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


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
