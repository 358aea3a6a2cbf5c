"""The page's second example: a state with a C handler."""

import pytest
from conftest import Example
from page import block, blocks, change, mistakes
from support import FIX, IS_FIXED

NAME = "handler"
LISTED = "src/steps/CMakeLists.txt"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Built without the new file first, for what the linker says; then as the page has it."""
    this = Example(NAME, tmp_path_factory.mktemp(NAME))
    for edit in blocks(NAME, "edit"):
        if edit.name != LISTED:
            change(this.source / edit.name, edit.text)
    this.configure()
    this.unlinked = this.make()
    for new in blocks(NAME, "new"):
        (this.source / new.name).write_text(new.text)
    change(this.source / LISTED, block(NAME, "edit", LISTED))
    done = this.make()
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    return this


def test_declared_and_not_defined_is_the_linkers_error(example):
    assert example.unlinked.returncode != 0
    assert "ws_step_size" in blocks(NAME, "links")[0].text
    assert "undefined" in example.unlinked.stdout and "ws_step_size" in example.unlinked.stdout


def test_a_small_change_is_done(user, example):
    user.agent(FIX)
    user.bundle(acceptance_tests=[IS_FIXED])
    result = user.run().must(0).json
    assert user.history() == example.history("small")
    assert result["step_results"]["size"]["success"] is True
    assert [row["verdict"] for row in user.evidence("size")] == ["pass"]
    assert user.wsfsm("verify").rc == 0


def test_a_large_change_fails_with_its_own_reason(user, example):
    user.agent("for i in $(seq 21); do echo $i > src/$i; done\n")
    user.bundle()
    result = user.run().must(1).json
    assert user.history() == example.history("large")
    assert result["reason"] == "too_many_files"
    assert "21 files" in user.one("SELECT message FROM errors WHERE step_name = 'size'")["message"]


def test_dry_run_says_that_it_would_run_nothing(user, example):
    user.agent("exit 1\n")
    user.bundle()
    result = user.run("ws-fix", "--dry-run").must(0).json
    assert result["step_results"]["size"]["details"]["tools"] == []


@pytest.mark.parametrize("diff, answer", mistakes(NAME))
def test_mistake(example, diff, answer):
    assert example.says(diff) == answer
