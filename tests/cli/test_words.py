"""What people read: ids that are not there, paths that are not text, logs, results, and what is never overwritten."""

import json
import os

import pytest

from support import FIX, IS_FIXED


@pytest.fixture
def ran(ready):
    ready.run("ws-fix", "--run-id", "first-run").must(0)
    return ready


@pytest.mark.parametrize("args", [["resume", "--run-id", "frist-run"], ["cancel", "--run-id", "first-rnu"],
                                  ["log", "--run-id", "first-rub"], ["verify", "--run-id", "firstrun"],
                                  ["status", "--run-id", "first_run"],
                                  ["history", "--ws-id", "ws-fix", "--run-id", "first-ru"]], ids=" ".join)
def test_the_nearest_run_is_named(ran, args):
    assert "did you mean 'first-run'?" in ran.wsfsm(*args).must(3).stderr
    error = ran.wsfsm(*args, "--json").must(3)
    assert "'first-run'" in error.error["message"] and error.stdout == ""


def test_few_ids_are_named_when_none_is_near(ran):
    assert "there is only 'ws-fix'" in ran.wsfsm("run", "--ws-id", "ws-something-else").must(3).stderr
    assert "there is only 'first-run'" in ran.wsfsm("resume", "--run-id", "zzz").must(3).stderr


@pytest.mark.parametrize("run_id", ["a b", "-x", "é", "a" * 65, "a/b"])
def test_an_id_that_no_run_can_have(ready, run_id):
    assert "is no run id" in ready.wsfsm("run", "--ws-id", "ws-fix", f"--run-id={run_id}").must(3).stderr
    assert not (ready.root / ".wsfsm").exists()


def test_a_folder_of_bundles_that_is_not_there(repo):
    result = repo.wsfsm("validate").must(3)
    assert "No such file or directory" in result.stderr and "wsfsm init" in result.stderr
    named = repo.wsfsm("validate", "nothing.yaml").must(3)
    assert "nothing.yaml:1:1: error: " in named.stdout and "No such file" in named.stdout


def test_a_backup_overwrites_nothing(ran):
    mine = ran.outside / "mine.txt"
    mine.write_text("mine")
    (ran.outside / "dangling").symlink_to(ran.outside / "nowhere")
    before = ran.database.stat().st_ino
    for target in (mine, ran.database, ran.outside / "dangling", ran.outside):
        assert "nothing is overwritten" in ran.wsfsm("db", "backup", target).must(4).stderr
    assert mine.read_text() == "mine" and ran.database.stat().st_ino == before
    assert not (ran.outside / "nowhere").exists()
    ran.wsfsm("db", "backup", ran.outside / "new.db").must(0)
    assert sorted(path.name for path in ran.outside.glob("new.db*")) == ["new.db"]


def test_paths_that_are_no_text_are_marked(repo):
    repo.agent(FIX + "touch \"$(printf 'src/n\\377m')\" 'src/per%cent'\n")
    repo.bundle()
    shown = repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(0).stdout
    assert "src/n%FFm (encoded)\n" in shown and "src/per%cent\n" in shown
    shown = repo.wsfsm("worktree", "status", "--ws-id", "ws-fix").must(0).stdout
    assert "src/n%FFm (encoded)\n" in shown and "src/per%cent\n" in shown
    assert repo.wsfsm("worktree", "status", "--ws-id", "ws-fix", "--json").must(0).json["paths_encoded"] is True
    assert repo.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix", "--json").must(0).json["paths_encoded"] is True
    summary = repo.run("ws-fix", "--run-id", "r2").must(0).json
    assert summary["paths_encoded"] is True and summary["changed_files"] == ["src/calc.py", "src/n%FFm", "src/per%cent"]
    assert all(step["details"]["paths_encoded"] is True for step in summary["step_results"].values())
    odd = os.fsencode(repo.outside) + b"/d\xff.db"
    info = repo.wsfsm("--db", os.fsdecode(odd), "db", "init", "--json").must(0).json
    assert info["database"].endswith("/d%FF.db") and info["paths_encoded"] is True


def test_paths_that_are_no_text_are_judged_as_they_are(repo):
    """One character of a pattern is one byte of such a name, not the three of its %XX."""
    repo.agent("touch \"$(printf 'src/\\377.txt')\" \"$(printf 'src/\\nx.txt')\"")
    repo.bundle(files_scope=["src/?.txt", "src/?x.txt"])
    summary = repo.run("ws-fix").must(0).json
    assert summary["changed_files"] == ["src/%0Ax.txt", "src/%FF.txt"] and summary["out_of_scope_files"] == []
    repo.bundle(files_scope=["src/%FF.txt", "src/%0Ax.txt"])
    summary = repo.run("ws-fix").must(1).json
    assert summary["out_of_scope_files"] == ["src/%0Ax.txt", "src/%FF.txt"] and summary["paths_encoded"] is True


