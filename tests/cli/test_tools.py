"""How a tool is called: its environment, its arguments, its secrets, and which program may be one."""

import json
import os
from pathlib import Path

import pytest

from support import FIX, IS_FIXED

SECRET = "sk-very-secret-0123456789"


def environment_of(repo, step="edit", **how):
    """The environment a tool saw, by way of a file."""
    seen = repo.outside / f"env-{step}"
    repo.run(**how).must(0)
    entries = seen.read_bytes().split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in entries if entry)


@pytest.fixture
def showing(repo):
    repo.agent(f"cp /proc/self/environ {repo.outside}/env-edit; {FIX}")
    repo.check(f"cp /proc/self/environ {repo.outside}/env-static")
    repo.bundle(static_tools=["check"], acceptance_tests=[f"cp /proc/self/environ {repo.outside}/env-runtime",
                                                          IS_FIXED])
    return repo


# --- environment

def test_environment_is_clean(showing):
    showing.env.update({"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "LD_LIBRARY_PATH": "/nowhere",
                        "OPENAI_API_KEY": SECRET, "MINE": "x", "LC_TIME": "C"})
    for name in ("GIT_DIR", "GIT_INDEX_FILE"):
        showing.env.pop(name)
    seen = environment_of(showing)
    for name in ("OPENAI_API_KEY", "MINE", "LD_LIBRARY_PATH"):
        assert name not in seen
    for name in ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "LC_ALL", "LC_TIME"):
        assert seen[name] == showing.env[name]
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}
    others = {name for name in seen if name not in allowed and not name.startswith(("LC_", "WSFSM_", "GIT_CONFIG_"))}
    assert others == set()


def test_what_wsfsm_tells_a_tool(showing):
    for step, attempt_seq in (("edit", 1), ("static", 2), ("runtime", 3)):
        (showing.outside / f"env-{step}").unlink(missing_ok=True)
    seen = environment_of(showing)
    run_id = showing.one("SELECT run_id FROM runs")["run_id"]
    assert seen["WSFSM_RUN_ID"] == run_id
    assert seen["WSFSM_WS_ID"] == "ws-fix"
    assert seen["WSFSM_STEP"] == "edit"
    assert seen["WSFSM_ATTEMPT"] == "1"
    assert seen["WSFSM_KEY"] == f"{run_id}/1"
    assert seen["WSFSM_WORKTREE"] == str(showing.worktree())
    assert seen["WSFSM_REPO"] == str(showing.root)
    assert seen["WSFSM_DEADLINE"]
    for step, seq in (("static", 2), ("runtime", 3)):
        text = (showing.outside / f"env-{step}").read_text()
        assert f"WSFSM_KEY={run_id}/{seq}" in text and f"WSFSM_STEP={step}" in text


def test_git_identity_comes_by_environment(showing):
    seen = environment_of(showing)
    keys = {seen[f"GIT_CONFIG_KEY_{n}"]: seen[f"GIT_CONFIG_VALUE_{n}"] for n in range(int(seen["GIT_CONFIG_COUNT"]))}
    assert {"user.name", "user.email"} <= set(keys)


def test_inherited_git_variables_mislead_nobody(showing):
    showing.settle()
    environment_of(showing, env={"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/nowhere",
                                 "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_CONFIG_PARAMETERS": "'core.bare=true'"})
    seen = (showing.outside / "env-edit").read_text()
    assert "GIT_DIR=" not in seen and "GIT_INDEX_FILE" not in seen and "/nowhere" not in seen


def test_pass_env_and_prefixes(repo):
    repo.agent(f"cp /proc/self/environ {repo.outside}/env-edit; {FIX}", pass_env=["ONE", "APP_*", "ABSENT"],
               env={"OWN": "{ws_id}", "ONE": "mine"})
    repo.bundle()
    repo.env.update({"ONE": "theirs", "APP_A": "a", "APP_B": "b", "APPX": "no"})
    seen = environment_of(repo)
    assert (seen["OWN"], seen["ONE"], seen["APP_A"], seen["APP_B"]) == ("ws-fix", "mine", "a", "b")
    assert "APPX" not in seen and "ABSENT" not in seen


