"""The demonstration that tools/quickstart shows: real code, a real defect, a real analyser and a real test."""

import re
import shutil

import pytest

from support import SOURCE


@pytest.fixture
def demo(repo):
    shutil.copytree(SOURCE / "tools/demo", repo.root, dirs_exist_ok=True)
    shutil.copytree(SOURCE / "workstreams", repo.root / "workstreams", dirs_exist_ok=True)
    repo.commit("The demonstration")
    return repo


def test_bundles_are_sound(demo):
    demo.wsfsm("validate").must(0)
    demo.wsfsm("validate", SOURCE / "workstreams").must(0)


def test_the_defect_is_mended(demo):
    summary = demo.run("ws-demo-fix").must(0).json
    assert summary["changed_files"] == ["src/ring.c"]
    assert [step["status"] for step in summary["step_results"].values()] == ["success"] * 3
    assert "count >= RING_CAPACITY" in demo.show(summary["branch"], "src/ring.c")
    tool = summary["step_results"]["static"]["details"]["tools"][0]
    assert tool["id"] == "cppcheck" and tool["exit_code"] == 0


def test_the_test_shows_the_defect(demo):
    """Without the patch the acceptance test fails: the demonstration proves something."""
    demo.write("workstreams/ws-demo-fix.patch", demo.read("workstreams/ws-demo-fix.patch").replace(">= RING", "!= RING"))
    demo.commit("A patch that mends nothing")
    assert demo.run("ws-demo-fix").must(1).json["step_results"]["runtime"]["status"] == "failure"


def test_out_of_scope_fails(demo):
    summary = demo.run("ws-demo-out-of-scope").must(1).json
    assert summary["reason"] == "scope_violation"
    assert summary["out_of_scope_files"] == ["src/ring.h"]


def test_readme_names_commands_that_exist(repo):
    text = (SOURCE / "README.md").read_text()
    for line in re.findall(r"^    wsfsm (.+?)(?:  |$)", text, re.M):
        repo.wsfsm(*[word for word in line.split() if not word.startswith("-")][:1], "--help").must(0)
    for path in re.findall(r"\]\(([^)]+)\)", text):
        assert (SOURCE / path).exists(), path


def test_every_package_is_listed_once():
    lines = [line.split() for line in (SOURCE / "tools/packages.txt").read_text().splitlines()
             if line and not line.startswith("#")]
    assert all(len(line) == 2 and line[0] in ("build", "demo", "check", "valgrind", "fuzz") for line in lines)
    names = [name for _, name in lines]
    assert len(names) == len(set(names))
