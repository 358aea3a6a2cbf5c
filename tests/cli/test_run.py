"""One workstream from pending to done or failed: the ends a run can have, and every row it writes."""

import json
import os
import re
import stat

import pytest

from support import CALC, CALC_FIXED, FIX, IS_FIXED, SHIPPED_STATES, patch

ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
DONE = [("pending", "start", "editing"), ("editing", "passed", "static_check"),
        ("static_check", "passed", "runtime_check"), ("runtime_check", "passed", "done")]


def details(result, step):
    return result["step_results"][step]["details"]


# --- all steps pass

@pytest.fixture
def done(ready):
    ready.check("test -f src/calc.py")
    ready.bundle(acceptance_tests=[IS_FIXED, "test -d docs"], static_tools=["check"], depends_on=[])
    ready.result = ready.run().must(0).json
    return ready


def test_done_summary(done):
    summary = done.result
    assert summary["final_status"] == "done"
    assert summary["reason"] is None
    assert summary["ws_id"] == "ws-fix"
    assert summary["branch"] == f"ws/{summary['run_id']}/ws-fix"
    assert summary["changed_files"] == ["src/calc.py"]
    assert summary["out_of_scope_files"] == []
    assert list(summary["step_results"]) == ["edit", "static", "runtime"]
    for name, step in summary["step_results"].items():
        assert step["step_name"] == name
        assert step["success"] is True
        assert step["status"] == "success"
        assert step["error_message"] is None


def test_done_run_and_workstream_rows(done):
    run = done.one("SELECT * FROM runs")
    assert (run["run_id"], run["status"]) == (done.result["run_id"], "completed")
    assert ISO.match(run["created_at"]) and ISO.match(run["updated_at"])
    metadata = run["metadata_json"]
    assert "ws-fix" in metadata and done.git("rev-parse", "main") in metadata
    json.loads(metadata)
    workstream = done.one("SELECT * FROM workstreams")
    assert (workstream["run_id"], workstream["ws_id"], workstream["status"]) == (run["run_id"], "ws-fix", "done")
    assert json.loads(workstream["depends_on"]) == []