def test_acceptance_environment(showing):
    showing.config(acceptance={"env": {"OWN": "x"}, "pass_env": ["CI"]})
    showing.env["CI"] = "yes"
    environment_of(showing)
    text = (showing.outside / "env-runtime").read_text()
    assert "OWN=x" in text and "CI=yes" in text


def test_acceptance_never_sees_the_agents_key(showing):
    profile = showing.settings["tools"]["agent"]
    showing.tool("agent", **profile, pass_env=["OPENAI_API_KEY"])
    showing.config(acceptance={"pass_env": ["OPENAI_API_KEY"]})
    showing.env["OPENAI_API_KEY"] = SECRET
    environment_of(showing)
    assert SECRET in (showing.outside / "env-edit").read_text()
    assert SECRET not in (showing.outside / "env-runtime").read_text()


# --- secrets

def everything_written(repo):
    """All of .wsfsm, the database included."""
    return b"".join(path.read_bytes() for path in sorted((repo.root / ".wsfsm").rglob("*")) if path.is_file())


@pytest.mark.parametrize("name", ["X_API_KEY", "GITHUB_TOKEN", "MY_SECRET", "DB_PASSWORD", "AWS_CREDENTIALS"])
def test_secrets_are_redacted_everywhere(repo, name):
    repo.agent(f'echo "key ${name}"; echo "key ${name}" >&2; {FIX} exit 1', pass_env=[name],
               failure_patterns=["key .*"])
    repo.bundle()
    repo.env[name] = SECRET
    result = repo.run().must(1)
    log = repo.wsfsm("log", "--run-id", result.json["run_id"], "--step", "edit").must(0)
    for text in (result.stdout, result.stderr, log.stdout, everything_written(repo).decode(errors="replace")):
        assert SECRET not in text
    assert "key ***" in log.stdout


def test_secret_split_between_two_writes(repo):
    repo.agent(f'printf %s "${{X_KEY%?????????}}"; sleep 0.3; printf "%s\\n" "${{X_KEY#????????????????}}"; {FIX}',
               pass_env=["X_KEY"])
    repo.bundle()
    repo.env["X_KEY"] = SECRET
    repo.run().must(0)
    data = everything_written(repo).decode(errors="replace")
    assert SECRET not in data
    assert "***" in data


def test_secret_in_arguments_is_not_recorded(repo):
    repo.agent(FIX, env={"MY_TOKEN": SECRET}, args=["-c", FIX + f": {SECRET}"])
    repo.bundle()
    result = repo.run().must(0)
    assert SECRET not in result.stdout


# --- arguments

def arguments_of(repo, *args, **fields):
    """What a tool got as its arguments, given these templates."""
    script = repo.script("args.sh", f"printf '%s\\0' \"$@\" > {repo.outside}/args; {FIX}")
    repo.tool("agent", type="ai", command="/bin/sh", args=[str(script), *args])
    repo.bundle(**fields)
    how = ["--model", "m/1"] if fields.pop("with_model", None) else []
    repo.run("ws-fix", *how).must(0)
    return (repo.outside / "args").read_bytes().decode().split("\0")[:-1]


def test_nothing_is_a_shell(repo):
    hostile = ["$(touch /tmp/never)", "`id`", "a;b", "a && b", "*", "~", "$HOME", "'", '"', "a b", "", "-n", "\\"]
    assert arguments_of(repo, *hostile) == hostile


def test_placeholders(repo):
    got = arguments_of(repo, "{run_id}", "{ws_id}", "{step}", "{worktree_path}", "{repo_root}", "x{ws_id}y", "{{ws_id}}",
                       "{Not}", "{}", "a{", "}b")
    run_id = repo.one("SELECT run_id FROM runs")["run_id"]
    assert got == [run_id, "ws-fix", "edit", str(repo.worktree()), str(repo.root), "xws-fixy", "{ws_id}", "{Not}", "{}",
                   "a{", "}b"]


