"""`worktree: {copy, setup}` of wsfsm.yaml: what a new worktree is given before the agent sees it."""

import json
import os
import signal

import pytest

from support import FIX, IS_FIXED, wait_for


@pytest.fixture
def given(ready):
    """A checkout with files git ignores, as people have."""
    ready.write(".gitignore", ".env\n/deps/\n*.local\n")
    ready.write(".env", "PORT=1\n", mode=0o600)
    ready.write("deps/a/tool.sh", "echo hi\n", mode=0o755)
    (ready.root / "deps/link").symlink_to("a/tool.sh")
    ready.write("src/x.local", "x\n")
    ready.git("add", ".gitignore")
    ready.git("commit", "-q", "-m", "Ignore")
    return ready


def provision(repo, copy=(), setup=()):
    repo.config(worktree={"copy": list(copy), "setup": setup if isinstance(setup, str) else list(setup)})


def tools_of(repo, step="edit"):
    rows = repo.rows("SELECT * FROM step_attempts WHERE step_name = ? ORDER BY id", step)
    return [(tool["id"], tool["verdict"]) for tool in json.loads(rows[-1]["result_json"])["details"]["tools"]]


# --- copies

def test_ignored_files_are_copied_and_never_committed(given):
    provision(given, [".env", "deps", "**/*.local"])
    given.bundle(acceptance_tests=[IS_FIXED, "test -f .env && sh deps/link | grep -q hi && test -f src/x.local"])
    summary = given.run().must(0).json
    assert summary["changed_files"] == ["src/calc.py"]
    tree = given.worktree()
    assert (tree / ".env").stat().st_mode & 0o777 == 0o600
    assert (tree / "deps/a/tool.sh").stat().st_mode & 0o777 == 0o755
    assert int((tree / ".env").stat().st_mtime) == int((given.root / ".env").stat().st_mtime)
    assert (tree / "deps/link").is_symlink()
    assert given.git("ls-tree", "-r", "--name-only", summary["branch"]).splitlines() == \
        [".gitignore", "README.md", "docs/guide.md", "src/calc.py", "workstreams/ws-fix.json", "wsfsm.yaml"]
    assert given.event("worktree_copied")["files"] == 4


def test_an_untracked_copy_is_none_of_the_agents_doing(given):
    given.write("notes.txt", "mine\n")
    provision(given, ["notes.txt"])
    summary = given.run().must(0).json
    assert summary["changed_files"] == ["src/calc.py"] and summary["out_of_scope_files"] == []
    assert (given.worktree() / "notes.txt").read_text() == "mine\n"


def test_a_copy_the_agent_changed_is(given):
    given.write("notes.txt", "mine\n")
    provision(given, ["notes.txt"])
    given.agent(FIX + "echo its >> notes.txt")
    summary = given.run().must(1).json
    assert summary["out_of_scope_files"] == ["notes.txt"]
    assert given.read("notes.txt") == "mine\n"


def test_what_the_base_has_is_not_replaced(given):
    given.settle()
    provision(given, ["docs/", "README.md"])
    given.write("README.md", "changed and not committed\n")
    given.write("docs/more.md", "not committed\n")
    given.run().must(0)
    assert (given.worktree() / "README.md").read_text() == "# calc\n"
    assert (given.worktree() / "docs/more.md").exists()


def test_what_is_not_there_is_told(given):
    provision(given, ["nothing/here", "*.nothing", ".env"])
    result = given.wsfsm("run", "--ws-id", "ws-fix").must(0)
    for name in ("nothing/here", "*.nothing"):
        assert f"worktree.copy: '{name}' is not there" in result.stderr
    assert given.event("worktree_copied")["absent"] == ["nothing/here", "*.nothing"]