def test_done_transitions(done):
    rows = done.rows("SELECT * FROM transitions ORDER BY seq")
    assert done.history() == DONE
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert [row["guard"] for row in rows] == [None, None, None, "in_scope"]
    assert rows[0]["prev_hash"] is None
    assert [row["prev_hash"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert all(re.fullmatch("[0-9a-f]{64}", row["hash"]) for row in rows)
    assert all(ISO.match(row["at"]) for row in rows)
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    tree = done.git("rev-parse", done.result["branch"] + "^{tree}")
    assert rows[1]["tree_oid"] == tree
    assert rows[3]["tree_oid"] == tree


def test_done_attempts_and_evidence(done):
    rows = done.rows("SELECT * FROM step_attempts ORDER BY id")
    assert done.attempts() == [("edit", "success"), ("static", "success"), ("runtime", "success")]
    for row in rows:
        assert ISO.match(row["started_at"]) and ISO.match(row["completed_at"])
        result = json.loads(row["result_json"])
        assert result["step_name"] == row["step_name"] and result["success"] is True
    acceptance = [(row["command"], row["verdict"]) for row in done.evidence("acceptance")]
    assert acceptance == [(IS_FIXED, "pass"), ("test -d docs", "pass")]
    assert [row["verdict"] for row in done.evidence("static")] == ["pass"]
    tree = done.git("rev-parse", done.result["branch"] + "^{tree}")
    assert {row["tree_oid"] for row in done.evidence("acceptance")} == {tree}
    ids = {row["id"] for row in rows}
    assert {row["attempt_id"] for row in done.evidence()} <= ids


def test_done_events(done):
    types = [row["event_type"] for row in done.events()]
    assert types[0] == "workstream_declared"
    assert types[-1] == "workstream_finished"
    assert types.count("step_started") == types.count("step_completed") == 3
    assert types.count("tool_started") == types.count("tool_finished") == 4
    assert types.count("worktree_created") == types.count("scope_ok") == 1
    for row in done.events():
        assert ISO.match(row["timestamp"])
        assert isinstance(json.loads(row["payload_json"]), dict)
    assert done.rows("SELECT * FROM errors") == []


def test_done_machine_is_kept_as_data(done):
    digest = done.one("SELECT * FROM machines")
    assert "workstream" in digest.values()
    assert len(done.rows("SELECT * FROM machine_states")) == 6
    arms = {(row["from_state"], row["event"], row["to_state"]) for row in done.rows("SELECT * FROM machine_arms")}
    assert set(DONE) <= arms
    assert {(state, "cancel", "failed") for state in SHIPPED_STATES[1:]} <= arms


def test_done_commit(done):
    commit = done.result["branch"]
    run_id = done.result["run_id"]
    assert done.git("rev-list", "--parents", "-1", commit).split()[1:] == [done.git("rev-parse", "main")]
    assert done.show(commit, "src/calc.py") + "\n" == CALC_FIXED
    assert done.git("diff", "--name-only", "main", commit) == "src/calc.py"
    trailers = done.git("log", "-1", "--format=%(trailers)", commit)
    last = done.rows("SELECT hash FROM transitions ORDER BY seq DESC LIMIT 1")[0]["hash"]
    assert f"Wsfsm-Run: {run_id}" in trailers
    assert "Wsfsm-Workstream: ws-fix" in trailers
    assert f"Wsfsm-History: {last}" in trailers
    assert done.git("log", "-1", "--format=%an <%ae>", commit) == "Ann User <ann@example.org>"


def test_done_anchor_and_snapshot(done):
    run_id = done.result["run_id"]
    refs = done.git("for-each-ref", "--format=%(refname)", "refs/wsfsm").splitlines()
    assert f"refs/wsfsm/{run_id}/ws-fix/end" in refs
    anchor = done.git("log", "-1", "--format=%B", f"refs/wsfsm/{run_id}/ws-fix/end")
    assert f"Wsfsm-Run: {run_id}" in anchor and "Wsfsm-History: " in anchor
    snapshot = [ref for ref in refs if re.search(r"/\d+$", ref)]
    assert snapshot, refs
    assert done.show(snapshot[0], "src/calc.py") + "\n" == CALC_FIXED


def test_done_leaves_the_worktree_clean_on_its_branch(done):
    worktree = done.worktree()
    assert done.git("symbolic-ref", "--short", "HEAD", cwd=worktree) == done.result["branch"]
    assert done.git("status", "--porcelain", cwd=worktree) == ""
    assert done.git("fsck", "--strict", "--no-dangling") == ""


def test_done_ledger(done):
    ledger = done.one("SELECT * FROM ledger")
    last = done.rows("SELECT hash FROM transitions ORDER BY seq DESC LIMIT 1")[0]["hash"]
    assert last in ledger.values()
    assert done.git("rev-parse", done.result["branch"]) in ledger.values()


def test_state_folder_is_private(done):
    state = done.root / ".wsfsm"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE(done.database.stat().st_mode) == 0o600
    for path in state.rglob("*"):
        if path.is_file() and path.suffix in (".log", ".stdout", ".stderr", ".out", ".err"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_verify_finds_nothing(done):
    done.wsfsm("verify").must(0)


# --- the ways to fail

def failed(repo, reason, history, **run):
    """Runs, and checks what all failures have in common."""
    result = repo.run(**run).must(1)
    summary = result.json
    assert summary["final_status"] == "failed"
    assert summary["reason"] == reason
    assert repo.history() == history
    assert repo.one("SELECT status FROM runs")["status"] == "failed"
    assert repo.one("SELECT status FROM workstreams")["status"] == "failed"
    branch = repo.git("rev-parse", "--verify", "-q", f"refs/heads/{summary['branch']}", check=False)
    assert branch in ("", repo.git("rev-parse", "main"))
    assert f"refs/wsfsm/{summary['run_id']}/ws-fix/end" in repo.git("for-each-ref", "--format=%(refname)")
    assert repo.wsfsm("verify").rc == 0
    return summary


START = ("pending", "start", "editing")


def test_edit_fails(ready):
    canary = ready.outside / "canary"
    ready.agent(FIX + "echo no more >&2; exit 3")
    ready.check(f"touch {canary}")
    ready.bundle(static_tools=["check"], acceptance_tests=[f"touch {canary}"])
    summary = failed(ready, "failed", [START, ("editing", "failed", "failed")])
    assert list(summary["step_results"]) == ["edit"]
    step = summary["step_results"]["edit"]
    assert step["success"] is False and step["status"] == "failure"
    assert "3" in step["error_message"]
    assert not canary.exists()
    error = ready.one("SELECT * FROM errors")
    assert (error["step_name"], error["count"]) == ("edit", 1)
    assert ISO.match(error["first_seen_at"])
    snapshot = ready.git("for-each-ref", "--format=%(refname)", f"refs/wsfsm/{summary['run_id']}/ws-fix")
    kept = [ref for ref in snapshot.splitlines() if not ref.endswith("/end")]
    assert ready.show(kept[0], "src/calc.py") + "\n" == CALC_FIXED


def test_static_fails_and_every_tool_was_run(ready):
    ready.check("exit 1", "first")
    ready.check(f"touch {ready.outside}/second-ran", "second")
    canary = ready.outside / "canary"
    ready.bundle(static_tools=["first", "second"], acceptance_tests=[f"touch {canary}"])
    summary = failed(ready, "failed", [START, DONE[1], ("static_check", "failed", "failed")])
    assert list(summary["step_results"]) == ["edit", "static"]
    assert (ready.outside / "second-ran").exists()
    assert not canary.exists()
    assert [row["verdict"] for row in ready.evidence("static")] == ["fail", "pass"]


def test_static_worst_event_wins(ready):
    ready.check("exit 1", "first")
    ready.tool("second", type="static_check", command="no-such-program-anywhere")
    ready.bundle(static_tools=["first", "second"])
    failed(ready, "could_not_run", [START, DONE[1], ("static_check", "could_not_run", "failed")])
    assert [row["verdict"] for row in ready.evidence("static")] == ["fail", "could_not_run"]


def test_runtime_fails_and_stops_at_the_first(ready):
    canary = ready.outside / "canary"
    ready.bundle(acceptance_tests=[IS_FIXED, "echo expected 4; exit 1", f"touch {canary}"])
    summary = failed(ready, "failed", [START, DONE[1], ("static_check", "skipped", "runtime_check"),
                                       ("runtime_check", "failed", "failed")])
    assert not canary.exists()
    assert [row["verdict"] for row in ready.evidence("acceptance")] == ["pass", "fail", "not_run"]
    assert summary["step_results"]["static"]["status"] == "skipped"
    assert summary["step_results"]["static"]["success"] is True
    assert summary["step_results"]["runtime"]["success"] is False


def test_scope_violation(ready):
    ready.agent(FIX + "echo more >> docs/guide.md")
    summary = failed(ready, "scope_violation", [START, DONE[1], ("static_check", "skipped", "runtime_check"),
                                                ("runtime_check", "passed", "failed")])
    assert summary["out_of_scope_files"] == ["docs/guide.md"]
    assert sorted(summary["changed_files"]) == ["docs/guide.md", "src/calc.py"]
    assert "docs/guide.md" in json.dumps(ready.event("scope_violation"))
    last = ready.rows("SELECT * FROM transitions ORDER BY seq DESC LIMIT 1")[0]
    assert last["guard"] == "in_scope"
    assert not ready.events("scope_ok")
    error = ready.one("SELECT * FROM errors")
    assert (error["step_name"], error["error_code"], error["count"]) == ("runtime", "scope_violation", 1)
    assert "docs/guide.md" in error["message"]
    looked = summary["step_results"]["runtime"]  # what failed is the workstream, not the step that looked
    assert (looked["success"], looked["error_code"], looked["error_message"]) == (True, None, None)


def test_no_change(ready):
    ready.agent("echo I would change src/calc.py")
    failed(ready, "no_change", [START, ("editing", "no_change", "failed")])


def test_no_change_when_only_times_and_ignored_files_differ(ready):
    ready.write(".gitignore", "*.tmp\n")
    ready.commit()
    ready.agent("touch src/calc.py; echo x > src/x.tmp")
    failed(ready, "no_change", [START, ("editing", "no_change", "failed")])


def test_a_failing_exit_code_beats_no_change(ready):
    ready.agent("exit 1")
    failed(ready, "failed", [START, ("editing", "failed", "failed")])


def test_wall_timeout(ready):
    ready.agent(FIX + "echo begun; exec sleep 60", timeout_sec=1)
    summary = failed(ready, "timeout", [START, ("editing", "timeout", "failed")])
    assert '"wall"' in json.dumps(details(summary, "edit"))


def test_idle_timeout(ready):
    ready.agent("echo begun; exec sleep 60", timeout_sec=50, idle_timeout_sec=1)
    summary = failed(ready, "idle_timeout", [START, ("editing", "timeout", "failed")])
    assert '"idle"' in json.dumps(details(summary, "edit"))


def test_acceptance_timeout(ready):
    ready.config(acceptance={"timeout_sec": 1})
    ready.bundle(acceptance_tests=["sleep 60", "true"])
    failed(ready, "timeout", [START, DONE[1], ("static_check", "skipped", "runtime_check"),
                              ("runtime_check", "timeout", "failed")])
    assert [row["verdict"] for row in ready.evidence("acceptance")] == ["fail", "not_run"]


@pytest.mark.parametrize("command", ["no-such-program-anywhere", "/nonexistent/agent"])
def test_could_not_run(ready, command):
    ready.tool("agent", type="ai", command=command)
    failed(ready, "could_not_run", [START, ("editing", "could_not_run", "failed")])


def test_tool_without_profile_could_not_run(ready):
    ready.bundle(tool="no-such-tool")
    failed(ready, "could_not_run", [START, ("editing", "could_not_run", "failed")])


def test_failure_pattern_beats_exit_zero(ready):
    ready.agent(FIX + "echo; echo 'litellm.APIError: 500'; exit 0", failure_patterns=["^litellm\\.[A-Za-z]+Error"])
    summary = failed(ready, "failed", [START, ("editing", "failed", "failed")])
    assert "litellm.APIError" in summary["step_results"]["edit"]["error_message"]


def test_success_exit_codes(ready):
    ready.agent(FIX + "exit 7", success_exit_codes=[0, 7])
    ready.run().must(0)


def test_an_exit_code_of_0_may_be_a_failure(ready):
    ready.agent(FIX, success_exit_codes=[7])
    message = ready.run().must(1).json["step_results"]["edit"]["error_message"]
    assert message == "agent: exit code 0, which is none of its success_exit_codes"


def test_killed_by_a_signal_fails(ready):
    ready.agent(FIX + "kill -9 $$")
    failed(ready, "failed", [START, ("editing", "failed", "failed")])


# --- steps left out

def test_nothing_declared_is_skipped_and_said_so(ready):
    ready.bundle(acceptance_tests=[])
    summary = ready.run().must(0).json
    assert ready.history() == [START, DONE[1], ("static_check", "skipped", "runtime_check"),
                               ("runtime_check", "skipped", "done")]
    assert [status for _, status in ready.attempts()] == ["success", "skipped", "skipped"]
    for step in ("static", "runtime"):
        assert summary["step_results"][step]["status"] == "skipped"
        assert summary["step_results"][step]["success"] is True
        assert "declared" in summary["step_results"][step]["details"]["note"]


def test_skipped_runtime_still_checks_scope(ready):
    ready.agent("echo x >> docs/guide.md")
    ready.bundle(acceptance_tests=[])
    failed(ready, "scope_violation", [START, DONE[1], ("static_check", "skipped", "runtime_check"),
                                      ("runtime_check", "skipped", "failed")])


@pytest.mark.parametrize("fields, expected", [
    ({"static_tools": ["check"]}, ["check"]), ({"metadata": {"static_tools": ["other"]}}, ["other"]),
    ({}, ["default"]), ({"static_tools": []}, [])])
def test_which_static_tools(ready, fields, expected):
    for name in ("check", "other", "default"):
        ready.check(f"echo {name} >> {ready.outside}/ran", name)
    ready.config(static_tools=["default"])
    ready.bundle(**fields)
    ready.run().must(0)
    ran = ready.outside / "ran"
    assert (ran.read_text().split() if ran.exists() else []) == expected


# --- people and the shipped agent for people

def test_plain_output(ready):
    result = ready.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(0)
    for word in ("r1", "ws-fix", "edit", "static", "skipped", "runtime", "done"):
        assert word in result.stdout, word
    ready.agent("exit 1")
    result = ready.wsfsm("run", "--ws-id", "ws-fix").must(1)
    assert "failed" in result.stdout


def test_apply_patch(repo):
    repo.write("workstreams/fix.patch", patch(CALC, CALC_FIXED, "src/calc.py"))
    repo.bundle(tool="apply-patch", metadata={"patch": "workstreams/fix.patch"}, acceptance_tests=[IS_FIXED])
    repo.run().must(0)


def test_apply_patch_that_does_not_apply(repo):
    repo.write("workstreams/fix.patch", patch("def sub(a):\n    return a\n", CALC_FIXED, "src/calc.py"))
    repo.bundle(tool="apply-patch", metadata={"patch": "workstreams/fix.patch"})
    assert repo.run().must(1).json["reason"] == "failed"


@pytest.mark.parametrize("path", ["workstreams", "workstreams/none", "pipe", "../outside/x", "/etc/passwd", ".git/config"])
def test_apply_patch_of_what_is_no_patch(repo, path):
    os.mkfifo(repo.root / "pipe")
    repo.bundle(tool="apply-patch", metadata={"patch": path})
    assert "metadata.patch" in repo.run().must(3).error["message"]
    assert not repo.database.exists()


def test_prompt_tells_the_agent_all_it_needs(ready):
    ready.agent(f"cp \"$1\" {ready.outside}/prompt; pwd > {ready.outside}/pwd; {FIX}")
    profile = ready.settings["tools"]["agent"]
    ready.tool("agent", **{**profile, "args": profile["args"] + ["{prompt_file}"]})
    ready.bundle(tasks=["Make add() add.", "Keep it small."], files_create=["src/new.py"],
                 acceptance_tests=[IS_FIXED])
    ready.run().must(0)
    prompt = (ready.outside / "prompt").read_text()
    for text in ("Make add() add.", "Keep it small.", "src/", "src/new.py", IS_FIXED, "ws-fix"):
        assert text in prompt, text
    assert not prompt.startswith(("/", "!"))
    assert (ready.outside / "pwd").read_text().strip() == str(ready.worktree())