def test_lists_become_arguments(repo):
    repo.write("src/b c.py", "x\n")
    repo.commit()
    got = arguments_of(repo, "{files_scope}", "--file={scope_files}", "{files_create}", files_create=["src/new.py"])
    assert got == ["src/", "--file=src/b c.py", "--file=src/calc.py", "--file=src/new.py", "src/new.py"]


def test_scope_files_are_files(repo):
    got = arguments_of(repo, "{scope_files}", files_scope=["src/"], files_create=["new/", "docs", "a*.py", "src/b.py"])
    assert got == ["docs/guide.md", "src/calc.py", "src/b.py"]


def test_model_without_a_value_goes_with_its_option(repo):
    assert arguments_of(repo, "a", "--model", "{model_name}", "b") == ["a", "b"]


def test_model_by_environment(repo):
    repo.env["AIDER_MODEL"] = "openai/x"
    assert arguments_of(repo, "--model", "{model_name}") == ["--model", "openai/x"]


def test_message_is_the_prompt(repo):
    got = arguments_of(repo, "{message}", "{prompt_file}")
    assert "Make add() add." in got[0]
    assert not got[1].startswith(str(repo.worktree()))


@pytest.mark.parametrize("shift", [1, 2, 3])  # one of them has a character of three bytes across the limit
def test_message_is_cut_between_characters(repo, shift):
    script = repo.script("say.sh", 'printf %s "$1" > said.txt\n')
    repo.tool("agent", type="ai", command=str(script), args=["{message}"])
    repo.bundle(tasks=["x" * shift + "\u20ac" * 20000, "\u20ac" * 20000], files_create=["said.txt"])
    repo.run().must(0)
    said = (repo.worktree() / "said.txt").read_bytes()
    assert 100 * 1024 - 3 < len(said) <= 100 * 1024
    text, note = said.decode().rsplit("\n[cut here", 1)
    assert text.endswith("\u20ac")
    whole = Path(note.split("file ")[1].rstrip("]\n")).read_bytes()
    assert whole.startswith(text.encode()) and len(whole) > len(said)


def test_stdin(repo):
    repo.agent(f"cat > {repo.outside}/stdin; {FIX}")
    repo.bundle()
    repo.run().must(0)
    assert (repo.outside / "stdin").read_bytes() == b""
    repo.agent(f"cat > {repo.outside}/stdin; {FIX}", stdin="prompt")
    repo.run().must(0)
    assert "Make add() add." in (repo.outside / "stdin").read_text()


def test_working_dir(repo):
    repo.agent(f"pwd > {repo.outside}/pwd; cd ..; {FIX}", working_dir="{worktree_path}/src")
    repo.bundle()
    repo.run().must(0)
    assert (repo.outside / "pwd").read_text().strip() == str(repo.worktree() / "src")


@pytest.mark.parametrize("folder, where", [("src", "src"), (".", ""), ("{ws_id}", "ws-fix")])
def test_relative_working_dir_is_of_the_worktree(repo, folder, where):
    repo.write("ws-fix/x", "x")
    repo.agent(f'pwd > {repo.outside}/pwd; cd "$WSFSM_WORKTREE"; {FIX}', working_dir=folder)
    repo.bundle()
    repo.settle()
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "More")
    repo.run("ws-fix", cwd=repo.root / "docs").must(0)
    assert (repo.outside / "pwd").read_text().strip() == str(repo.worktree() / where).rstrip("/")


def test_default_signal_handling(repo):
    repo.agent(f"grep -E '^Sig(Ign|Blk)' /proc/self/status > {repo.outside}/signals; {FIX}")
    repo.bundle()
    repo.run().must(0)
    for line in (repo.outside / "signals").read_text().splitlines():
        assert int(line.split()[1], 16) == 0, line