def test_folders_of_git_and_wsfsm_are_not_copied(given):
    given.run().must(0)
    given.git("init", "-q", "deps/inner")
    given.write("deps/inner/file", "x\n")
    provision(given, ["**", "deps"])
    given.run().must(0)
    assert (given.worktree() / "deps/inner/file").exists()
    assert not (given.worktree() / "deps/inner/.git").exists()
    assert not (given.worktree() / ".wsfsm").exists() and not (given.worktree() / ".worktrees").exists()


@pytest.mark.parametrize("how", ["link in the checkout", "link in the base"])
def test_copies_follow_no_link(given, how):
    (given.outside / "folder").mkdir()
    given.write("cfg/.keep", "")
    given.git("add", "cfg")
    given.git("commit", "-q", "-m", "Folder")
    given.write("cfg/x.local", "x\n")
    if how == "link in the base":  # in the checkout there is a folder, since then
        given.git("rm", "-q", "--cached", "cfg/.keep")
        (given.root / "cfg").rename(given.base / "aside")
        (given.root / "cfg").symlink_to(given.outside / "folder")
        given.git("add", "cfg")
        given.git("commit", "-q", "-m", "Link")
        (given.root / "cfg").unlink()
        (given.base / "aside").rename(given.root / "cfg")
    else:
        (given.outside / "folder/x.local").write_text("outside\n")
        given.git("rm", "-q", "-r", "--cached", "cfg")
        given.git("commit", "-q", "-m", "No folder")
        os.remove(given.root / "cfg/x.local")
        os.remove(given.root / "cfg/.keep")
        (given.root / "cfg").rmdir()
        (given.root / "cfg").symlink_to(given.outside / "folder")
    provision(given, ["cfg/x.local"])
    result = given.run("ws-fix", "--allow-dirty").must(1)
    assert result.json["reason"] == "could_not_run"
    assert "cfg" in result.json["step_results"]["edit"]["error_message"]
    assert sorted(os.listdir(given.outside / "folder")) == \
        ([] if how == "link in the base" else ["x.local"])
    assert tools_of(given) == []


def test_a_fifo_is_left_out(given):
    os.mkfifo(given.root / "deps/fifo")
    provision(given, ["deps"])
    result = given.wsfsm("run", "--ws-id", "ws-fix").must(0)
    assert "worktree.copy: 'deps/fifo' is no file" in result.stderr
    assert given.event("worktree_copied")["left_out"] == ["deps/fifo"]


# --- setup

def test_setup_runs_once_before_the_agent(given):
    provision(given, [], ["cp README.md seen.local", ["sh", "-c", f"echo \"$WSFSM_STEP\" >> {given.outside}/calls"],
                          {"command": "env", "args": ["-C", "{worktree_path}", "true"], "timeout_sec": 60}])
    given.agent("test -f seen.local && " + FIX)
    given.check("test -f seen.local")
    given.bundle(static_tools=["check"], acceptance_tests=[IS_FIXED])
    given.run().must(0)
    assert tools_of(given) == [("setup-1", "passed"), ("setup-2", "passed"), ("setup-3", "passed"), ("agent", "passed")]
    assert (given.outside / "calls").read_text() == "edit\n"
    log = given.wsfsm("log", "--run-id", given.one("SELECT run_id FROM runs")["run_id"], "--step", "edit").must(0)
    assert "==> edit, attempt 1, setup-2 (stdout) <==" in log.stdout


def test_one_command_may_stand_alone(given):
    provision(given, setup="cp README.md seen.local")
    given.run().must(0)
    assert (given.worktree() / "seen.local").exists()


def test_what_setup_leaves_is_never_committed(given):
    script = "mkdir venv && echo '*' > venv/.gitignore && touch venv/x left.txt"
    provision(given, setup=[["sh", "-c", script]])
    summary = given.run().must(0).json
    assert summary["changed_files"] == ["src/calc.py"] and summary["out_of_scope_files"] == []
    given.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(0)
    (given.worktree() / "left.txt").write_text("touched\n")
    assert "left.txt" in given.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(1).stdout


