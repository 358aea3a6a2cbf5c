"""Killed before a system call: finer than fault points, into the middle of SQLite's commits and libgit2's writes."""

import collections
import re
import shutil
import subprocess

import pytest

from harness import KILLED, RUN, WS, WSFSM, Case, cases, conclude, dice, finish, prepare, resume, sweep, unbroken

# What changes the disk, or makes it durable, or starts or locks something.
CALLS = ["openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "syncfs", "rename", "link", "linkat", "unlink",
         "unlinkat", "mkdir", "symlinkat", "chmod", "fchmod", "flock", "sendto", "clone3", "vfork", "kill"]


def traced(case, trace, *inject):
    """The run under strace, which does not follow the supervisor."""
    command = ["strace", "-qq", "-o", trace, "-e", f"trace={','.join('?' + call for call in CALLS)}", *inject,
               WSFSM, "run", "--ws-id", WS, "--run-id", RUN, "--json"]
    return finish(subprocess.Popen(command, cwd=case.root, env=case.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE), command)


@pytest.mark.skipif(shutil.which("strace") is None, reason="optional: strace is not installed")
def test_sampled_calls(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    trace = tmp_path / "trace"
    result = traced(Case(template, tmp_path / "traced"), trace)
    if "ptrace" in result.stderr and result.rc == 1:
        pytest.skip("optional: strace may not trace here")
    result.must(0)
    counts = collections.Counter(re.findall(r"^(\w+)\(", trace.read_text(), re.MULTILINE))
    every = [(call, number) for call, count in counts.items() for number in range(1, count + 1)]
    sample = dice("calls").sample(every, min(cases(30), len(every)))

    def one(case, point):
        call, number = point
        result = traced(case, case.base / "trace", "-e", f"inject={call}:signal=KILL:when={number}")
        assert result.rc in (KILLED, 0), result
        if result.rc == KILLED:
            case.after_kill()
        resume(case, reference)
        case.check(reference)

    conclude("calls", f"killed before a system call ({len(every)} there are)", len(sample),
             sweep(template, tmp_path, sample, one))
