"""Runs after runs: dry ones, second ones over an old worktree, run ids, and where a run starts from."""

import json

import pytest

from support import CALC, FIX, IS_FIXED

# --- dry run

@pytest.mark.parametrize("how", [(("--dry-run",), {}), ((), {"PIPELINE_DRY_RUN": "1"})])
def test_dry_run_calls_nothing(ready, how):
    args, env = how
    ready.agent(f"touch {ready.outside}/called")
    ready.check(f"touch {ready.outside}/called")
    ready.bundle(static_tools=["check"], acceptance_tests=[f"touch {ready.outside}/called"])
    refs = ready.git("for-each-ref")
    summary = ready.run("ws-fix", *args, env=env).must(0).json
    assert summary["final_status"] == "done"
    assert not (ready.outside / "called").exists()
    assert not ready.worktree().parent.exists()
    assert "refs/wsfsm" not in ready.git("for-each-ref") and "refs/heads/ws" not in ready.git("for-each-ref")
    assert refs.splitlines()[0].split()[2] in ready.git("for-each-ref")
    assert ready.rows("SELECT * FROM ledger") == []
    assert ready.rows("SELECT * FROM evidence WHERE verdict = 'pass'") == []


def test_dry_run_prints_what_would_run(ready):
    result = ready.wsfsm("run", "--ws-id", "ws-fix", "--dry-run").must(0)
    assert "src/calc.py" in result.stdout and "grep -q" in result.stdout
    assert "agent" in result.stdout


def test_dry_run_names_a_tool_without_a_profile(ready):
    ready.bundle(static_tools=["nowhere"])
    assert "could not run: nowhere has no profile" in ready.wsfsm("run", "--ws-id", "ws-fix", "--dry-run").must(0).stdout


def test_dry_run_does_not_meet_a_dependency(ready):
    ready.run("ws-fix", "--dry-run").must(0)
    ready.bundle("ws-next", depends_on=["ws-fix"], files_scope=["docs/"], tool="writer")
    ready.agent("echo x >> docs/guide.md", "writer")
    result = ready.run("ws-next", "-v").must(0)
    assert "ws-fix" in result.stderr
    assert "ws-fix" in json.dumps(ready.event("dependency_unmet", "ws-next"))


def test_met_dependency_is_silent(ready):
    ready.run().must(0)
    ready.bundle("ws-next", depends_on=["ws-fix"], files_scope=["docs/"], tool="writer")
    ready.agent("echo x >> docs/guide.md", "writer")
    ready.run("ws-next").must(0)
    assert ready.events("dependency_unmet", "ws-next") == []


# --- several runs

def test_second_run_over_an_old_worktree(ready):
    ready.agent(FIX + "echo left > src/left.txt; exit 1")
    first = ready.run().must(1).json
    ready.agent(FIX)
    second = ready.run().must(0).json
    assert first["run_id"] != second["run_id"]
    assert second["changed_files"] == ["src/calc.py"]
    assert not (ready.worktree() / "src/left.txt").exists()
    kept = [ref for ref in ready.git("for-each-ref", "--format=%(refname)", "refs/wsfsm").splitlines()
            if f"/{first['run_id']}/" in ref and not ref.endswith("/end")]
    assert any(ready.show(ref, "src/left.txt") == "left" for ref in kept)


def test_work_by_hand_in_an_old_worktree_is_kept(ready):
    first = ready.run().must(0).json
    (ready.worktree() / "src/hand.txt").write_text("by hand\n")
    ready.run().must(0)
    kept = ready.git("for-each-ref", "--format=%(refname)", f"refs/wsfsm/{first['run_id']}").splitlines()
    names = [ready.git("ls-tree", "-r", "--name-only", ref) for ref in kept]
    assert any("src/hand.txt" in tree for tree in names)


def test_folders_of_ours_are_no_changes_of_the_users(ready):
    """Another start, a moment earlier, has made the folders and has not hidden them yet."""
    ready.bundle(files_scope=["**"])
    ready.settle()
    for path in (".wsfsm/worktrees.lock", ".worktrees/ws-other/README.md"):
        ready.write(path, "")
    result = ready.wsfsm("run", "--ws-id", "ws-fix", guard=False).must(0)
    assert "uncommitted" not in result.stderr