@pytest.mark.parametrize("command, reason, told", [
    ("false", "could_not_run", "setup-1 (false): exit code 1"),
    ("no-such-program", "could_not_run", "no-such-program"),
    ("src/tracked.sh", "could_not_run", "src/tracked.sh"),
    ({"command": "sleep", "args": ["100"], "timeout_sec": 1}, "timeout", "ran longer than its timeout"),
    ({"command": "sleep", "args": ["100"], "idle_timeout_sec": 1}, "idle_timeout", "printed nothing"),
    (["sh", "-c", "echo x >> README.md"], "could_not_run", "'README.md', which is tracked"),
    (["sh", "-c", "rm docs/guide.md"], "could_not_run", "'docs/guide.md', which is tracked"),
    (["git", "commit", "-q", "--allow-empty", "-m", "x"], "could_not_run", "moved HEAD"),
    (["git", "init", "-q", "inner"], "could_not_run", "'inner' is a repository of its own"),
    (["mkfifo", "pipe"], "could_not_run", "'pipe' is a device, FIFO or socket"),
    (["sh", "-c", "rm .git; git init -q"], "could_not_run", ".git"),
    (["git", "config", "core.hooksPath", "x"], "could_not_run", "config"),
], ids=str)
def test_a_setup_that_goes_wrong_ends_the_run_before_the_agent(given, command, reason, told):
    given.write("src/tracked.sh", "#!/bin/sh\n", mode=0o755)
    given.git("add", "src")
    provision(given, setup=[command])
    result = given.run(guard="hooksPath" not in str(command)).must(1)
    step = result.json["step_results"]["edit"]
    assert result.json["reason"] == reason
    assert step["error_message"].startswith("setting up the worktree: ") and told in step["error_message"]
    assert "agent" not in dict(tools_of(given))


def test_a_later_run_sets_up_its_own(given):
    provision(given, [".env"], ["cp README.md seen.local"])
    given.run().must(0)
    for name in (".env", "seen.local"):
        (given.worktree() / name).unlink()
    given.agent("test -f .env && test -f seen.local && " + FIX)
    given.run().must(0)


def test_a_secret_handed_to_setup_is_not_shown(given):
    provision(given, setup=[{"command": "sh", "args": ["-c", "echo $NPM_TOKEN > got.local; echo $NPM_TOKEN"],
                             "pass_env": ["NPM_TOKEN"]}])
    given.run(env={"NPM_TOKEN": "very-secret-value"}).must(0)
    assert (given.worktree() / "got.local").read_text() == "very-secret-value\n"
    for file in (given.root / ".wsfsm").rglob("*"):
        assert not file.is_file() or b"very-secret-value" not in file.read_bytes(), file


def test_a_dry_run_names_the_commands_and_copies_nothing(given):
    provision(given, [".env"], ["cp README.md seen.local"])
    result = given.wsfsm("run", "--ws-id", "ws-fix", "--dry-run").must(0)
    assert "cp README.md seen.local" in result.stdout
    assert not given.worktree().exists()


def test_setup_ends_with_the_run(given):
    provision(given, setup=["sleep 1000"])
    process = given.start("run", "--ws-id", "ws-fix", "--json")
    assert wait_for(lambda: any("sleep" in line for _, line in given.processes()))
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert given.history()[-1] == ("editing", "cancel", "failed")
    assert given.leftovers() == []


# --- resuming

def test_a_setup_that_was_killed_is_done_again(given):
    provision(given, ["deps"], [["sh", "-c", f"cat deps/a/tool.sh && echo x > half.txt && "
                                             f"{{ test -e {given.outside}/go || sleep 1000; }}"]])
    given.agent("test -f half.txt && " + FIX)
    process = given.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for((given.worktree() / "half.txt").exists)
    process.kill()
    process.wait()
    (given.outside / "go").touch()
    summary = given.wsfsm("resume", "--run-id", "r1", "--json").must(0).json
    assert summary["changed_files"] == ["src/calc.py"]