def test_only_three_descriptors(repo):
    repo.script("fds.py", "")
    (repo.outside / "fds.py").write_text(f"import os\nopen = [fd for fd in range(100) if os.path.exists("
                                         f"f'/proc/self/fd/{{fd}}')]\nos.write(os.open('{repo.outside}/fds', "
                                         "os.O_CREAT | os.O_WRONLY), repr(open).encode())\n")
    repo.agent(f"{FIX} exec /usr/bin/python3 {repo.outside}/fds.py")
    repo.bundle()
    repo.run().must(0)
    assert (repo.outside / "fds").read_text() == "[0, 1, 2]"


# --- profiles

def test_profiles_file(repo):
    script = repo.script("a.sh", FIX)
    file = repo.outside / "profiles.yaml"
    file.write_text(f"agent:\n  type: ai\n  command: /bin/sh\n  args: [{script}]\n  timeout-sec: 60\n"
                    "  success-exit-codes: [0]\n")
    repo.bundle(acceptance_tests=[IS_FIXED])
    repo.run("ws-fix", env={"PIPELINE_TOOL_PROFILES_PATH": str(file)}).must(0)
    repo.agent("exit 1")
    repo.run().must(1)
    repo.run("ws-fix", env={"PIPELINE_TOOL_PROFILES_PATH": str(file)}).must(0)  # the environment wins


@pytest.mark.parametrize("profile, word", [
    ({"command": "x", "args": ["{nope}"]}, "nope"), ({"command": "x", "nope": 1}, "nope"), ({"type": "ai"}, "command"),
    ({"command": "x", "type": "robot"}, "type"), ({"command": "x", "timeout_sec": -5}, "timeout_sec"),
    ({"command": "x", "failure_patterns": ["a("]}, "a("), ({"command": "x", "stdin": "tty"}, "stdin"),
    ({"command": "x", "success_exit_codes": ["a"]}, "exit code"), ({"command": ""}, "command"),
])
def test_bad_profiles_are_located(repo, profile, word):
    repo.bundle()
    repo.tool("agent", **{"type": "ai", **profile})
    result = repo.run().must(3)
    assert word in result.stderr
    assert "wsfsm.yaml:" in result.stderr


def test_shipped_profiles(repo):
    listed = repo.wsfsm("tool", "list").must(0).stdout
    for name in ("aider codex claude opencode qwen gemini goose apply-patch pytest ruff black mypy yamllint codespell "
                 "gitleaks shellcheck clang-format clang-tidy cppcheck psscriptanalyzer pester echo").split():
        assert name in listed.split() or f"{name} " in listed, name


def test_tool_list_json(repo):
    repo.agent()
    text = repo.wsfsm("tool", "list", "--json").must(0).stdout
    assert '"agent"' in text and '"aider"' in text
    for line in text.splitlines():
        if line.startswith("{") and line.endswith("}"):
            json.loads(line)


def test_tool_run_by_hand(repo):
    repo.wsfsm("tool", "run", "echo").must(0)


# --- which program

@pytest.mark.parametrize("command", ["./agent.sh", "agent.sh", "src/agent.sh"])
def test_relative_commands_are_never_of_the_repository(repo, command):
    repo.write("agent.sh", f"#!/bin/sh\ntouch {repo.outside}/ran\n", 0o755)
    repo.write("src/agent.sh", f"#!/bin/sh\ntouch {repo.outside}/ran\n", 0o755)
    repo.commit()
    repo.tool("agent", type="ai", command=command)
    repo.bundle()
    repo.env["PATH"] = f".::{repo.env['PATH']}"
    result = repo.run()
    assert result.rc in (1, 3), result
    assert not (repo.outside / "ran").exists()