def test_database_in_the_checkout_is_no_change_of_the_users(ready):
    ready.bundle(files_scope=["**"])
    ready.config(database="state/runs.db")
    for _ in range(2):
        result = ready.wsfsm("run", "--ws-id", "ws-fix", guard=False).must(0)
        assert "uncommitted" not in result.stderr
    assert (ready.root / "state/runs.db").exists()


def test_run_id_is_taken_and_used_once(ready):
    summary = ready.run("ws-fix", "--run-id", "Nightly_7-a").must(0).json
    assert summary["run_id"] == "Nightly_7-a"
    again = ready.run("ws-fix", "--run-id", "Nightly_7-a").must(3)
    assert again.error["code"] == "unusable_id"
    assert len(ready.rows("SELECT * FROM transitions")) == 4


def test_run_id_that_only_git_remembers(ready):
    """The database is gone; what the run of that id kept stays as it is, and nothing is begun."""
    ready.run("ws-fix", "--run-id", "r1").must(0)
    ready.agent(FIX + "echo '# and more' >> src/calc.py\n" + f"touch {ready.outside}/called\n")
    ready.database.unlink()
    refs = ready.git("for-each-ref", "refs/wsfsm")
    result = ready.run("ws-fix", "--run-id", "r1").must(3)
    assert result.error["code"] == "unusable_id" and "refs/wsfsm/r1/" in result.error["message"]
    assert ready.git("for-each-ref", "refs/wsfsm") == refs and not (ready.outside / "called").exists()
    assert ready.rows("SELECT * FROM runs") == []
    ready.run("ws-fix", "--run-id", "r2").must(0)
    ready.wsfsm("verify").must(0)


def test_run_id_of_another_workstream(ready):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    ready.bundle("ws-other", files_scope=["docs/"])
    ready.run("ws-other", "--run-id", "r1").must(3)
    assert {row["ws_id"] for row in ready.rows("SELECT ws_id FROM workstreams")} == {"ws-fix"}


@pytest.mark.parametrize("run_id", ["", "-a", "a b", "a/b", "..", "x" * 65, "é"])
def test_bad_run_ids(ready, run_id):
    result = ready.run("ws-fix", f"--run-id={run_id}")
    assert result.rc in (2, 3), result
    assert not ready.database.exists() or ready.rows("SELECT * FROM runs") == []


def test_repeated_failure_raises_count(ready):
    ready.agent("exit 3")
    ready.run("ws-fix", "--run-id", "r1").must(1)
    ready.run("ws-fix", "--run-id", "r2").must(1)
    errors = ready.rows("SELECT * FROM errors ORDER BY run_id")
    assert [(row["run_id"], row["count"]) for row in errors] == [("r1", 1), ("r2", 1)]
    assert errors[0]["signature"] == errors[1]["signature"]


# --- where it starts from

def test_base_option_over_environment_over_config(ready):
    ready.settle()
    for name in ("one", "two", "three"):
        ready.git("checkout", "-q", "-b", name, "main")
        ready.write("base.txt", name)
        ready.commit(name)
    ready.git("checkout", "-q", "main")
    ready.config(base_branch="one")
    ready.bundle()

    def base_of(*args, **how):
        return ready.show(ready.run("ws-fix", *args, **how).must(0).json["branch"], "base.txt")

    assert base_of() == "one"
    assert base_of(env={"PIPELINE_BASE_BRANCH": "two"}) == "two"
    assert base_of("--base", "three", env={"PIPELINE_BASE_BRANCH": "two"}) == "three"


def test_detached_head_is_a_base(ready):
    ready.settle()
    ready.git("checkout", "-q", "--detach")
    ready.run().must(0)


def test_dirty_scope_is_refused_unless_allowed(ready):
    ready.settle()
    ready.write("src/calc.py", CALC + "# mine\n")
    result = ready.run().must(4)
    assert result.error["code"] == "dirty_scope"
    assert "src/calc.py" in result.stderr
    assert not ready.worktree().exists()
    ready.run("ws-fix", "--allow-dirty").must(0)


def test_other_dirt_is_a_warning(ready):
    ready.settle()
    ready.write("notes.txt", "mine\n")
    result = ready.run("ws-fix", "-v").must(0)
    assert "uncommitted" in result.stderr


def test_from_a_subfolder_and_with_dash_c(ready):
    ready.wsfsm("run", "--ws-id", "ws-fix", cwd=ready.root / "docs").must(0)
    ready.wsfsm("-C", ready.root, "run", "--ws-id", "ws-fix", cwd="/").must(0)
