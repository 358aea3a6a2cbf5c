"""Bundles, profiles, environments and command lines nobody would write in good faith: the right exit code, a located
message in words, nothing executed, nothing made. More of them stand in
test_bundles.py and test_tools.py."""

import json
import os
import socket
import subprocess

import pytest

from support import FIX, IS_FIXED, WSFSM, finish
from test_bundles import YAML, json_of

NESTED = "- [" + "[" * 3000
NINE = ",".join(["*{0}"] * 9)


def bomb():
    """Ten levels of nine aliases: 3.5 billion nodes when they are followed."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for before, name in zip("abcdefghi", "bcdefghij"):
        lines.append(f"{name}: &{name} [{NINE.format(before)}]")
    return "\n".join(lines)


UNSOUND = {
    "bomb.yaml": bomb(), "alias to itself.yaml": "- &a [*a]\n", "flow.yaml": "[" * 100000,
    "mappings.yaml": "{a: " * 20000, "blocks.yaml": "".join(" " * i + "- \n" for i in range(1500)),
    "sequence.yaml": NESTED, "keys.yaml": "? " * 20000, "quote.yaml": '"' + "\\x" * 5000,
    "percent.yaml": "%YAML 9.9\n---\n" + YAML, "tag directive.yaml": "%TAG ! tag:evil,2000:\n---\n" + YAML,
    "utf-16.yaml": YAML.encode("utf-16"), "utf-32.yaml": YAML.encode("utf-32"),
    "overlong.yaml": YAML.encode().replace(b"OS-1", b"\xc0\xaf"), "surrogate.yaml":
    YAML.encode().replace(b"OS-1", b"\xed\xa0\x80"), "escape.yaml": YAML.replace("OS-1", "a\x1b[2Jb"),
    "delete.yaml": YAML.replace("OS-1", "a\x7fb"), "line separator.yaml": YAML.replace("ws-a", '"ws-a\u2028"'),
    "bidi.yaml": YAML.replace("ws-a", "ws-\u202ea"), "zero width.yaml": YAML.replace("ws-a", "ws-\u200ba"),
    "cyrillic.yaml": YAML.replace("ws-a", "ws-\u0430"), "dot lock.yaml": YAML.replace("ws-a", "ws-a.lock"),
    "trailing space.yaml": YAML.replace("ws-a", "'ws-a '"), "option.yaml": YAML.replace("ws-a", "--help"),
    "two dots.yaml": YAML.replace("ws-a", ".."), "date.yaml": YAML.replace("gate: 1", "gate: 2020-01-01"),
    "sexagesimal.yaml": YAML.replace("gate: 1", "gate: 12:30:00"), "nan.yaml": YAML.replace("gate: 1", "gate: .nan"),
    "infinite.yaml": YAML.replace("gate: 1", "gate: .inf"), "exponent.yaml": YAML.replace("gate: 1", "gate: 1e3"),
    "negative.yaml": YAML.replace("gate: 1", "gate: -1"), "two to the 63rd.yaml":
    YAML.replace("gate: 1", "gate: 9223372036854775808"), "true.yaml": YAML.replace("gate: 1", "gate: true"),
    "git with a space.yaml": YAML.replace("[src/]", "['.git /x']"), "git by its short name.yaml":
    YAML.replace("src/", "git~1/config"), "git behind backslashes.yaml": YAML.replace("src/", "a\\.git\\config"),
    "git and a stream.yaml": YAML.replace("[src/]", "['.git::$INDEX_ALLOCATION/config']"),
    "share.yaml": YAML.replace("[src/]", "['\\\\server\\share']"), "backslash root.yaml":
    YAML.replace("[src/]", "['\\etc']"), "parent behind backslashes.yaml": YAML.replace("[src/]", "['a\\..\\..\\b']"),
    "only dots.yaml": YAML.replace("src/", ".."), "proc.yaml": YAML.replace("src/", "/proc/self/environ"),
    "magic exclude.yaml": YAML.replace("[src/]", "[':!src']"), "newline in a path.yaml":
    YAML.replace("[src/]", '["a\\nb"]'), "created outside.yaml": YAML + "files_create: [../x]\n",
    "created in git.yaml": YAML + "files_create: [.git/hooks/post-checkout]\n",
    "command as a mapping.yaml": YAML + "acceptance_tests: [{run: x}]\n", "tool as a path.yaml":
    YAML.replace("tool: agent", "tool: ../../bin/sh"), "deep.json": "[" * 100000, "deep objects.json": '{"a":' * 50000,
    "huge number.json": json_of(max_cost_usd=1).replace("1}", "1e999}"),
    "number without an end.json": json_of().replace('"gate": 1', '"gate": ' + "9" * 100000),
    "overlong.json": json_of().encode().replace(b"OS-1", b"\xc0\xaf"), "null byte.json": json_of() + "\0",
    "utf-16.json": json_of().encode("utf-16"), "second value behind space.json": json_of() + "\n\n\n{}",
    "key twice by escape.json": json_of()[:-1] + ', "g\\u0061te": 2}',
    "control in a key.json": json_of()[:-1] + ', "\\u001b[2J": 2}', "key without an end.json": '{"' + "k" * 200000,
}


@pytest.mark.parametrize("name", UNSOUND)
def test_unsound_bundle(repo, name):
    text = UNSOUND[name]
    file = repo.outside / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    result = repo.wsfsm("validate", file, timeout=20).must(3)
    said = result.stdout + result.stderr
    assert f"{name}:" in said and ": error: " in said, said
    assert not any(ord(char) < 32 and char != "\n" for char in said), said
    assert len(said) < 20000 and not (repo.root / ".wsfsm").exists()


def test_bundle_of_the_second_kind_in_a_run(ready):
    """The same, by the way that makes things."""
    ready.write("workstreams/ws-fix.json", bomb())
    ready.uncommitted = True
    ready.run().must(3)
    assert not (ready.root / ".worktrees").exists() and not (ready.root / ".wsfsm").exists()


def open_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


SPECIAL = {
    "zero": lambda p: p.symlink_to("/dev/zero"), "null": lambda p: p.symlink_to("/dev/null"),
    "terminal": lambda p: p.symlink_to("/dev/tty"), "fifo": os.mkfifo, "socket": open_socket,
    "loop of links": lambda p: p.symlink_to(p), "process memory": lambda p: p.symlink_to("/proc/self/mem"),
    "2 GB": lambda p: (p.touch(), os.truncate(p, 2 << 30)), "folder": lambda p: p.mkdir(),
}


@pytest.mark.parametrize("where", ["bundle", "wsfsm.yaml", "profiles"])
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_is_not_read(ready, kind, where):
    ready.settle()
    place = {"bundle": ready.root / "workstreams/ws-fix.json", "wsfsm.yaml": ready.root / "wsfsm.yaml",
             "profiles": ready.outside / "profiles.yaml"}[where]
    place.unlink(missing_ok=True)
    SPECIAL[kind](place)
    env = {"PIPELINE_TOOL_PROFILES_PATH": str(place)} if where == "profiles" else {}
    result = ready.wsfsm("run", "--ws-id", "ws-fix", timeout=20, env=env)
    if (kind, where) == ("null", "profiles"):  # an empty file, by a link of the user's
        assert result.rc in (0, 3, 4)
        return
    assert result.rc in (3, 4) and place.name in result.stderr, result
    assert not (ready.root / ".worktrees").exists()


# --- profiles

PROFILES = {
    "unknown placeholder in env": ({"env": {"A": "{nope}"}}, "nope"),
    "unknown placeholder in working_dir": ({"working_dir": "{nope}"}, "nope"),
    "equals sign in a name": ({"env": {"A=B": "x"}}, "A=B"), "empty name": ({"env": {"": "x"}}, "variable"),
    "timeout huge": ({"timeout_sec": 10**18}, "timeout_sec"),
    "timeout text": ({"timeout_sec": "5m"}, "timeout_sec"), "timeout fraction": ({"timeout_sec": 1.5}, "timeout_sec"),
    "idle negative": ({"idle_timeout_sec": -1}, "idle_timeout_sec"),
    "exit code too large": ({"success_exit_codes": [256]}, "255"),
    "exit code negative": ({"success_exit_codes": [-1]}, "255"), "args a string": ({"args": "-c x"}, "args"),
    "argument a list": ({"args": [["a"]]}, "args"), "bracket open": ({"failure_patterns": ["["]}, "["),
    "repetition too large": ({"failure_patterns": ["a{99999}"]}, "a{99999}"),
    "pattern empty": ({"failure_patterns": [""]}, "failure_patterns"), "list in a word":
    ({"args": ["{files_scope}{scope_files}"]}, "scope"), "twice, by both spellings":
    ({"timeout_sec": 1, "timeout-sec": 2}, "timeout"), "command a list": ({"command": ["sh"]}, "command"),
    "pass everything": ({"pass_env": ["*"]}, "variable"), "NUL": ({"args": ["a\0b"]}, "wsfsm.yaml"),
}


@pytest.mark.parametrize("name", PROFILES)
def test_unsound_profile(repo, name):
    profile, word = PROFILES[name]
    repo.bundle()
    repo.tool("agent", **{"type": "ai", "command": "/bin/sh", **profile})
    result = repo.run().must(3)
    assert word in result.stderr and "wsfsm.yaml:" in result.stderr, result
    assert not (repo.root / ".worktrees").exists()


@pytest.mark.parametrize("tool_id", ["../x", "a/b", "-x", "", "a b", "a\nb", "x" * 101])
def test_unsound_tool_id(repo, tool_id):
    repo.bundle()
    repo.tool(tool_id, command="/bin/true")
    result = repo.run().must(3)
    assert "wsfsm.yaml:" in result.stderr


NOT_RUNNABLE = {
    "missing": lambda p: None, "not executable": lambda p: p.write_text("#!/bin/sh\n"),
    "folder": lambda p: p.mkdir(), "no program": lambda p: (p.write_bytes(b"\x7fELF garbage"), p.chmod(0o755)),
    "interpreter missing": lambda p: (p.write_text("#!/nowhere/sh\n"), p.chmod(0o755)),
    "dangling link": lambda p: p.symlink_to("nowhere"), "fifo": lambda p: (os.mkfifo(p), p.chmod(0o755)),
}


@pytest.mark.parametrize("kind", NOT_RUNNABLE)
def test_command_that_cannot_run(repo, kind):
    command = repo.outside / "command"
    NOT_RUNNABLE[kind](command)
    repo.tool("agent", type="ai", command=str(command))
    repo.bundle()
    result = repo.run().must(1)
    assert result.json["reason"] == "could_not_run"
    assert "command" in result.json["step_results"]["edit"]["error_message"]


def test_program_without_a_first_line_is_not_given_to_a_shell(repo):
    command = repo.outside / "command"
    command.write_text(f"touch {repo.outside}/ran\n")
    command.chmod(0o755)
    repo.tool("agent", type="ai", command=str(command))
    repo.bundle()
    assert repo.run().must(1).json["reason"] == "could_not_run"
    assert not (repo.outside / "ran").exists()


def test_pattern_that_takes_for_ever_ends_with_the_limit(repo):
    repo.agent(f"head -c 60000 /dev/zero | tr '\\0' a; echo; {FIX}", failure_patterns=["(a*)*b", "a*a*a*a*a*c"],
               timeout_sec=20)
    repo.bundle()
    assert repo.run("ws-fix", timeout=60).rc in (0, 1)


def test_arguments_over_the_systems_limit(repo):
    repo.tool("agent", type="ai", command="/bin/true", args=["x" * 60000] * 60)
    repo.bundle()
    result = repo.run()
    assert result.rc in (1, 3), result
    assert result.rc == 3 or result.json["reason"] == "could_not_run"


def test_shell_text_in_a_bundle_stays_text(repo):
    hostile = "x; touch {0}/ran $(touch {0}/ran) `touch {0}/ran` | sh\n--config=evil\n@/etc/passwd".format(repo.outside)
    script = repo.script("agent.sh", f"printf '%s' \"$1\" > {repo.outside}/got; {FIX}")
    repo.tool("agent", type="ai", command="/bin/sh", args=[str(script), "{message}"])
    repo.bundle(tasks=[hostile], openspec_change=hostile.replace("\n", " "), metadata={"{run_id}": "{ws_id}"})
    repo.run().must(0)
    assert "$(touch" in (repo.outside / "got").read_text() and not (repo.outside / "ran").exists()


def test_placeholder_in_a_task_is_not_replaced(repo):
    script = repo.script("agent.sh", f"printf '%s' \"$1\" > {repo.outside}/got; {FIX}")
    repo.tool("agent", type="ai", command="/bin/sh", args=[str(script), "{message}"])
    repo.bundle(tasks=["{repo_root} {nope} {{ws_id}}"])
    repo.run().must(0)
    assert "{repo_root} {nope} {{ws_id}}" in (repo.outside / "got").read_text()


# --- command line

LINES = {
    "100 KB": (["run", "--ws-id", "ws-" + "x" * 100000], 3), "controls": (["run", "--ws-id", "ws-\x1b[2J\x07"], 3),
    "newline": (["run", "--ws-id", "ws-fix\n"], 3), "empty": (["run", "--ws-id", ""], (2, 3)),
    "invalid UTF-8": (["run", "--ws-id", b"ws-\xff"], 3), "invalid command": ([b"\xff\xfe"], 2),
    "command with controls": (["\x1b]0;x\x07"], 2), "option with controls": (["run", "--\x1b[2J"], 2),
    "quote": (["history", "--ws-id", "x' OR '1'='1"], 3), "wild card": (["status", "--run-id", "%"], 3),
    "star": (["log", "--run-id", "*"], 3), "underscore": (["status", "--run-id", "_"], 3),
    "parent": (["log", "--run-id", "../../etc/passwd"], 3),
    "remove parent": (["worktree", "remove", "--ws-id", ".."], 3),
    "remove path": (["worktree", "remove", "--ws-id", "ws-a/../../src"], 3),
    "twice, the last counts": (["run", "--ws-id", "ws-fix", "--ws-id", "ws-other"], 3),
    "abbreviation": (["run", "--ws", "ws-fix"], 2),
    "limit too large": (["history", "--ws-id", "ws-fix", "--limit", "99999999999999999999"], 2),
    "limit with text": (["history", "--ws-id", "ws-fix", "--limit", "5x"], 2), "value for a flag":
    (["run", "--ws-id", "ws-fix", "--dry-run=yes"], 2), "base is an option": (["run", "--ws-id", "ws-fix", "--base",
    "--upload-pack=x"], 4), "base is a range": (["run", "--ws-id", "ws-fix", "--base", "main..main"], 4),
    "base is a tree": (["run", "--ws-id", "ws-fix", "--base", "main^{tree}"], 4), "base with controls":
    (["run", "--ws-id", "ws-fix", "--base", "a\x1b[2Jb"], 4), "base is empty": (["run", "--ws-id", "ws-fix", "--base",
    ""], (2, 4)), "database is a folder": (["--db", "/", "run", "--ws-id", "ws-fix"], 4), "database is a device":
    (["--db", "/dev/null", "run", "--ws-id", "ws-fix"], 4), "database below a file": (["--db", "README.md/x", "run",
    "--ws-id", "ws-fix"], 4), "database by a URI": (["--db", "file:x?mode=memory", "status"], (0, 4)),
    "folder is a file": (["-C", "README.md", "status"], (0, 4)), "folder is empty": (["-C", "", "status"], (0, 2, 4)),
    "report of a step with controls": (["log", "--run-id", "r0", "--step", "\x1b[2J"], 3),
}


@pytest.mark.parametrize("name", LINES)
def test_command_line(ready, name):
    args, codes = LINES[name]
    ready.settle()
    ready.wsfsm("db", "init").must(0)
    process = subprocess.Popen([WSFSM, *args], cwd=ready.root, env=ready.env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    result = finish(process, args)
    assert result.rc in (codes if isinstance(codes, tuple) else (codes,)), result
    assert result.rc == 0 or result.stderr.startswith("wsfsm: "), result
    assert not any(ord(char) < 32 and char != "\n" for char in result.stdout + result.stderr)
    assert len(result.stderr) < 5000, len(result.stderr)
    assert not ready.worktree().exists() and ready.rows("SELECT * FROM runs") == []


def test_the_bundle_is_read_once(repo):
    """What the agent makes of bundle, profiles and acceptance test is for the next run."""
    edit = 'cd "$WSFSM_REPO"; sed -i s/grep/false/ workstreams/ws-fix.json; echo "[" > wsfsm.yaml'
    repo.agent(f"{FIX}{edit}")
    repo.bundle(acceptance_tests=[IS_FIXED])
    result = repo.run(guard=False)
    assert result.rc == 0, result
    stored = json.loads(repo.one("SELECT metadata_json FROM runs")["metadata_json"])
    assert IS_FIXED in json.dumps(stored)
