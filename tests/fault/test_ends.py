"""The other ends: a run that fails, that changes nothing, that takes too long, killed at sampled fault points."""

import pytest

from harness import cases, conclude, dice, prepare, resume, sweep, unbroken


def static_fails(folder):
    return prepare(folder, check="import sys\nopen('found.txt', 'w').write('one\\n')\nsys.exit(1)\n")


def no_change(folder):
    template = prepare(folder, tool="idle")
    template.tool("idle", type="ai", command="/bin/true")
    template.commit("Declare an idle agent")
    return template


def timeout(folder):
    template = prepare(folder, tool="late")
    template.tool("late", type="ai", command="/bin/sh", timeout_sec=1,
                  args=["-c", "echo late >> src/calc.py; sleep 1000 & sleep 1000"])
    template.commit("Declare a late agent")
    return template


def acceptance_fails(folder):
    return prepare(folder, acceptance="echo tried > src/tried.txt; exit 1")


def out_of_scope(folder):
    template = prepare(folder, tool="stray")
    template.tool("stray", type="ai", command="/bin/sh", args=["-c", "echo x >> README.md; echo x >> src/calc.py"])
    template.commit("Declare an agent that leaves the scope")
    return template


@pytest.mark.parametrize("kind", [static_fails, acceptance_fails, no_change, timeout, out_of_scope],
                         ids=lambda kind: kind.__name__)
def test_other_ends(tmp_path, kind):
    template = kind(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken", rc=1)
    count = len(reference["points"])
    points = dice(kind.__name__).sample(range(1, count + 1), min(cases(10), count))

    def one(case, number):
        case.crash_at(number, reference["points"])
        resume(case, reference)
        case.check(reference)

    conclude(f"ends.{kind.__name__}", f"a run that ends in failure ({kind.__name__}), killed at a fault point",
             len(points), sweep(template, tmp_path, points, one))
