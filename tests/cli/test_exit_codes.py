"""The exit code says what happened; a message on stderr says why; nothing is made on the way."""

import subprocess

import pytest

from support import FIX, WSFSM


def say(repo, *args, rc, **how):
    result = repo.wsfsm(*args, **how).must(rc)
    if rc:
        assert result.stderr.strip(), "no word about it"
        assert "Traceback" not in result.stderr and "Assertion" not in result.stderr
    return result


@pytest.mark.parametrize("args", [
    ["nonsense"], ["--nonsense"], ["run"], ["run", "--ws-id"], ["run", "--ws-id", "ws-fix", "--nonsense"],
    ["run", "--ws-id", "ws-fix", "extra"], ["history"], ["history", "--ws-id", "ws-fix", "--limit", "many"],
    ["history", "--ws-id", "ws-fix", "--limit", "-1"], ["log"], ["machine"], ["machine", "dance"],
    ["machine", "graph", "--format", "png"], ["tool"], ["tool", "dance"], ["worktree"],
    ["worktree", "remove"], ["db"], ["db", "drop"], ["--color", "sometimes", "status"], ["-C"], [],
], ids=lambda args: " ".join(args) or "(nothing)")
def test_usage(ready, args):
    say(ready, *args, rc=2)
    assert not (ready.root / ".wsfsm").exists()


def test_unknown_words_name_the_nearest(ready):
    assert "history" in say(ready, "histroy", rc=2).stderr
    assert "--dry-run" in say(ready, "run", "--ws-id", "ws-fix", "--dry-rnu", rc=2).stderr
    assert "ws-fix" in say(ready, "run", "--ws-id", "ws-fxi", rc=3).stderr


@pytest.mark.parametrize("args", [
    ["run", "--ws-id", "ws-none"], ["run", "--ws-id", "Not An Id"], ["run", "--ws-id", "ws-" + "x" * 200],
    ["log", "--run-id", "none"], ["tool", "run", "none"], ["machine", "explain", "E999"],
    ["machine", "check", "no-such-file.def"],
], ids=lambda args: " ".join(args)[:40])
def test_unknown_ids(ready, args):
    say(ready, *args, rc=3)


@pytest.mark.parametrize("command", ["status", "history"])
def test_a_run_of_another_workstream_is_called_that(ready, command):
    ready.bundle("ws-other")
    ready.run("ws-fix", "--run-id", "alpha").must(0)
    ready.run("ws-other", "--run-id", "beta").must(0)
    other = say(ready, command, "--ws-id", "ws-fix", "--run-id", "beta", rc=3).stderr
    assert "is a run of ws-other, not of ws-fix" in other and "'beta'" not in other
    none = say(ready, command, "--ws-id", "ws-fix", "--run-id", "alpa", rc=3).stderr
    assert "no such run of this workstream" in none and "'alpha'" in none and "beta" not in none
    code = say(ready, command, "--ws-id", "ws-fix", "--run-id", "beta", "--json", rc=3).error["code"]
    assert code == say(ready, command, "--ws-id", "ws-fix", "--run-id", "alpa", "--json", rc=3).error["code"]


def test_bad_bundle(ready):
    ready.write("workstreams/ws-fix.json", "{")
    say(ready, "run", "--ws-id", "ws-fix", rc=3)
    assert not (ready.root / ".worktrees").exists()


@pytest.mark.parametrize("text", ["tools: [", "nonsense: 1\n", "tools:\n  a: {type: ai}\n", "base_branch: [a]\n",
                                  "tools:\n  a: {command: x, args: ['{nope}']}\n", "filters: maybe\n",
                                  "tools:\n  a: {command: x, timeout_sec: -1}\n",
                                  "tools:\n  a: {command: x, failure_patterns: ['(']}\n"])
def test_bad_config(ready, text):
    ready.settle()
    ready.write("wsfsm.yaml", text)
    result = say(ready, "run", "--ws-id", "ws-fix", rc=3)
    assert "wsfsm.yaml:" in result.stderr
    assert not (ready.root / ".worktrees").exists()


