"""The value of a secret stands in no record and on no screen, also where it is a part of a name or of a command."""

import json

import pytest

from support import FIX, IS_FIXED

SECRET = "sk-0123456789abcdef"
QUOTED = 'quo"ted\\tok+en'  # written otherwise in JSON


@pytest.fixture(name="leaking", params=[SECRET, QUOTED], ids=["plain", "quoted"])
def fixture_leaking(request, repo):
    """An agent and analysers that are given a secret."""
    repo.env["MY_API_KEY"] = repo.secret = request.param
    repo.settings["acceptance"] = {"pass_env": ["OTHER"]}
    return repo


def shown(repo, *results):
    """All that was printed and recorded of run r1."""
    file = repo.outside / "page.html"
    more = [repo.wsfsm(*args).must(0) for args in (
        ["report", "--run-id", "r1", "-o", file], ["history", "--ws-id", "ws-fix", "--json"], ["status", "--json"],
        ["log", "--run-id", "r1", "--step", "edit"])]
    logs = [path.read_text() for path in (repo.root / ".wsfsm/runs").rglob("*.log")]
    rows = [json.dumps(repo.rows(f"SELECT * FROM {table}"), ensure_ascii=False) for table in (
        "step_attempts", "transitions", "events", "errors", "evidence", "ledger")]
    return "\n".join([file.read_text(), *logs, *rows, *(part for result in (*results, *more)
                                                        for part in (result.stdout, result.stderr))])


def check_hidden(repo, *results):
    text = shown(repo, *results)
    for written in (repo.secret, json.dumps(repo.secret)[1:-1], json.dumps(json.dumps(repo.secret)[1:-1])[1:-1],
                    repo.secret.replace('"', "&quot;")):
        assert written not in text, text[max(0, text.find(written) - 300):][:600]


def test_a_new_name_that_holds_a_secret_is_never_committed(leaking):
    leaking.agent(FIX + 'touch "src/f-$MY_API_KEY"', pass_env=["MY_API_KEY"])
    leaking.bundle(acceptance_tests=[IS_FIXED])
    result = leaking.run("ws-fix", "--run-id", "r1").must(1)
    check_hidden(leaking, result)
    summary = result.json
    assert summary["reason"] == "scope_violation"
    assert summary["changed_files"] == ["src/calc.py", "src/f-***"]
    assert "holds the value of a secret: src/f-***" in json.dumps(leaking.event("scope_violation"))
    for ref in leaking.git("for-each-ref", "--format=%(refname)", "refs/heads").splitlines():
        assert leaking.secret not in leaking.git("-c", "core.quotePath=false", "ls-tree", "-r", "-z", ref)
    assert leaking.secret in leaking.git("ls-tree", "-r", "-z", "refs/wsfsm/r1/ws-fix/2"), "work is never lost"
    leaking.wsfsm("verify").must(0)


def test_other_names_that_hold_a_secret(leaking):
    """Out of scope, a nested repository, what an analyser leaves behind, a branch."""
    leaking.agent(FIX + 'touch "out-$MY_API_KEY"; git init -q "src/n-$MY_API_KEY"', pass_env=["MY_API_KEY"])
    leaking.check('echo > "left-$MY_API_KEY"; git tag "t-${MY_API_KEY%%[\\\\]*}" || true', pass_env=["MY_API_KEY"])
    leaking.bundle(static_tools=["check"])
    result = leaking.run("ws-fix", "--run-id", "r1", guard=False).must(1)
    check_hidden(leaking, result)
    assert result.json["out_of_scope_files"] == ["out-***"]
    assert "nested repository: src/n-***" in json.dumps(leaking.event("scope_violation"))
    assert leaking.event("byproducts")["paths"] == ["left-***"]


def test_a_name_that_was_there_before_is_no_secret_let_out(repo):
    """A value that is a word of the project hides that word, and stops nothing."""
    repo.env["DB_PASSWORD"] = "postgres"
    repo.write("src/postgres.py", "one\n")
    repo.write("src/old-postgres.py", "old\n")
    repo.commit("Add a driver")
    repo.agent("echo two >> src/postgres.py; rm src/old-postgres.py; echo > src/new-postgres.py",
               pass_env=["DB_PASSWORD"])
    repo.bundle(files_scope=["src/postgres.py", "src/old-postgres.py"], files_create=["src/new-postgres.py"])
    summary = repo.run("ws-fix", "--run-id", "r1").must(0).json
    assert summary["changed_files"] == ["src/***.py", "src/new-***.py", "src/old-***.py"] and summary["out_of_scope_files"] == []
    assert repo.show(summary["branch"], "src/postgres.py") == "one\ntwo"


def test_tools_get_a_changed_name_as_it_is(repo):
    repo.env["DB_PASSWORD"] = "postgres"
    repo.write("src/postgres.py", "one\n")
    repo.commit("Add a driver")
    repo.agent("echo two >> src/postgres.py", pass_env=["DB_PASSWORD"])
    repo.tool("lint", type="static_check", command="/bin/cat", args=["{changed_files}"])
    repo.bundle(static_tools=["lint"])
    result = repo.run("ws-fix", "--run-id", "r1").must(0)
    assert "two" in repo.wsfsm("log", "--run-id", "r1", "--step", "static").must(0).stdout
    assert result.json["step_results"]["static"]["details"]["tools"][0]["argv"] == ["/bin/cat", "src/***.py"]


@pytest.mark.parametrize("args", [[], ["--dry-run"]], ids=["run", "dry run"])
def test_a_secret_in_a_command_is_not_recorded(leaking, args):
    """Also a value that stands in a profile and is written out in its arguments and in a test."""
    del leaking.env["MY_API_KEY"]
    quoted = "'" + leaking.secret + "'"
    leaking.agent(FIX, env={"LIT_API_KEY": leaking.secret}, args=["-c", f"{FIX}: {quoted}"])
    leaking.check("exit 0", env={"LIT_API_KEY": leaking.secret}, args=["-c", f": {quoted}"])
    leaking.config(worktree={"setup": [["sh", "-c", f": {quoted}"]]})
    leaking.bundle(acceptance_tests=[f": {quoted}", "exit 1", f": {quoted} not run"], static_tools=["check"],
                   tasks=[f"Use {leaking.secret}."], title=f"With {leaking.secret}")
    result = leaking.run("ws-fix", "--run-id", "r1", *args)
    if args:
        text = result.must(0).stdout + json.dumps(leaking.rows("SELECT * FROM step_attempts"))
        assert text.count(": '***'") >= 4
        for written in (leaking.secret, json.dumps(leaking.secret)[1:-1]):
            assert written not in text
        return
    check_hidden(leaking, result.must(1))
    assert [row["command"] for row in leaking.evidence("acceptance")] == [": '***'", "exit 1", ": '***' not run"]


def test_a_secret_in_a_task_is_not_committed(leaking):
    leaking.agent(FIX, pass_env=["MY_API_KEY"])
    leaking.bundle(tasks=[f"Log in with {leaking.secret}.", "Fix it."])
    summary = leaking.run("ws-fix", "--run-id", "r1").must(0).json
    message = leaking.git("log", "-1", "--format=%B", summary["branch"])
    assert message.startswith("ws-fix: Log in with ***.\n\n- Log in with ***.\n- Fix it.\n"), message
    leaking.wsfsm("verify").must(0)
