"""The page's third example: a bounded FIX loop."""

import pytest
from conftest import Example, declare
from page import block, blocks, mistakes

NAME = "fix"
TEST = """import sys
sys.path.insert(0, "src")
sys.dont_write_bytecode = True
from calc import add
print("expected 3, got", add(1, 2))
sys.exit(add(1, 2) != 3)
"""

# An agent that reads what it is told: no answer at first, half of one, the whole of it.
LEARNS = """
if grep -q 'got 0$' "$1"; then
    sed -i 's/return .*/return 0 + b/' src/calc.py
elif grep -q 'got 2$' "$1"; then
    sed -i 's/return .*/return a + b/' src/calc.py
else
    sed -i 's/return .*/return 0/' src/calc.py
fi
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return Example(NAME, tmp_path_factory.mktemp(NAME)).built()


def prepare(user, agent, **fields):
    user.program("my-agent", agent)
    user.write("tests/calc_test.py", TEST)
    user.commit()
    declare(user, NAME, **{"acceptance_tests": ["python3 tests/calc_test.py"], **fields})


def test_heals_by_the_second_attempt(user, example):
    prepare(user, LEARNS)
    result = user.run().must(0).json
    assert user.history() == example.history("heals")
    assert [row["verdict"] for row in user.evidence("acceptance")] == ["fail", "fail", "pass"]
    commit = user.git("rev-parse", f"refs/heads/{result['branch']}")
    assert user.show(commit, "src/calc.py").endswith("return a + b")
    assert user.git("rev-parse", f"{commit}^") == user.git("rev-parse", "main")
    assert user.git("diff", "--name-only", "main", commit) == "src/calc.py"
    assert user.wsfsm("verify").rc == 0


def test_the_agent_is_told_what_failed(user, example):
    prepare(user, 'cp "$1" "$(dirname "$0")/told-$WSFSM_STEP-$WSFSM_ATTEMPT"\n' + LEARNS)
    user.run().must(0)
    told = {path.name: path.read_text() for path in user.base.rglob("told-*")}
    assert sorted(told) == ["told-edit-1", "told-fix-1", "told-fix-2"]
    assert "failed last" not in told["told-edit-1"]
    assert "\n" + blocks(NAME, "prompt")[0].text.strip() + "\n\nRules:\n" in told["told-fix-1"]
    assert "Step runtime, attempt 2" in told["told-fix-2"]
    assert "got 2" in told["told-fix-2"] and "got 0" not in told["told-fix-2"]


def test_never_heals_and_the_bound_holds(user, example):
    prepare(user, 'echo "# $(date +%s%N)" >> src/calc.py\n')
    result = user.run().must(1).json
    assert user.history() == example.history("never")
    assert result["reason"] == "failed"
    assert [step for step, _ in user.attempts()].count("fix") == 2


def test_mending_out_of_scope_is_a_violation(user, example):
    prepare(user, """
if grep -q 'got 0$' "$1"; then
    echo "done by hand" >> README.md
    sed -i 's/return .*/return a + b/' src/calc.py
else
    sed -i 's/return .*/return 0/' src/calc.py
fi
""")
    result = user.run().must(1).json
    assert result["reason"] == "scope_violation"
    assert result["out_of_scope_files"] == ["README.md"]
    assert user.history()[-1] == ("runtime_check", "passed", "failed")


def test_a_failing_analyser_is_mended_as_well(user, example):
    prepare(user, """
if grep -q 'return zero' "$1"; then
    sed -i 's/return .*/return a + b/' src/calc.py
else
    sed -i 's/return .*/return zero/' src/calc.py
fi
""", static_tools=["names"])
    user.write("wsfsm.yaml", block(NAME, "repository", "wsfsm.yaml") + """  names:
    type: static_check
    command: grep
    args: [-n, zero, "{changed_files}"]
    success_exit_codes: [1]
""")
    user.run().must(0)
    assert ("static_check", "failed", "fix") in user.history()
    assert user.history()[-1] == ("runtime_check", "passed", "done")


def test_what_failed_checks_left_behind_is_not_committed(user, example):
    leaves = "echo made > src/report.txt; echo made > report.txt; "
    prepare(user, LEARNS, acceptance_tests=[leaves + "python3 tests/calc_test.py"])
    result = user.run().must(0).json
    assert user.history() == example.history("heals")
    assert user.git("diff", "--name-only", "main", result["branch"]) == "src/calc.py"


def test_the_bound_of_a_run(user, example):
    user.write("fsm/states.def", (example.source / "fsm/states.def").read_text())
    user.commit()
    checked = user.wsfsm("machine", "check", "fsm/states.def").must(0)
    assert checked.stdout.splitlines()[-1].startswith(blocks(NAME, "bound")[0].text.strip() + ",")


@pytest.mark.parametrize("diff, answer", mistakes(NAME))
def test_mistake(example, diff, answer):
    assert example.says(diff) == answer