def test_a_success_says_how_to_have_it(ready):
    shown = ready.wsfsm("run", "--ws-id", "ws-fix").must(0).stdout
    (line,) = [line for line in shown.splitlines() if line.startswith("merge")]
    ready.git(*line.split()[2:], "-q")
    ready.watched = None
    assert "a + b" in ready.read("src/calc.py")


def test_a_failure_says_how_to_see_it(repo):
    repo.agent(FIX + "echo x >> README.md; echo said")
    repo.bundle()
    shown = repo.wsfsm("run", "--ws-id", "ws-fix").must(1).stdout
    lines = dict(line.split(None, 1) for line in shown.splitlines() if line.startswith(("logs", "snapshot")))
    assert "README.md" in repo.git(*lines["snapshot"].split()[1:])
    result = repo.wsfsm(*lines["logs"].split()[1:]).must(0)
    assert result.stdout == "said\n" and "merge" not in shown


def test_what_changed_nothing_has_no_snapshot(repo):
    repo.agent("true")
    repo.bundle()
    assert "snapshot" not in repo.wsfsm("run", "--ws-id", "ws-fix").must(1).stdout


def test_history_says_which_run_it_shows(ran):
    assert ran.wsfsm("history", "--ws-id", "ws-fix").must(0).stderr == ""
    ran.run("ws-fix", "--run-id", "second-run", "--dry-run").must(0)
    shown = ran.wsfsm("history", "--ws-id", "ws-fix").must(0)
    assert "this is run second-run, a dry run, the newest of 2; --run-id prints another" in shown.stderr
    assert ran.wsfsm("history", "--ws-id", "ws-fix", "--run-id", "first-run").must(0).stderr == ""
    assert ran.wsfsm("history", "--ws-id", "ws-fix", "--json").must(0).stderr == ""


def test_log_says_what_it_shows(repo):
    repo.agent(FIX + "echo words >&2")
    repo.bundle(acceptance_tests=["echo tested"])
    repo.run("ws-fix", "--run-id", "r1").must(0)
    result = repo.wsfsm("log", "--run-id", "r1").must(0)
    assert result.stdout == "tested\n"
    assert "this is runtime, attempt 1; --step prints another: edit, static" in result.stderr
    edit = repo.wsfsm("log", "--run-id", "r1", "--step", "edit").must(0)
    assert edit.stdout == "" and "agent printed nothing to standard output; with --stderr" in edit.stderr
    assert "/base" not in edit.stderr
    assert "there are 'edit', 'static' and 'runtime'" in repo.wsfsm(
        "log", "--run-id", "r1", "--step", "fix").must(3).stderr
    assert "no attempt 2 of edit" in repo.wsfsm("log", "--run-id", "r1", "--step", "edit", "--attempt", 2).must(3).stderr


def test_a_dry_run_says_what_would_run(repo):
    repo.agent(args=["{ws_id}", "{run_id}", "--file={scope_files}", "--model", "{model_name}", "{worktree_path}",
                     "{changed_files}", "{files_scope}"])
    repo.bundle(acceptance_tests=[IS_FIXED])
    shown = repo.run("ws-fix", "--run-id", "r1", "--dry-run").must(0).json
    (tool,) = shown["step_results"]["edit"]["details"]["tools"]
    assert tool["argv"] == ["/bin/sh", "ws-fix", "r1", "--file=src/calc.py", str(repo.worktree()), "{changed_files}",
                            "src/"]
    modelled = repo.run("ws-fix", "--run-id", "r2", "--dry-run", "--model", "m1").must(0).json
    assert ["--model", "m1"] == modelled["step_results"]["edit"]["details"]["tools"][0]["argv"][4:6]
    assert not repo.worktree().exists()


@pytest.mark.parametrize("args", [["doctor"], ["init"], ["worktree", "gc"], ["worktree", "list"], ["tool", "list"],
                                  ["status"], ["machine", "explain"]], ids=" ".join)
def test_lists_are_one_json_value(ran, args):
    result = ran.wsfsm(*args, "--json", guard=False)
    assert result.rc == 0 and isinstance(json.loads(result.stdout), list), result


def test_init_that_fails_prints_no_half_result(repo):
    repo.write("workstreams", "a file of the user's\n")
    result = repo.wsfsm("init", "--json").must(4)
    assert result.stdout == "" and result.error["where"].endswith("/workstreams")
    assert not (repo.root / "wsfsm.yaml").exists() and repo.read("workstreams") == "a file of the user's\n"
