"""machine show|graph|check|explain: the machine as table and drawing, and diagnostics of a .def without a build."""

import json
import re
import shutil
import subprocess

import pytest

from support import SOURCE

SHIPPED = (SOURCE / "fsm/states.def").read_text()
ERROR = re.compile(r"^(.+):(\d+):(\d+): (error|warning): (.+) \[([EW]\d{3})\]$", re.M)


def check(repo, text, *args):
    file = repo.outside / "x.def"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = repo.wsfsm("machine", "check", file, *args)
    found = [(match[6], int(match[2]), int(match[3])) for match in ERROR.finditer(result.stdout + result.stderr)]
    return result, found


def test_shipped_machine_is_clean(repo):
    result, found = check(repo, SHIPPED)
    assert result.rc == 0 and not [code for code, _, _ in found if code.startswith("E")], result


def test_shipped_text_is_the_declared_one():
    assert "on interrupted   -> editing max 3 then failed" in SHIPPED
    assert SHIPPED.startswith("machine  workstream\noutcomes success failure\n")


WRONG = {
    "E001": ("machine  workstream", "machin workstream"),
    "E002": ("on no_change     -> failed", "on no_change -> "),
    "E003": ("machine  workstream", "machine switch"),
    "E004": ("timeout 30m -> failed", "timeout 30x -> failed"),
    "E005": ('"The tool edits the worktree"', '"The tool edits the worktree'),
    "E006": ("machine  workstream", "do edit\nmachine workstream"),
    "E010": ("initial  pending\n", ""),
    "E011": ("final done   success", "final done   success\nfinal done success"),
    "E013": ("do      static", "do static\n    do static"),
    "E017": ("max 3 then failed\n\nstate static", "max 3\n\nstate static"),
    "E020": ("timeout 30m -> failed", "timeout 30m -> faild"),
    "E021": ("on no_change     -> failed", "on no_chnge -> failed"),
    "E022": ("do      static", "do statik"),
    "E023": ("final failed failure", "final failed failur"),
    "E030": ("on no_change     -> failed", "on no_change -> failed\n    on no_change -> failed"),
    "E032": ("    on passed             -> failed\n", ""),
    "E040": ("    on no_change     -> failed\n", ""),
    "E041": ("    timeout 30m -> failed\n", ""),
    "E050": ("final done   success", "final done   success\nfinal lost failure"),
    "E053": ("-> editing max 3 then failed", "-> editing"),
}


@pytest.mark.parametrize("code", WRONG)
def test_one_typo_one_error(repo, code):
    right, wrong = WRONG[code]
    assert right in SHIPPED
    result, found = check(repo, SHIPPED.replace(right, wrong, 1))
    errors = [item for item in found if item[0].startswith("E")]
    assert result.rc == 3
    assert len(errors) == 1, errors
    family = {"E006": ("E006",), "E011": ("E011", "E012"), "E013": ("E013", "E014"), "E010": ("E010",)}
    assert errors[0][0] in family.get(code, (code,)), errors


def test_did_you_mean(repo):
    result, _ = check(repo, SHIPPED.replace("timeout 30m -> failed", "timeout 30m -> faild"))
    assert "did you mean 'failed'" in result.stdout + result.stderr


def test_errors_are_sorted_and_limited(repo):
    text = SHIPPED + "".join(f"from * on nonsense{n} -> nowhere\n" for n in range(100))
    result, found = check(repo, text)
    assert result.rc == 3
    places = [place[1:] for place in found]
    assert places == sorted(places) and len(found) <= 51


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xfe", b"machine", b"#", b"\n" * 10000, b"state " * 10000,
                                  b"machine \xc3\x28\n", b'state a "' + b"x" * 100000])
def test_garbage_is_an_error_not_a_crash(repo, data):
    result, _ = check(repo, data)
    assert result.rc == 3, result


def test_warnings_as_errors(repo):
    text = SHIPPED.replace("events   passed", "events   unused passed")
    result, found = check(repo, text)
    assert result.rc == 0 and found and found[0][0].startswith("W"), result
    result, _ = check(repo, text, "-Werror")
    assert result.rc == 3 and "3:10: error: event 'unused' is declared and never used [W021]" in result.stdout, result
    assert "transitions a run" not in result.stdout


@pytest.mark.parametrize("code", ["E001", "E020", "E042", "E053", "W058"])
def test_explain(repo, code):
    result = repo.wsfsm("machine", "explain", code).must(0)
    assert code in result.stdout and len(result.stdout.splitlines()) >= 4


def test_every_code_is_explained(repo):
    codes = re.findall(r"\b([EW]0\d\d)\b", "".join(
        file.read_text() for file in (SOURCE / "src/machine").glob("*.[ch]")))
    assert len(set(codes)) > 25
    for code in sorted(set(codes)):
        repo.wsfsm("machine", "explain", code).must(0)


def test_show(repo):
    shown = repo.wsfsm("machine", "show").must(0).stdout
    for word in ("pending", "editing", "static_check", "runtime_check", "done", "failed", "in_scope", "interrupted"):
        assert word in shown
    assert re.search(r"[0-9a-f]{64}|[0-9a-f]{12}", shown)


def test_digest_ignores_comments_and_spacing(repo):
    file = repo.outside / "x.def"

    def digest(text):
        file.write_text(text)
        shown = repo.wsfsm("machine", "check", file, "--json").must(0)
        found = re.search(r"[0-9a-f]{64}", shown.stdout + shown.stderr)
        return found and found[0]

    if digest(SHIPPED) is None:
        pytest.skip("machine check --json prints no digest")
    assert digest(SHIPPED) == digest("# comment\n" + SHIPPED.replace("    on", "  on"))
    assert digest(SHIPPED) != digest(SHIPPED.replace("30m", "31m"))


def test_graph_dot(repo):
    text = repo.wsfsm("machine", "graph", "--format", "dot").must(0).stdout
    assert text.startswith("digraph") and "editing" in text
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg", "-o", "/dev/null"], input=text, text=True, check=True)


def test_graph_mermaid(repo):
    text = repo.wsfsm("machine", "graph", "--format", "mermaid").must(0).stdout
    assert text.startswith("stateDiagram-v2")
    for word in ("editing", "runtime_check", "done", "-->", "in_scope", "[*]"):
        assert word in text


def test_json_error_of_a_machine_says_where(repo):
    file = repo.outside / "x.def"
    file.write_text(SHIPPED.replace("-> runtime_check", "-> runtime_chek", 1))
    line = SHIPPED[:SHIPPED.index("-> runtime_check")].count("\n") + 1
    for command in ("graph", "show"):
        error = repo.wsfsm("machine", command, "--json", "--file", file).must(3).error
        assert error["code"] == "bad_machine" and error["where"].startswith(f"{file}:{line}:"), error
        assert error["message"] == "unknown state 'runtime_chek'; did you mean 'runtime_check'? [E020]"


def test_graph_json(repo):
    machine = repo.wsfsm("machine", "graph", "--format", "json").must(0).json
    assert "editing" in json.dumps(machine)


def test_no_repository_is_needed(repo, tmp_path):
    repo.wsfsm("machine", "show", cwd="/").must(0)
    repo.wsfsm("machine", "check", SOURCE / "fsm/states.def", cwd="/").must(0)
