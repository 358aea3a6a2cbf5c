"""Power loss, as far as it can be had without cutting the power: killed before a system call, and every file that was
written and not made durable until then is emptied."""

import collections
import re
import shutil
from pathlib import Path

import pytest

from harness import KILLED, Case, cases, conclude, dice, prepare, resume, sweep, traced, unbroken

PATH = r'(?:\w+(?:<[^>]*>)?, )?"([^"]*)"'
WRITES = re.compile(r"(?:write|pwrite64|ftruncate)\(\d+<([^>]*)>")
SYNCS = re.compile(r"(?:fsync|fdatasync)\(\d+<([^>]*)>\)")
RENAMES = re.compile(rf"rename(?:at2?)?\({PATH}, {PATH}")
LINKS = re.compile(rf"link\({PATH}, {PATH}")
UNLINKS = re.compile(rf"unlink(?:at)?\({PATH}")


def not_durable(trace):
    """The files that a power loss may take the content of. SQLite looks after its own."""
    dirty = set()
    for line in trace.splitlines():
        if " = -1 " in line:
            continue
        if found := WRITES.match(line):
            dirty.add(found[1])
        elif found := SYNCS.match(line):
            dirty.discard(found[1])
        elif line.startswith("syncfs("):
            dirty.clear()
        elif (found := RENAMES.match(line)) and found[1] in dirty:
            dirty.remove(found[1])
            dirty.add(found[2])
        elif (found := LINKS.match(line)) and found[1] in dirty:
            dirty.add(found[2])
        elif found := UNLINKS.match(line):
            dirty.discard(found[1])
    return {name for name in dirty if "state.db" not in name}


def lose(case, trace):
    for name in not_durable(trace):
        file = Path(name)
        if file.is_relative_to(case.root) and file.is_file() and file.suffix != ".lock":
            file.write_bytes(b"")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_sampled_losses(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    result, trace = traced(Case(template, tmp_path / "traced"))
    if result.rc == 1 and "strace: " in result.stderr:
        pytest.skip("optional: strace may not trace here")
    result.must(0)
    counts = collections.Counter(re.findall(r"^(\w+)\(", trace, re.MULTILINE))
    every = [(call, number) for call, count in counts.items() for number in range(1, count + 1) if call != "openat"]
    sample = dice("power").sample(every, min(cases(30), len(every)))

    def one(case, point):
        call, number = point
        result, trace = traced(case, "-e", f"inject={call}:signal=KILL:when={number}")
        if result.rc == KILLED:
            case.kills += 1
            assert not case.leftovers(5)
            lose(case, trace)
            case.see_status()
        resume(case, reference)
        case.check(reference)

    conclude("power", "killed before a system call, and what was not durable by then emptied", len(sample),
             sweep(template, tmp_path, sample, one))
