"""validate: what is a sound bundle, what is not, and where it says so."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support import bundle

LOCATED = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?P<col>\d+): (error|warning|note): .+$", re.M)
YAML = """\
id: ws-a
openspec_change: OS-1
ccpm_issue: 1
gate: 1
files_scope: [src/]
tasks:
  - Do it.
tool: agent
"""


def validate(repo, text, name="a.yaml", rc=None):
    file = repo.outside / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = repo.wsfsm("validate", file)
    assert rc is None or result.rc == rc, result
    return result


def json_of(**fields):
    return json.dumps(bundle("ws-a", **fields))


SOUND_YAML = {
    "plain": YAML,
    "two documents in one sequence": "- {id: ws-a, openspec_change: a, ccpm_issue: 1, gate: 1, files_scope: [a], "
                                     "tasks: [x], tool: t}\n- {id: ws-b, openspec_change: a, ccpm_issue: 1, gate: 1, "
                                     "files_scope: [b], tasks: [x], tool: t}\n",
    "document marker": "---\n" + YAML,
    "comments": "# first\n" + YAML.replace("gate: 1", "gate: 1 # one"),
    "block scalar": YAML.replace("  - Do it.", "  - |\n    Do it:\n    all of it\n  - >\n    folded\n    text"),
    "quoted": YAML.replace("ws-a", '"ws-a"').replace("Do it.", "'it''s'"),
    "string issue": YAML.replace("ccpm_issue: 1", "ccpm_issue: ABC-1"),
    "unicode": YAML.replace("Do it.", "Größe ändern 変更"),
    "crlf": YAML.replace("\n", "\r\n"),
    "no is a string in 1.2": YAML.replace("OS-1", "no"),
    "free metadata": YAML + "metadata:\n  anything:\n    - goes: {here: [1, 2.5, null, true]}\n",
    "circuit breaker": YAML + "circuit_breaker: {max_attempts: 3}\n",
    "known extras": YAML + "title: T\ndoc_id: D\nkind: K\npriority: high\nparallel_ok: true\nconflict_group: g\n",
    "windows path": YAML.replace("src/", "src\\calc.py"),
    "glob": YAML.replace("[src/]", "['src/**/*.py', 'a?b']"),
    "byte order mark": b"\xef\xbb\xbf" + YAML.encode(),
}
SOUND_JSON = {
    "plain": json_of(),
    "sequence": f"[{json_of()}]",
    "escapes": json_of(tasks=["a"]).replace('"a"', r'"\u0041\ud83d\ude00\n\t\/\\"'),
    "spaces": "\n\n  " + json_of() + "  \n",
    "long id": json.dumps(bundle("ws-" + "a" * 97)),
    "everything": json_of(title="t", files_create=["new/x"], acceptance_tests=["true"], static_tools=["x"],
                          depends_on=[], circuit_breaker={}, metadata={"a": {"b": []}}, capability="c",
                          capability_payload={}, estimated_context_tokens=5, max_cost_usd=1.5,
                          compensation_actions=[], test_gates=[], parallel_ok=False),
}
UNSOUND_YAML = {
    "empty": "", "only a comment": "# nothing\n", "scalar": "hello\n", "number": "1\n", "null": "null\n",
    "not closed": "id: [ws-a\n", "tab": "id:\n\t- a\n", "second document": YAML + "---\n" + YAML,
    "alias": YAML + "metadata: {a: &x 1, b: *x}\n", "anchor": YAML + "metadata: {a: &x 1}\n",
    "bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "tag": YAML.replace("gate: 1", "gate: !!int 1"), "python tag": YAML + "metadata: !!python/object:os.system x\n",
    "merge key": YAML + "metadata:\n  <<: {a: 1}\n",
    "duplicate key": YAML + "gate: 2\n", "duplicate in metadata": YAML + "metadata: {a: 1, a: 2}\n",
    "unknown field": YAML + "tol: x\n", "no id": YAML.replace("id: ws-a\n", ""),
    "upper case id": YAML.replace("ws-a", "ws-A"), "id without ws": YAML.replace("ws-a", "a"),
    "control in id": YAML.replace("ws-a", '"ws-a\\n"'), "id with slash": YAML.replace("ws-a", "ws-a/../b"),
    "long id": YAML.replace("ws-a", "ws-" + "a" * 98),
    "gate zero": YAML.replace("gate: 1", "gate: 0"), "gate text": YAML.replace("gate: 1", "gate: one"),
    "gate float": YAML.replace("gate: 1", "gate: 1.5"), "gate huge": YAML.replace("gate: 1", "gate: 99999999999999999999"),
    "scope empty": YAML.replace("[src/]", "[]"), "scope text": YAML.replace("[src/]", "src/"),
    "scope number": YAML.replace("[src/]", "[1]"), "tasks mapping": YAML.replace("  - Do it.", "  a: b"),
    "parent path": YAML.replace("src/", "../x"), "inner parent": YAML.replace("src/", "a/../../x"),
    "absolute": YAML.replace("src/", "/etc"), "drive": YAML.replace("src/", "'C:\\x'"),
    "dot git": YAML.replace("src/", ".git/config"), "dot git in capitals": YAML.replace("src/", "a/.GIT/x"),
    "magic": YAML.replace("[src/]", "[':(top)x']"), "empty path": YAML.replace("[src/]", "['']"),
    "control in path": YAML.replace("[src/]", '["a\\x01b"]'), "nul in path": YAML.replace("[src/]", '["a\\0b"]'),
    "bad utf-8": YAML.encode().replace(b"OS-1", b"\xff\xfe"), "nul": YAML.encode() + b"\0",
    "too deep": YAML + "metadata: " + "{a: " * 40 + "1" + "}" * 40,
    "huge scalar": YAML.replace("Do it.", "x" * 70000), "bad dependency id": YAML + "depends_on: ['../x']\n",
    "tool empty": YAML.replace("tool: agent", "tool: ''"), "null required": YAML.replace("tool: agent", "tool: null"),
}
UNSOUND_JSON = {
    "empty": "", "comment": "// hello\n" + json_of(), "trailing comma": json_of()[:-1] + ",}",
    "trailing text": json_of() + " x", "two values": json_of() + json_of(), "single quotes": "{'id': 'ws-a'}",
    "duplicate key": json_of()[:-1] + ', "gate": 2}', "NaN": json_of(max_cost_usd=1).replace("1}", "NaN}"),
    "lone surrogate": json_of(tasks=["a"]).replace('"a"', r'"\ud800"'),
    "nul escape": json_of(tasks=["a"]).replace('"a"', r'"a\u0000b"'),
    "raw control": json_of(tasks=["a"]).replace('"a"', '"a\nb"'), "scalar": "1", "null": "null",
    "deep": "[" * 100000, "deep value": json_of()[:-1] + ', "metadata": {"a": ' + "[" * 40 + "]" * 40 + "}}",
    "yaml": YAML, "truncated": json_of()[:-5], "bad escape": json_of(tasks=["a"]).replace('"a"', r'"\x41"'),
    "byte": json_of().encode().replace(b"OS-1", b"\xff"), "large": json_of(tasks=["x" * 1000] * 1100),
    "leading zero": json_of().replace('"gate": 1', '"gate": 01'),
}


@pytest.mark.parametrize("name", SOUND_YAML)
def test_sound_yaml(repo, name):
    validate(repo, SOUND_YAML[name], rc=0)


@pytest.mark.parametrize("name", SOUND_JSON)
def test_sound_json(repo, name):
    validate(repo, SOUND_JSON[name], "a.json", rc=0)


@pytest.mark.parametrize("name", UNSOUND_YAML)
def test_unsound_yaml(repo, name):
    result = validate(repo, UNSOUND_YAML[name], rc=3)
    assert "a.yaml" in result.stdout + result.stderr


@pytest.mark.parametrize("name", UNSOUND_JSON)
def test_unsound_json(repo, name):
    result = validate(repo, UNSOUND_JSON[name], "a.json", rc=3)
    assert "a.json" in result.stdout + result.stderr


def findings(result):
    return [(int(match["line"]), int(match["col"])) for match in LOCATED.finditer(result.stdout + result.stderr)]


@pytest.mark.parametrize("text, name, line", [
    (YAML.replace("gate: 1", "gate: x"), "a.yaml", 4), (YAML + "tol: x\n", "a.yaml", 9),
    (YAML.replace("src/", "../x"), "a.yaml", 5), (YAML + "gate: 2\n", "a.yaml", 9),
    (json.dumps(bundle("ws-a", gate="x"), indent=1), "a.json", 5),
    (json.dumps(bundle("ws-a"), indent=1).replace("1,", "1,,", 1), "a.json", 4),
])
def test_errors_are_located(repo, text, name, line):
    result = validate(repo, text, name, rc=3)
    assert line in [row for row, _ in findings(result)], result


def test_error_names_file_and_workstream(repo):
    result = validate(repo, YAML.replace("gate: 1", "gate: x"), rc=3)
    said = result.stdout + result.stderr
    assert "a.yaml:4:" in said and "ws-a" in said and "gate" in said


def test_all_errors_of_a_file_at_once(repo):
    text = YAML.replace("gate: 1", "gate: x").replace("ccpm_issue: 1", "ccpm_issue: [1]") + "tol: x\nother: y\n"
    assert len(findings(validate(repo, text, rc=3))) >= 4


@pytest.mark.parametrize("text, flaw", [
    (YAML + "gate: 2\n", (9, 1)), (YAML.replace("OS-1", "!!str OS-1") + "title: T\n", (2, 18)),
    (YAML + f"title: {'x' * 65537}\n", (9, 8)), (YAML + "metadata: {1: x}\n", (9, 12)),
    (YAML + "metadata: {a: *x}\n", (9, 15)),
], ids=["duplicate key", "tag", "too long", "number as a key", "alias"])
def test_flawed_document_hides_no_other_error(repo, text, flaw):
    result = validate(repo, text.replace("src/", "/src") + "other: y\n", rc=3)
    assert findings(result) == sorted([flaw, (5, 15), (10, 1)]), result
    assert result.stdout.count(": error: workstream ws-a: ") == 3, result


@pytest.mark.parametrize("text, place, says", [
    ('"gate": 1, "gate": 2', (1, 13), "duplicate key 'gate'"),
    ('"estimated_context_tokens": 99999999999999999999', (1, 30), "too large a number"),
    ('"max_cost_usd": 1e400', (1, 18), "a finite number"),
], ids=["duplicate key", "integer", "number"])
def test_flawed_json_hides_no_other_error(repo, text, place, says):
    result = validate(repo, "{" + text + ",\n" + json_of(other="y")[1:].replace('"gate": 1, ', ""), "a.json", rc=3)
    assert place in findings(result) and says in result.stdout, result
    assert "error: workstream ws-a: unknown field 'other'" in result.stdout, result


@pytest.mark.parametrize("field", ["max_cost_usd: .inf", "max_cost_usd: 1e400", "max_cost_usd: .nan",
                                   "estimated_context_tokens: 100000000000000000000000"])
def test_number_that_no_run_could_keep(repo, field):
    repo.write("workstreams/a.yaml", YAML + field + "\n")
    repo.agent()
    assert "workstreams/a.yaml:9:" in repo.wsfsm("validate").must(3).stdout
    result = repo.wsfsm("run", "--json", "--ws-id", "ws-a").must(3)
    assert result.error["code"] == "bad_bundle" and result.error["where"].startswith("workstreams/a.yaml:9:")


BIG = "[1000000000000000000000000000000, -1e400, 0.1]"


@pytest.mark.parametrize("name, text", [
    ("a.yaml", YAML + f"metadata: {{n: {BIG}}}\n"), ("a.json", json_of(tool="agent")[:-1] + f', "metadata": {{"n": {BIG}}}}}'),
], ids=["yaml", "json"])
def test_big_numbers_in_metadata_are_kept(repo, name, text):
    repo.write(f"workstreams/{name}", text)
    repo.agent()
    repo.settle()
    repo.wsfsm("validate").must(0)
    run_id = repo.wsfsm("run", "--json", "--dry-run", "--ws-id", "ws-a").must(0).json["run_id"]
    with closing(sqlite3.connect(repo.root / ".wsfsm/state.db")) as db:
        kept, = db.execute("SELECT metadata_json FROM runs WHERE run_id = ?", [run_id]).fetchone()
    assert '"n":' + BIG.replace(" ", "") in kept
    repo.wsfsm("report", "--run-id", run_id, "-o", repo.outside / "r.html").must(0)


def test_unknown_field_names_the_nearest(repo):
    result = validate(repo, YAML.replace("tasks:", "taks:"), rc=3)
    assert "tasks" in result.stdout + result.stderr


def test_json_findings(repo):
    file = repo.outside / "a.yaml"
    file.write_text(YAML + "tol: x\n")
    result = repo.wsfsm("validate", "--json", file).must(3)
    assert "tol" in result.stdout
    for line in result.stdout.splitlines():
        json.loads(line) if line.startswith("{") and line.endswith("}") else None


# --- a folder

def folder(repo, rc, **bundles):
    for name, fields in bundles.items():
        repo.bundle("ws-" + name.rstrip("_"), file=f"workstreams/{name}.json", **fields)
    repo.agent()
    return repo.wsfsm("validate").must(rc)


def test_sound_folder(repo):
    folder(repo, 0, a={"files_scope": ["a/"]}, b={"files_scope": ["b/"], "depends_on": ["ws-a"]})


def test_duplicate_id_names_both_files(repo):
    result = folder(repo, 1, a={"files_scope": ["a/"]}, a_={"files_scope": ["b/"]})
    said = result.stdout + result.stderr
    assert "workstreams/a.json" in said and "workstreams/a_.json" in said


def test_unknown_dependency(repo):
    result = folder(repo, 1, a={"depends_on": ["ws-none"]})
    assert "ws-none" in result.stdout + result.stderr


def test_dependency_on_an_unsound_workstream_is_known(repo):
    result = folder(repo, 3, a={"depends_on": ["ws-b"]}, b={"files_scope": ["b/"], "gate": 0})
    assert "'gate' must be at least 1" in result.stdout
    assert "no bundle declares" not in result.stdout


def test_dependency_on_a_flawed_document_is_known(repo):
    repo.write("workstreams/b.yaml", YAML.replace("ws-a", "ws-b").replace("src/", "b/") + "gate: 2\n")
    result = folder(repo, 3, a={"depends_on": ["ws-b"]})
    assert findings(result) == [(9, 1)] and "2 workstreams, 1 sound; errors: 1" in result.stdout


def test_what_cannot_be_read_may_be_the_dependency(repo):
    repo.write("workstreams/b.yaml", "id: [ws-b\n")
    result = folder(repo, 3, a={"depends_on": ["ws-b"]})
    assert "errors: 1," in result.stdout
    assert "note: workstream ws-a: depends on 'ws-b', which no bundle that can be read declares" in result.stdout


def test_unsound_workstreams_are_checked_against_the_others(repo):
    result = folder(repo, 3, a={"files_scope": ["a/"], "depends_on": ["ws-b"]}, a_={"files_scope": ["x/"], "tol": 1},
                    b={"files_scope": ["a/b"], "depends_on": ["ws-none", "ws-a"], "tol": 1})
    for says in ("workstream ws-a: the id is declared already in", "workstream ws-b: depends on 'ws-none', which no",
                 "dependency cycle: ws-a -> ws-b -> ws-a", "files_scope 'a/b' overlaps with 'a/' of workstream ws-a"):
        assert result.stdout.count(says) == 1, result
    assert "errors: 6," in result.stdout, result


def test_dependency_on_itself(repo):
    validate(repo, YAML + "depends_on: [ws-a]\n", rc=1)


def test_cycle_is_printed(repo):
    result = folder(repo, 1, a={"files_scope": ["a/"], "depends_on": ["ws-c"]},
                    b={"files_scope": ["b/"], "depends_on": ["ws-a"]},
                    c={"files_scope": ["c/"], "depends_on": ["ws-b"]})
    said = result.stdout + result.stderr
    assert re.search(r"ws-[abc] -> ws-[abc] -> ws-[abc]", said), said


@pytest.mark.parametrize("one, two, overlap", [
    ("src/calc.py", "src/calc.py", True), ("src/", "src/calc.py", True), ("src", "src/*.py", True),
    ("**/*.py", "src/", True), ("src/*.py", "src/c*", True), ("src/", "docs/", False), ("src/a.py", "src/b.py", False),
    ("*.md", "docs/*.md", False), ("new/*.x", "new/a.x", True), ("src/*.c", "src/*.h", False),
])
def test_overlap(repo, one, two, overlap):
    result = folder(repo, 1 if overlap else 0, a={"files_scope": [one]}, b={"files_scope": [two]})
    said = result.stdout + result.stderr
    assert not overlap or ("ws-a" in said and "ws-b" in said)


def test_unsound_wins_over_problems_between(repo):
    folder(repo, 3, a={"files_scope": ["a/"]}, a_={"files_scope": ["a/"]}, c={"gate": 0})


def test_unknown_tool_is_a_warning(repo):
    result = folder(repo, 0, a={"tool": "no-such-tool"})
    assert "warning" in result.stdout + result.stderr and "no-such-tool" in result.stdout + result.stderr


def test_a_tool_that_is_near_is_named(repo):
    assert "no profile for the tool 'agnt'; did you mean 'agent'?" in folder(repo, 0, a={"tool": "agnt"}).stdout


def test_file_alone_notes_a_dependency_elsewhere(repo):
    result = validate(repo, YAML + "depends_on: [ws-elsewhere]\n", rc=0)
    assert "ws-elsewhere" in result.stdout + result.stderr


def test_other_folder_by_argument_and_environment(repo):
    other = repo.outside / "bundles"
    other.mkdir()
    (other / "a.yaml").write_text(YAML.replace("gate: 1", "gate: 0"))
    repo.wsfsm("validate", other).must(3)
    repo.wsfsm("validate", env={"PIPELINE_WORKSTREAM_DIR": str(other)}).must(3)


def test_a_path_that_is_not_there(repo):
    for path in ("nowhere", "nowhere/"):
        assert f"{path}:1:1: error: there is no such file or folder" in repo.wsfsm("validate", path).must(3).stdout
    assert "ends with .yaml" in repo.wsfsm("validate", "README.md").must(3).stdout


def test_path_is_seen_from_here_else_from_the_folder_of_C(repo):
    repo.bundle("ws-a", file="workstreams/a.json", gate=0)
    repo.settle()
    for path in ("repo/workstreams/a.json", "workstreams/a.json", "workstreams"):
        result = repo.wsfsm("-C", repo.root, "validate", path, cwd=repo.base).must(3)
        assert "workstream ws-a: 'gate' must be at least 1" in result.stdout


def test_folder_that_is_missing_is_named(repo):
    result = repo.wsfsm("validate").must(3)
    assert "workstreams" in result.stderr and "No such file or directory" in result.stderr


@pytest.mark.parametrize("kind", ["fifo", "folder", "dangling", "unreadable", "missing"])
def test_what_is_no_file(repo, kind):
    file = repo.outside / "a.yaml"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
        (file / "x.yaml").write_text("[")
    elif kind == "dangling":
        file.symlink_to("nowhere")
    elif kind == "unreadable":
        if os.geteuid() == 0:
            file = Path("/proc/self/mem")
        else:
            file.write_text(YAML)
            file.chmod(0)
    result = repo.wsfsm("validate", file, timeout=10).must(3)
    assert f"{file}/x.yaml:1:2: error: " in result.stdout if kind == "folder" else f"{file}:1:1: error: " in result.stdout


def test_fifo_in_the_folder_does_not_hang(repo):
    (repo.root / "workstreams").mkdir()
    os.mkfifo(repo.root / "workstreams/a.json")
    assert repo.wsfsm("validate", timeout=10).rc == 3


def test_ansi_in_a_bundle_does_not_drive_the_terminal(repo):
    result = validate(repo, YAML + '"\\e[31mred\\e]0;x\\a": 1\n', rc=3)
    assert "\x1b" not in result.stdout + result.stderr


# --- run and other bundles

def test_run_warns_of_trouble_between_others(ready):
    ready.bundle("ws-b", files_scope=["docs/"], depends_on=["ws-c"])
    ready.bundle("ws-c", files_scope=["docs/guide.md"])
    ready.bundle("ws-d", files_scope=["x/"], depends_on=["ws-none"])
    result = ready.wsfsm("run", "--ws-id", "ws-fix").must(0)
    warned = [line for line in result.stderr.splitlines() if "warning" in line]
    assert len(warned) == 2, result
    assert "workstreams/ws-c.json" in warned[0] and "workstreams/ws-d.json" in warned[1], result


def test_run_warns_of_trouble_elsewhere(ready):
    ready.write("workstreams/broken.yaml", "[")
    ready.uncommitted = True
    result = ready.run("ws-fix", "-v").must(0)
    assert "wsfsm validate" in result.stderr
    said = ready.wsfsm("run", "--ws-id", "ws-fix").must(0).stderr
    assert said.index("wsfsm validate") < said.index("pending -start-> editing")  # not after an hour of work


def test_run_without_a_folder_of_bundles_says_how_to_get_one(repo):
    assert "'wsfsm init' makes a first bundle" in repo.wsfsm("run", "--ws-id", "ws-fix").must(3).stderr


def test_run_refuses_its_own_duplicate(ready):
    ready.bundle(file="workstreams/again.json")
    result = ready.run().must(3)
    assert "again.json" in result.stderr


def test_run_refuses_its_own_duplicate_in_a_flawed_document(ready):
    ready.write("workstreams/again.yaml", YAML.replace("ws-a", "ws-fix") + "gate: 2\n")
    ready.settle()
    assert "declared twice" in ready.run().must(3).error["message"]


@pytest.mark.parametrize("text, place, says", [
    (YAML + "gate: 2\n", "9:1", "workstream ws-a: duplicate key 'gate'"),
    ("id: [ws-a\n", "1:5", "did not find expected ',' or ']'"), ("", "1:1", "the file is empty"),
    ("- id: 7\n", "1:7", "workstream no. 1 (without id): 'id' must be a string"),
], ids=["flawed", "syntax", "empty", "id"])
def test_run_of_what_cannot_be_read_says_where(ready, text, place, says):
    ready.write("workstreams/a.yaml", text)
    ready.settle()
    error = ready.wsfsm("run", "--json", "--ws-id", "ws-a").must(3).error
    assert error["code"] == "bad_bundle" and error["where"] == f"workstreams/a.yaml:{place}"
    assert error["message"].startswith(says)


# --- bundles that nobody wrote for this

EXPECTED = re.compile(r"^\| `(?P<file>[^`]+)` \| exit (?P<rc>\d) \|", re.M)


def published():
    where = os.environ.get("WSFSM_PUBLISHED_BUNDLES")
    if not where:
        reason = "optional: WSFSM_PUBLISHED_BUNDLES does not name a folder of published bundles"
        return [pytest.param(None, None, marks=pytest.mark.skip(reason=reason))]
    listed = (Path(where) / "README.md").read_text()
    return [(Path(where) / match["file"], int(match["rc"])) for match in EXPECTED.finditer(listed)]


@pytest.mark.parametrize("file, rc", published())
def test_published(repo, file, rc):
    repo.wsfsm("validate", file).must(rc)