def test_config_names_a_missing_base(ready):
    say(ready, "run", "--ws-id", "ws-fix", "--base", "no-such-branch", rc=4)




def test_no_repository(ready, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for args in (["run", "--ws-id", "ws-fix"], ["status"], ["worktree", "list"]):
        say(ready, "-C", empty, *args, rc=4)
    say(ready, "-C", tmp_path / "nowhere", "status", rc=4)


def test_bare_repository(ready, tmp_path):
    ready.git("clone", "-q", "--bare", ready.root, tmp_path / "bare.git")
    say(ready, "-C", tmp_path / "bare.git", "run", "--ws-id", "ws-fix", rc=4)


def test_inside_a_worktree_of_ours(ready):
    ready.run().must(0)
    say(ready, "run", "--ws-id", "ws-fix", rc=4, cwd=ready.worktree())


def test_unborn_branch(ready, tmp_path):
    fresh = tmp_path / "fresh"
    subprocess.run(["git", "init", "-q", fresh], env=ready.env, check=True)
    (fresh / "workstreams").mkdir()
    (fresh / "workstreams/ws-fix.json").write_text(ready.read("workstreams/ws-fix.json"))
    say(ready, "-C", fresh, "run", "--ws-id", "ws-fix", rc=4)


def test_branch_named_ws(ready):
    ready.settle()
    ready.git("branch", "ws")
    assert "ws" in say(ready, "run", "--ws-id", "ws-fix", rc=4).stderr


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_something_in_the_worktrees_place(ready, kind):
    ready.settle()
    place = ready.root / ".worktrees/ws-fix"
    place.parent.mkdir()
    (place.parent / ".gitignore").write_text("*\n")
    if kind == "file":
        place.write_text("mine\n")
    elif kind == "link":
        place.symlink_to(ready.outside)
    else:
        place.mkdir()
        (place / "mine").write_text("mine\n")
    say(ready, "run", "--ws-id", "ws-fix", rc=4)
    assert place.exists()


def test_database_is_a_text_file(ready):
    ready.settle()
    file = ready.outside / "other.db"
    file.write_text("this is no database\n" * 100)
    say(ready, "--db", file, "run", "--ws-id", "ws-fix", rc=4)
    assert file.read_text().startswith("this is no")


def test_without_a_database(ready):
    for args in (["status"], ["history", "--ws-id", "ws-fix"]):
        assert say(ready, *args, rc=0).stdout == ""
    say(ready, "log", "--run-id", "r1", rc=3)
    say(ready, "verify", rc=4)
    assert not (ready.root / ".wsfsm").exists()


def test_busy(ready):
    ready.agent(FIX + f"touch {ready.outside}/up; while [ ! -e {ready.outside}/go ]; do sleep 0.05; done")
    first = ready.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    from support import finish, wait_for

    assert wait_for(lambda: (ready.outside / "up").exists())
    second = subprocess.run([WSFSM, "run", "--ws-id", "ws-fix", "--json"], cwd=ready.root, env=ready.env,
                            capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode == 5, second.stderr
    assert "r1" in second.stderr
    (ready.outside / "go").touch()
    assert finish(first).rc == 0
    assert len(ready.rows("SELECT * FROM runs")) == 1


def test_failed_is_one_and_done_is_zero(ready):
    ready.wsfsm("run", "--ws-id", "ws-fix").must(0)
    ready.agent("exit 9")
    ready.wsfsm("run", "--ws-id", "ws-fix").must(1)


def test_history_tampered_is_six(ready):
    import sqlite3

    ready.run().must(0)
    connection = sqlite3.connect(ready.database)
    triggers = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for name in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("UPDATE transitions SET event = 'passed' WHERE seq = 3")
    connection.commit()
    connection.close()
    result = ready.wsfsm("verify").must(6)
    assert "3" in result.stdout + result.stderr