def test_a_relative_command_begins_at_the_root_of_the_repository(repo):
    repo.write(".gitignore", ".venv/\n")
    repo.write(".venv/bin/agent", "#!/bin/sh\n" + FIX, 0o755)
    repo.commit()
    repo.tool("agent", type="ai", command=".venv/bin/agent")
    repo.bundle()
    repo.wsfsm("run", "--ws-id", "ws-fix", cwd=repo.root / "src").must(0)
    found = {tool["id"]: tool["found"] for tool in repo.wsfsm("tool", "list", "--json").must(0).json}
    assert found["agent"] == str(repo.root / ".venv/bin/agent")
    repo.git("add", "-f", ".venv/bin/agent")
    repo.commit()
    message = repo.run().must(1).json["step_results"]["edit"]["error_message"]
    assert "it is a tracked file or lies in a worktree" in message


def test_tracked_file_is_no_command(repo):
    repo.write("agent.sh", f"#!/bin/sh\ntouch {repo.outside}/ran\n", 0o755)
    repo.commit()
    repo.bundle()
    for command in (repo.root / "agent.sh", repo.root / "docs/../agent.sh"):
        repo.tool("agent", type="ai", command=str(command))
        assert repo.run().rc in (1, 3)
    (repo.outside / "bin").mkdir()
    os.symlink(repo.root / "agent.sh", repo.outside / "bin/helper")
    repo.tool("agent", type="ai", command="helper")
    repo.env["PATH"] = f"{repo.outside}/bin:{repo.env['PATH']}"
    assert repo.run().json["reason"] == "could_not_run"
    assert not (repo.outside / "ran").exists()


def test_file_of_a_worktree_is_no_command(repo):
    repo.agent(f"printf '#!/bin/sh\\ntouch {repo.outside}/ran\\n' > src/tool; chmod +x src/tool")
    repo.tool("check", type="static_check", command=str(repo.worktree() / "src/tool"))
    repo.bundle(static_tools=["check"])
    assert repo.run().rc in (1, 3)
    assert not (repo.outside / "ran").exists()


def test_path_entry_inside_a_worktree_is_not_searched(repo):
    repo.agent(f"mkdir src/bin; printf '#!/bin/sh\\ntouch {repo.outside}/ran\\n' > src/bin/mytool; "
               "chmod +x src/bin/mytool")
    repo.tool("check", type="static_check", command="mytool")
    repo.bundle(static_tools=["check"])
    repo.env["PATH"] = f"{repo.worktree()}/src/bin:{repo.env['PATH']}"
    assert repo.run().json["reason"] == "could_not_run"
    assert not (repo.outside / "ran").exists()


# --- output

def test_log_shows_both_streams_and_the_attempt(repo):
    repo.agent(f"echo to-out; echo to-err >&2; {FIX}")
    repo.bundle()
    run_id = repo.run().must(0).json["run_id"]
    assert "to-out" in repo.wsfsm("log", "--run-id", run_id, "--step", "edit").must(0).stdout
    assert "to-err" in repo.wsfsm("log", "--run-id", run_id, "--step", "edit", "--stderr").must(0).stdout
    assert "to-out" in repo.wsfsm("log", "--run-id", run_id, "--step", "edit", "--attempt", 1).must(0).stdout


def test_log_is_escaped(repo):
    repo.agent(f"printf '\\033[31mred\\033]0;title\\007\\r over\\n'; {FIX}")
    repo.bundle()
    run_id = repo.run().must(0).json["run_id"]
    shown = repo.wsfsm("log", "--run-id", run_id).must(0).stdout
    assert "red" in shown and "\x1b" not in shown and "\x07" not in shown


def test_much_output_is_capped(repo):
    repo.agent(f"head -c 100000000 /dev/zero | tr '\\0' 'x'; {FIX}")
    repo.bundle()
    repo.run().must(0)
    sizes = [path.stat().st_size for path in (repo.root / ".wsfsm").rglob("*") if path.is_file()]
    assert max(sizes) < 70 << 20
