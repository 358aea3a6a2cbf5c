"""How a tool is confined: what is in force and what is said of it, and that it starts and ends as it does without."""

import json
import os
import shutil
import signal
import subprocess

import pytest

from confine_support import TOOLS, confined, gone, record, tmp_path, tool  # noqa: F401
from support import FIX, IS_FIXED, WSFSM, finish, processes_with, wait_for
from test_processes import LEAVERS


# --- what is in force, and what is said of it

@confined
def test_a_run_confined_in_all_its_steps(repo):
    tool(repo, FIX)
    tool(repo, IS_FIXED, "check", type="static_check", network="off")
    repo.config(acceptance={"sandbox": "auto", "network": "off"})
    repo.bundle(static_tools=["check"], acceptance_tests=[IS_FIXED])
    result = repo.run().must(0)
    for step, network in (("edit", "on"), ("static", "off"), ("runtime", "off")):
        got = record(result, step)
        assert (got["confined"], got["network"], got["unconfined_why"]) == ("bubblewrap", network, None)
    assert record(result)["argv"] == ["/bin/sh", "-c", FIX]
    events = [json.loads(row["payload_json"]) for row in repo.events("tool_finished")]
    assert [event["confined"] for event in events] == ["bubblewrap"] * 3


def test_default_is_unconfined(ready):
    result = ready.run().must(0)
    got = record(result)
    assert (got["confined"], got["network"], got["unconfined_why"]) == ("none", "on", None)


@confined
@pytest.mark.parametrize("option, in_force", [("on", "bubblewrap"), ("auto", "bubblewrap"), ("off", "none")])
def test_option_overrides_every_profile(repo, option, in_force):
    tool(repo, FIX, sandbox="off" if option != "off" else "on")
    repo.bundle(acceptance_tests=[IS_FIXED])
    result = repo.run("ws-fix", "--sandbox", option).must(0)
    assert record(result)["confined"] == record(result, "runtime")["confined"] == in_force


def test_network_off_cannot_lose_its_sandbox(repo):
    tool(repo, FIX, network="off")
    repo.bundle()
    result = repo.run("ws-fix", "--sandbox", "off").must(2)
    assert "agent says 'network: off'" in result.error["message"]
    assert not repo.database.exists()
    assert repo.run("ws-fix", "--sandbox", "maybe").rc == 2


@pytest.mark.parametrize("profile, line", [
    ({"sandbox": "yes"}, "'sandbox' must be on, auto or off"), ({"sandbox": True}, "'sandbox' must be on, auto or off"),
    ({"network": "off"}, "'network: off' needs 'sandbox: on' or 'sandbox: auto'"),
    ({"sandbox": "on", "network": "none"}, "'network' must be on or off"),
    ({"sandbox": "on", "sandbox_paths": ["cache"]}, "'cache' must be an absolute path or begin with ~/"),
])
def test_bad_values_are_located(repo, profile, line):
    repo.bundle()
    repo.tool("agent", type="ai", command="x", **profile)
    assert line in repo.run().must(3).stderr
    repo.settings.pop("tools")
    repo.config(acceptance=profile)
    result = repo.run().must(3)
    assert f"acceptance: {line}" in result.stderr and "wsfsm.yaml:" in result.stderr


def without_bwrap(repo):
    """A PATH without bubblewrap; the tools bring their own."""
    (repo.outside / "bin").mkdir(exist_ok=True)
    return {"PATH": str(repo.outside / "bin")}


def test_on_without_bubblewrap_could_not_run(repo):
    tool(repo, f"touch {repo.outside}/ran; {FIX}", env=TOOLS)
    repo.bundle()
    result = repo.run(env=without_bwrap(repo)).must(1)
    assert result.json["reason"] == "could_not_run"
    assert "bwrap: no such program in PATH" in record(result)["error"]
    assert record(result)["confined"] == "none"
    assert not (repo.outside / "ran").exists()


def test_auto_without_bubblewrap_runs_and_says_so(repo):
    tool(repo, FIX, env=TOOLS, sandbox="auto", network="off")
    repo.bundle()
    result = repo.wsfsm("run", "--ws-id", "ws-fix", "--json", "-v", env=without_bwrap(repo)).must(0)
    got = record(result)
    assert (got["confined"], got["network"]) == ("none", "on")
    assert "agent ran unconfined: bwrap: no such program in PATH" in result.stderr
    assert "bwrap: no such program in PATH" in got["unconfined_why"]


