"""Killed before a system call: finer than fault points, into the middle of SQLite's commits and libgit2's writes."""

import collections
import re
import shutil

import pytest

from harness import KILLED, Case, cases, conclude, dice, prepare, resume, sweep, traced, unbroken


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_sampled_calls(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    result, trace = traced(Case(template, tmp_path / "traced"))
    if result.rc == 1 and "strace: " in result.stderr:
        pytest.skip("optional: strace may not trace here")
    result.must(0)
    counts = collections.Counter(re.findall(r"^(\w+)\(", trace, re.MULTILINE))
    every = [(call, number) for call, count in counts.items() for number in range(1, count + 1)]
    sample = dice("calls").sample(every, min(cases(30), len(every)))

    def one(case, point):
        call, number = point
        result, _ = traced(case, "-e", f"inject={call}:signal=KILL:when={number}")
        assert result.rc in (KILLED, 0), result
        if result.rc == KILLED:
            case.after_kill()
        resume(case, reference)
        case.check(reference)

    conclude("calls", f"killed before a system call ({len(every)} there are)", len(sample),
             sweep(template, tmp_path, sample, one))
