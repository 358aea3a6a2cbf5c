"""What the tests of confinement share. Their repositories lie in /var/tmp: a tool's /tmp is its own."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from support import FIX, processes_with, wait_for

PYTHON = "/usr/bin/python3"
TOOLS = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def why_not():
    """Why bubblewrap does not work here; None when it does."""
    if not shutil.which("bwrap", path=TOOLS["PATH"]):
        return "bubblewrap is not installed"
    done = subprocess.run(["bwrap", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "--dev",
                           "/dev", "true"], env=TOOLS, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip()


WHY_NOT = why_not()
confined = pytest.mark.skipif(WHY_NOT is not None, reason=f"optional: tools cannot be confined here: {WHY_NOT}")


@pytest.fixture
def tmp_path():
    folder = Path(tempfile.mkdtemp(prefix="wsfsm-confined-", dir="/var/tmp"))
    yield folder
    left = processes_with(f"WSFSM_REPO={folder}/repo".encode())
    assert not left, left


def tool(repo, text, tool_id="agent", **profile):
    """A shell command as a confined tool; without a script, which a repository in /tmp would hide."""
    repo.tool(tool_id, **{"type": "ai", "command": "/bin/sh", "args": ["-c", text], "sandbox": "on", "timeout_sec": 50,
                          **profile})


def python(repo, text, **profile):
    tool(repo, FIX, command=PYTHON, args=["-c", text], **profile)


def record(result, step="edit", number=0):
    """The record of a tool of that step's last attempt."""
    return result.json["step_results"][step]["details"]["tools"][number]


def gone(repo, seconds=3):
    return wait_for(lambda: not processes_with(f"WSFSM_REPO={repo.root}".encode()), seconds)