@pytest.mark.parametrize("mode, rc", [("on", 1), ("auto", 0)])
def test_bubblewrap_that_does_not_work(repo, mode, rc):
    tool(repo, f"echo $HOME >> {repo.outside}/ran; {FIX}", env=TOOLS, sandbox=mode)
    repo.bundle()
    env = without_bwrap(repo)
    (repo.outside / "bin/bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create a namespace' >&2; exit 1\n")
    (repo.outside / "bin/bwrap").chmod(0o755)
    got = record(repo.run(env=env).must(rc))
    assert got["confined"] == "none"
    assert "No permissions to create a namespace" in got["unconfined_why"]
    if mode == "auto":  # once, and in the environment of an unconfined tool
        assert (repo.outside / "ran").read_text() == f"{repo.home}\n"
    else:
        assert not (repo.outside / "ran").exists()


def test_bubblewrap_is_never_of_the_repository(repo):
    repo.write("bwrap", f"#!/bin/sh\ntouch {repo.outside}/ran\n", 0o755)
    repo.commit()
    tool(repo, FIX, env=TOOLS)
    repo.bundle()
    for path in (".", str(repo.root), str(repo.worktree() / "src")):
        assert repo.run(env={"PATH": path}).must(1).json["reason"] == "could_not_run"
    assert not (repo.outside / "ran").exists()


@confined
def test_resume_keeps_what_the_run_was_started_with(repo):
    tool(repo, f"[ -e {repo.outside}/again ] || sleep 1000; {FIX}", network="off")
    repo.config(acceptance={"sandbox": "on", "network": "off"})
    repo.bundle(acceptance_tests=[IS_FIXED])
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "R1")
    mark = f"WSFSM_REPO={repo.root}".encode()
    assert wait_for(lambda: any(line.startswith("sleep 1000") for _, line in processes_with(mark)))
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert gone(repo)
    (repo.outside / "again").touch()
    tool(repo, FIX, sandbox="off")
    repo.config(acceptance={})
    result = repo.wsfsm("resume", "--run-id", "R1", "--json").must(0)
    for step in ("edit", "runtime"):
        got = record(result, step)
        assert (got["confined"], got["network"]) == ("bubblewrap", "off")


@confined
def test_doctor_says_that_it_works(repo):
    assert any("PASS" in line and "sandbox" in line for line in repo.wsfsm("doctor").stdout.splitlines())


def test_doctor_warns(repo):
    result = repo.wsfsm("doctor", env=without_bwrap(repo))
    assert any("WARN" in line and "sandbox" in line for line in result.stdout.splitlines())


# --- how it ends is what it is without

@confined
@pytest.mark.parametrize("end, code, by", [("exit 0", 0, None), ("exit 3", 3, None), ("exit 143", 143, None),
                                           ("exit 255", 255, None), ("kill -TERM $$", None, 15),
                                           ("kill -SEGV $$", None, 11), ("kill -KILL $$", None, 9)])
def test_exit_codes_and_signals(repo, end, code, by):
    tool(repo, FIX + end)
    repo.bundle()
    got = record(repo.run())
    assert (got["exit_code"], got["signal"], got["confined"]) == (code, by, "bubblewrap")


@confined
def test_what_cannot_be_executed(repo):
    (repo.outside / "bad").write_text("#!/no/such/interpreter\n")
    (repo.outside / "bad").chmod(0o755)
    tool(repo, "", command=str(repo.outside / "bad"), args=[])
    repo.bundle()
    result = repo.run().must(1)
    assert result.json["reason"] == "could_not_run"
    assert "interpreter" in record(result)["error"]


@confined
def test_timeout_leaves_time_to_tidy_up(repo):
    tool(repo, "trap 'echo tidied; exit 5' TERM; while :; do sleep 0.1; done", timeout_sec=1)
    repo.bundle()
    result = repo.run(timeout=30).must(1)
    got = record(result)
    assert result.json["reason"] == "timeout"
    assert (got["timed_out"], got["stdout_tail"], got["exit_code"]) == ("wall", "tidied\n", 5)


@confined
@pytest.mark.parametrize("limit, reason", [("timeout_sec", "timeout"), ("idle_timeout_sec", "idle_timeout")])
def test_limits(repo, limit, reason):
    tool(repo, "trap '' TERM INT HUP; while :; do sleep 0.2; done", **{"timeout_sec": 40, limit: 1})
    repo.bundle()
    result = repo.run(timeout=40).must(1)
    assert result.json["reason"] == reason
    assert record(result)["signal"] == 9
    assert gone(repo, 1)


