"""The page's first example: a state with a tool."""

import pytest
from conftest import Example, declare
from page import block, mistakes
from support import FIX, IS_FIXED

NAME = "tool"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return Example(NAME, tmp_path_factory.mktemp(NAME)).built()


def test_a_change_without_blanks_is_done(user, example):
    user.program("my-agent", FIX)
    declare(user, NAME, acceptance_tests=[IS_FIXED])
    result = user.run().must(0).json
    assert user.history() == example.history("good")
    assert list(result["step_results"]) == ["edit", "whitespace", "static", "runtime"]
    assert user.wsfsm("verify").rc == 0


def test_a_change_with_blanks_fails_and_the_log_shows_the_line(user, example):
    user.program("my-agent", "sed -i 's/a - b/a + b /' src/calc.py\n")
    declare(user, NAME, acceptance_tests=[IS_FIXED])
    result = user.run().must(1).json
    assert user.history() == example.history("blanks")
    log = user.wsfsm("log", "--run-id", result["run_id"], "--step", "whitespace").must(0)
    assert log.stdout == "2:    return a + b \n"


def test_a_file_that_looks_like_an_option(user, example):
    user.program("my-agent", FIX + "echo clean > src/-z\n")
    declare(user, NAME, acceptance_tests=[IS_FIXED])
    user.run().must(0)


def test_a_missing_profile_could_not_run(user, example):
    user.program("my-agent", FIX)
    user.tool("my-agent", type="ai", command="my-agent")
    user.bundle(tool="my-agent")
    assert user.run().must(1).json["reason"] == "could_not_run"
    assert user.history()[-1] == ("whitespace", "could_not_run", "failed")


def test_machine_check_warns_of_a_missing_profile(user, example):
    user.write("fsm/states.def", (example.source / "fsm/states.def").read_text())
    user.commit()
    checked = user.wsfsm("machine", "check", "fsm/states.def").must(0)
    assert block(NAME, "warns", "trailing_blanks") in checked.stdout + checked.stderr


def test_dry_run(user, example):
    user.program("my-agent", "exit 1\n")
    declare(user, NAME)
    plain = user.wsfsm("run", "--ws-id", "ws-fix", "--dry-run").must(0)
    assert "would run: grep -n -E" in plain.stdout


@pytest.mark.parametrize("diff, answer", mistakes(NAME))
def test_mistake(example, diff, answer):
    assert example.says(diff) == answer
