"""run --json: one object on stdout for every end a run can have, one error object on stderr when there was no run."""

import json
import subprocess
from pathlib import Path

import pytest

from support import FIX, IS_FIXED, WSFSM

KEYS = {"run_id", "ws_id", "final_status", "reason", "branch", "step_results", "changed_files", "out_of_scope_files"}
STEP_KEYS = {"step_name", "success", "status", "details", "error_message"}


@pytest.mark.parametrize("agent, profile, reason, steps, rc", [
    (FIX, {}, None, {"edit", "static", "runtime"}, 0),
    ("exit 2", {}, "failed", {"edit"}, 1),
    (FIX + "echo x > away", {}, "scope_violation", {"edit", "static", "runtime"}, 1),
    ("sleep 60", {"timeout_sec": 1}, "timeout", {"edit"}, 1),
    ("sleep 60", {"idle_timeout_sec": 1}, "idle_timeout", {"edit"}, 1),
    ("true", {}, "no_change", {"edit"}, 1),
    ("true", {"command": "/nonexistent"}, "could_not_run", {"edit"}, 1),
], ids=["done", "failed", "scope", "timeout", "idle", "no_change", "could_not_run"])
def test_every_end(ready, agent, profile, reason, steps, rc):
    ready.agent(agent, **profile)
    result = ready.run().must(rc)
    assert result.stdout.count("\n") >= 1 and result.stdout.strip().startswith("{")
    summary = result.json
    assert KEYS <= set(summary)
    assert summary["reason"] == reason
    assert summary["final_status"] == ("failed" if rc else "done")
    assert set(summary["step_results"]) == steps
    for step in summary["step_results"].values():
        assert STEP_KEYS <= set(step)
        assert isinstance(step["success"], bool) and isinstance(step["details"], dict)
        assert step["success"] or step["error_message"]


def test_details_of_a_tool(ready):
    ready.agent(FIX + "echo hello; echo err >&2")
    edit = ready.run().must(0).json["step_results"]["edit"]["details"]
    tool = edit["tools"][0]
    assert tool["exit_code"] == 0 and tool["timed_out"] is None
    assert tool["argv"][0].endswith("sh") and tool["argv"][1].endswith("agent.sh")
    assert edit["changed_files"] == ["src/calc.py"]
    tree = ready.rows("SELECT tree_oid FROM transitions WHERE seq = 2")[0]["tree_oid"]
    assert tree in json.dumps(edit)


def test_log_paths_exist(ready):
    ready.agent(FIX + "echo hello")
    edit = ready.run().must(0).json["step_results"]["edit"]["details"]
    for stream in ("stdout", "stderr"):
        log = edit["tools"][0][stream + "_log"]
        assert log.startswith(f"{ready.root}/.wsfsm/runs/") and Path(log).is_file(), log
    assert edit["tools"][0]["stdout_bytes"] == 6


@pytest.mark.parametrize("spoil, args, rc, code", [
    (lambda repo: repo.write("workstreams/ws-fix.json", '{"id": "ws-fix"}'), ["--ws-id", "ws-fix"], 3, "bad_bundle"),
    (lambda repo: None, ["--ws-id", "ws-none"], 3, "unknown_id"),
    (lambda repo: repo.write("wsfsm.yaml", "what: 1\n"), ["--ws-id", "ws-fix"], 3, "bad_config"),
    (lambda repo: repo.write("src/calc.py", "dirty\n"), ["--ws-id", "ws-fix"], 4, "dirty_scope"),
    (lambda repo: None, ["--nonsense"], 2, "usage"),
], ids=["bundle", "unknown", "config", "dirty", "usage"])
def test_no_run_is_an_error_object(ready, spoil, args, rc, code):
    ready.settle()
    spoil(ready)
    result = ready.wsfsm("run", "--json", *args).must(rc)
    assert result.stdout == ""
    assert set(result.error) == {"code", "message", "where"}
    assert result.error["code"] == code
    assert result.error["message"]


def test_bad_bundle_says_where(ready):
    ready.settle()
    ready.write("workstreams/ws-fix.json", '{\n  "id": "ws-fix",\n  "gate": "x"\n}\n')
    assert "workstreams/ws-fix.json" in json.dumps(ready.run().must(3).error)


def test_history_is_one_object_a_line(ready):
    ready.run().must(0)
    result = ready.wsfsm("history", "--ws-id", "ws-fix", "--json").must(0)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["to_state"] == "done" and rows[-1]["guard"] == "in_scope"
    assert [json.loads(line)["seq"] for line in
            ready.wsfsm("history", "--ws-id", "ws-fix", "--json", "--after", 1, "--limit", 2).stdout.splitlines()] \
        == [2, 3]


def test_status_is_json(ready):
    run_id = ready.run().must(0).json["run_id"]
    assert run_id in json.dumps([json.loads(line) for line in
                                 ready.wsfsm("status", "--json").must(0).stdout.splitlines() if line])


def test_global_options_stand_anywhere(ready):
    ready.run().must(0)
    first = ready.wsfsm("--json", "history", "--ws-id", "ws-fix").must(0).stdout
    assert first == ready.wsfsm("history", "--json", "--ws-id", "ws-fix").must(0).stdout
    assert first == ready.wsfsm("-C", ready.root, "history", "--ws-id", "ws-fix", "--json", cwd="/").must(0).stdout


def test_names_that_are_not_utf8_are_marked(ready):
    ready.agent(FIX + "touch \"src/$(printf 'caf\\351')\"")
    summary = ready.run().must(0).json
    assert "src/caf%E9" in summary["changed_files"]


def test_output_of_tools_stays_off_stdout(ready):
    ready.agent(FIX + "echo '{\"noise\": 1}'; echo noise >&2")
    ready.bundle(acceptance_tests=[IS_FIXED + "; echo noise"])
    result = subprocess.run([WSFSM, "run", "--ws-id", "ws-fix", "--json"], cwd=ready.root, env=ready.env, check=False,
                            capture_output=True, text=True, timeout=60)
    assert json.loads(result.stdout)["final_status"] == "done"


def test_error_of_a_variable_has_no_place_in_a_file(ready):
    error = ready.run(env={"PIPELINE_DRY_RUN": "yes"}).must(3).error
    assert error["code"] == "bad_config" and "PIPELINE_DRY_RUN" in error["message"]
    assert not error["where"]