@confined
@pytest.mark.parametrize("kind", LEAVERS)
def test_left_behind(repo, kind):
    mark = f"{repo.base.name}-{os.getpid()}"
    tool(repo, LEAVERS[kind] + f"\n{FIX}exit 0", env={"MARK": mark})
    repo.bundle()
    got = record(repo.run("ws-fix", timeout=40).must(0))
    assert not processes_with(f"MARK={mark}".encode())
    assert got["leftovers"] >= 1


@confined
def test_nothing_left_counts_as_nothing(repo):
    tool(repo, FIX)
    repo.bundle()
    assert record(repo.run().must(0))["leftovers"] == 0


@confined
def test_last_output_of_another_process_is_kept(repo):
    tool(repo, f"{FIX}(sleep 0.3; echo late; echo later >&2) & echo early")
    repo.bundle()
    got = record(repo.run().must(0))
    assert (got["stdout_tail"], got["stderr_tail"]) == ("early\nlate\n", "later\n")


@confined
def test_output_stdin_environment_and_secrets(repo):
    repo.env["MY_TOKEN"] = "sk-0123456789"
    tool(repo, f"cat > src/stdin; env > src/env; echo token $MY_TOKEN; head -c 300000 /dev/zero; {FIX}", stdin="prompt",
         pass_env=["MY_TOKEN"], capture_output=True)
    repo.bundle()
    got = record(repo.run().must(0))
    assert got["stdout_bytes"] == 300000 + len("token sk-0123456789\n")
    assert "Make add() add." in (repo.worktree() / "src/stdin").read_text()
    seen = dict(line.split("=", 1) for line in (repo.worktree() / "src/env").read_text().splitlines())
    assert (seen["HOME"], seen["TMPDIR"], seen["WSFSM_STEP"]) == ("/tmp/home", "/tmp", "edit")
    assert seen["PWD"] == str(repo.worktree())
    log = repo.root / ".wsfsm" / got["stdout_log"]
    assert b"token ***" in log.read_bytes()


@confined
def test_cancel(repo):
    tool(repo, "trap 'touch src/tidied; exit' TERM; touch src/up; while :; do sleep 0.1; done")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix", "--json")
    assert wait_for(lambda: (repo.worktree() / "src/up").exists())
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert result.rc == 130
    assert (repo.worktree() / "src/tidied").exists()
    assert gone(repo, 1)


# --- who runs it

@confined
@pytest.mark.skipif(os.geteuid() != 0, reason="optional: the other tests run as an ordinary user already")
def test_as_an_ordinary_user(repo):
    tool(repo, f"(: >> {repo.root}/README.md) 2>/dev/null && exit 9; {FIX} git commit -q -am mine", network="off")
    repo.bundle(acceptance_tests=[IS_FIXED])
    repo.settle()
    subprocess.run(["chown", "-R", "65534:65534", repo.base], check=True)
    program = shutil.copy(WSFSM, repo.base / "wsfsm")
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "run", "--ws-id",
                           "ws-fix", "--json"], cwd=repo.root, env=repo.env, capture_output=True, text=True, check=False)
    subprocess.run(["chown", "-R", f"{os.getuid()}:{os.getgid()}", repo.base], check=True)
    assert done.returncode == 0, done.stderr + done.stdout
    got = json.loads(done.stdout)["step_results"]["edit"]["details"]["tools"][0]
    assert (got["confined"], got["network"]) == ("bubblewrap", "off")


# --- by hand

@confined
def test_tool_run_by_hand(repo):
    """In the user's checkout, which it may write; git and other worktrees it may not."""
    (repo.root / ".worktrees/other").mkdir(parents=True)
    tool(repo, "", args=["-c", "echo x > made; for at in .git/config .git/index "
               ".worktrees/other/x .wsfsm/x; do (: >> $at) 2>/dev/null && echo $at; done; touch \"$1/mine\"", "sh",
               "{log_dir}"])
    result = repo.wsfsm("tool", "run", "agent", "--json", guard=False).must(0)
    assert (result.json["confined"], result.json["stdout_tail"]) == ("bubblewrap", "")
    assert (repo.root / "made").exists() and (repo.root / ".wsfsm/by-hand/mine").exists()