def test_an_attempt_that_was_killed_finds_what_setup_made(given):
    provision(given, [".env"], [["sh", "-c", f"echo x >> {given.outside}/calls; echo x > made.txt"]])
    given.agent(f"test -f made.txt && test -f .env && echo begun >> src/calc.py && "
                f"{{ test -e {given.outside}/go || sleep 1000; }} && sed -i /begun/d src/calc.py && " + FIX)
    process = given.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for(lambda: (given.worktree() / "src/calc.py").exists() and
                    "begun" in (given.worktree() / "src/calc.py").read_text())
    process.kill()
    process.wait()
    (given.outside / "go").touch()
    summary = given.wsfsm("resume", "--run-id", "r1", "--json").must(0).json
    assert summary["changed_files"] == ["src/calc.py"]
    assert (given.outside / "calls").read_text() == "x\n"


@pytest.mark.parametrize("lost", ["taken by a newer run", "removed", "deleted by hand"])
def test_a_worktree_that_is_rebuilt_is_set_up_again(given, lost):
    provision(given, [".env"], [["sh", "-c", "grep -q 'a - b' src/calc.py && echo x > made.local"]])
    given.bundle(acceptance_tests=[f"test -e {given.outside}/go || sleep 1000",
                                   IS_FIXED + " && test -f .env && test -f made.local"])
    process = given.start("run", "--ws-id", "ws-fix", "--run-id", "old")
    assert wait_for(lambda: any("sleep" in line for _, line in given.processes()))
    process.kill()
    process.wait()
    (given.outside / "go").touch()
    given.leftovers()
    if lost == "taken by a newer run":
        given.run("ws-fix", "--run-id", "new").must(0)
    elif lost == "removed":
        given.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    else:
        given.git("worktree", "remove", "--force", str(given.worktree()))
    summary = given.wsfsm("resume", "--run-id", "old", "--json").must(0).json
    assert (summary["final_status"], summary["changed_files"]) == ("done", ["src/calc.py"])
    assert [event for _, event, _ in given.history("ws-fix", "old")] == \
        ["start", "passed", "skipped", "interrupted", "passed"]


# --- the file

@pytest.mark.parametrize("worktree, told", [
    ("{copy: .env}", "wsfsm.yaml:1:18: error: worktree: 'copy' must be a list of strings, not a string"),
    ("{copy: [../x]}", "wsfsm.yaml:1:19: error: worktree: path '../x' in 'copy' holds '..'"),
    ("{copy: [/etc/passwd]}", "is absolute"),
    ("{copy: [.git/config]}", "reaches into .git"),
    ("{setup: 7}", "'setup' must be a list, not an integer"),
    ("{setup: ['make a && make b']}", "wsfsm.yaml:1:20: error: worktree: setup-1 is run without a shell, which '&' "
                                      "would need; write a list of words, such as [sh, -c, \"...\"]"),
    ("{setup: ['  ']}", "setup-1 must be a command"),
    ("{setup: [make, []]}", "setup-2 must be a command"),
    ("{setup: [{args: [x]}]}", "'command' is missing"),
    ("{setup: [{command: x, agrs: [x]}]}", "unknown field 'agrs'; did you mean 'args'?"),
    ("{setup: ['cp {nope} x']}", "unknown placeholder '{nope}'"),
    ("{setup: [[cp, '{nope}']]}", "unknown placeholder '{nope}'"),
    ("{stup: [x]}", "unknown field 'stup'; did you mean 'setup'?"),
    ("[]", "'worktree' must be a mapping, not a list"),
])
def test_an_unsound_declaration_is_refused(ready, worktree, told):
    ready.settle()
    ready.write("wsfsm.yaml", f"worktree: {worktree}\n")
    ready.git("commit", "-qam", "Change")
    result = ready.wsfsm("run", "--ws-id", "ws-fix").must(3)
    assert told in result.stderr, result
    assert not ready.database.exists()
