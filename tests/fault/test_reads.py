"""What cannot be read because the disk fails is neither absent nor unsound: exit 4, and the file is named."""

import shutil
import subprocess

import pytest

from harness import (CALC, CALC_FIXED, KILLED, RUN, TRACED, WS, WSFSM, Case, after_failure, cases, conclude, explained,
                     finish, goes_on, prepare, stride, sweep, unbroken, wait_for)
from support import Repo, patch

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
MOST = 8  # reads of one file that are tried
RUN_IT = ("run", "--ws-id", WS, "--run-id", RUN, "--json")
VALIDATE = ("validate", "--json")
GC = ("worktree", "gc", "--json")
PROFILES = "none:\n  type: utility\n  command: none\n"

# The command, the call that fails, its file, and what the error may name instead of the file.
READS = {
    "wsfsm.yaml": (RUN_IT, "openat", "wsfsm.yaml", ""),
    "wsfsm.yaml, of a command that goes by the plan": (("cancel", "--run-id", RUN, "--json"), "read", "wsfsm.yaml", ""),
    "the text of wsfsm.yaml": (("status", "--json"), "read", "wsfsm.yaml", ""),
    "a bundle": (RUN_IT, "openat", "workstreams/ws-fix.json", ""),
    "the text of a bundle": (RUN_IT, "read", "workstreams/ws-fix.json", ""),
    "a bundle that is validated": ((*VALIDATE, "workstreams/ws-fix.json"), "read", "workstreams/ws-fix.json", ""),
    "the folder of bundles": (RUN_IT, "openat", "workstreams", ""),
    "the names of bundles": (VALIDATE, "getdents64", "workstreams", ""),
    "the patch": (RUN_IT, "read", "fix.patch", ""),
    "a file of profiles": (("tool", "list", "--json"), "read", "profiles.yaml", ""),
    "the branch that is checked out": (RUN_IT, "read", ".git/HEAD", "/"),
    "the list of the user's worktrees": (RUN_IT, "getdents64", ".git/worktrees", ".git"),
    "the branch of a worktree of the user's": (RUN_IT, "read", ".git/worktrees/linked/HEAD", ".git"),
    "an empty submodule": (RUN_IT, "getdents64", ".worktrees/ws-fix/sub", "sub"),
    "the folder of a worktree that is to go": (GC, "newfstatat", ".worktrees/ws-fix", ""),
    "settings a worktree should not have": (RUN_IT, "newfstatat", ".git/worktrees/ws-fix/config.worktree", ""),
    "the record of a worktree": (GC, "read", ".wsfsm/worktrees/ws-fix.record", ""),
    "the list of records": (GC, "getdents64", ".wsfsm/worktrees", ""),
}


@pytest.fixture(scope="module", name="template")
def fixture_template(tmp_path_factory):
    """With a submodule that is not checked out, and a worktree of the user's own."""
    template = prepare(tmp_path_factory.mktemp("reads") / "template")
    template.git("update-index", "--add", "--cacheinfo", f"160000,{template.git('rev-parse', 'HEAD')},sub")
    template.git("commit", "-q", "-m", "Add a submodule")
    (template.root / "sub").mkdir()
    template.write("profiles.yaml", PROFILES)
    return template


def failing(case, command, call, file, number, error="EIO"):
    """The result, and whether that call was made. Only the calls on that file count."""
    trace = case.base / "trace"
    below = str(file).rpartition("/objects/")[2]  # a loose object is opened from its folder on
    command = ["strace", "-qq", "-o", trace, "-P", case.root / file, "-P", below, "-e", f"trace={call}",
               "-e", f"inject={call}:error={error}:when={number}", WSFSM, *command]
    env = {**case.env, **TRACED, "PIPELINE_TOOL_PROFILES_PATH": str(case.root / "profiles.yaml")}
    result = finish(subprocess.Popen(command, cwd=case.root, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE), command)
    if "strace: " in result.stderr and result.rc == 1:
        pytest.skip("optional: strace may not trace here")
    return result, "(INJECTED)" in trace.read_text(errors="replace")


def one_read(template, folder, name, number):
    """Whether that call was made, and whether it was told."""
    command, call, file, place = READS[name]
    case = Case(template, folder / f"{name}-{number}")
    case.git("worktree", "add", "-q", str(case.base / "linked"))
    case.watched = case.checkout()
    if command == GC:
        case.go().must(0)
    result, hit = failing(case, command, call, file, number)
    assert result.rc in (0, 4) or not hit, result
    if result.rc == 4:
        assert hit and result.stdout in ("", "[]\n"), result
        error = result.error
        assert error["code"] in ("io", "repository") and \
            (file in error["where"] or place and place in error["where"]), error
        assert "Input/output error" in error["message"], error
    case.unchanged()
    return hit, result.rc == 4


def test_reads(template, tmp_path):
    tried = []

    def one(case, name):
        told = []
        for number in range(1, MOST + 1):
            hit, was_told = one_read(template, case.base, name, number)
            if not hit:
                break
            tried.append(name)
            told.append(was_told)
        assert any(told), (name, told)

    failures = sweep(template, tmp_path, list(READS), one)
    conclude("reads", "a failing disk makes no file absent or unsound", len(tried), failures)


# --- the folders of the base

TROUBLE = {"EIO": "Input/output error", "EMFILE": "Too many open files", "ENOMEM": "Cannot allocate memory",
           "ESTALE": "Stale file handle"}
RESUME = ("resume", "--run-id", RUN, "--json")
# The tree of `src` tells that src/lib, the scope of the run, is a folder, and where these meet it or each other.
OTHERS = {"ws-literal": ["src/lib/calc.py"], "ws-pattern": ["**/calc.p?"], "ws-meets": ["src/l*/*"]}


@pytest.fixture(scope="module", name="wide")
def fixture_wide(tmp_path_factory):
    """A scope in a folder of so many entries that libgit2 does not keep its tree and reads it for every look."""
    folder = tmp_path_factory.mktemp("wide")
    (folder / "template").mkdir()
    repo = Repo(folder / "template")
    for number in range(200):
        repo.write(f"src/file_{number:03}.txt", "a\n")
    repo.write("src/lib/calc.py", CALC)
    repo.write("fix.patch", patch(CALC, CALC_FIXED, "src/lib/calc.py"))
    repo.write("profiles.yaml", PROFILES)
    repo.bundle(tool="apply-patch", files_scope=["src/lib"], metadata={"patch": "fix.patch"},
                acceptance_tests=["grep -q 'a + b' src/lib/calc.py"])
    for ws_id, files_scope in OTHERS.items():
        repo.bundle(ws_id, tool="holding", files_scope=files_scope)
    repo.tool("holding", type="ai", command="/bin/sh", args=["-c", "sleep 100", "{scope_files}"])
    repo.config(worktree={"copy": ["src/lib"]})  # none of which is to be copied: the base has it
    repo.commit("Declare")
    assert int(repo.git("cat-file", "-s", "HEAD:src")) > 4096
    return repo, unbroken(repo, folder / "unbroken")


def dirty(case):
    case.write("src/lib/calc.py", CALC + "\n# by hand\n")


def proven(case):
    """Up to the look at what was changed: the test has passed."""
    assert case.go(WSFSM_CRASH_AT="proc.answered:2").rc == KILLED
    case.after_kill()


def beside(ws_id):
    def before(case):
        case.other = case.begin("run", "--ws-id", ws_id, "--run-id", "other", "--json")
        assert wait_for(lambda: any("sleep" in line for _, line in case.processes()))
    return before


def named(ws_id, *options):
    return ("run", "--ws-id", ws_id, "--run-id", RUN, "--json", *options)


def overlaps(result):
    return len(result.json["problems"]) == 6 and result.json["errors"] == 6


# What is looked up: what goes before, the command, its end when nothing fails and what it tells then; whether there is a
# run that goes on to its end (True), none is entered (False), or neither matters.
FOLDERS = {
    "the user's changes in scope": (dirty, RUN_IT, 4, lambda result: result.error["code"] == "dirty_scope", False),
    "the scope of a change": (proven, RESUME, 0, None, True),
    "the scope of a worktree": (lambda case: case.go().must(0), ("worktree", "validate-scope", "--ws-id", WS, "--json"),
                                0, lambda result: result.json["changed"] == 1, True),
    "a living run's entries": (beside("ws-literal"), RUN_IT, 5, None, False),
    "a living run's paths": (beside("ws-pattern"), named("ws-meets"), 5, None, False),
    "the scopes of bundles": (lambda case: None, VALIDATE, 1, overlaps, False),
    "files not to be copied": (dirty, named(WS, "--allow-dirty"), 0, None, True),
    "files to be named": (lambda case: None, named("ws-meets", "--dry-run"), 0,
                          lambda result: "src/lib/calc.py" in result.stdout, None),
}


def tree_of_src(case):
    oid = case.git("rev-parse", "HEAD:src")
    return f".git/objects/{oid[:2]}/{oid[2:]}"


def end_other(case):
    if hasattr(case, "other"):
        case.call("cancel", "--run-id", "other")
        finish(case.other)


def one_folder(wide, folder, key, number):
    """Whether that read of the folder's tree was made, and whether its failure was told."""
    template, reference = wide
    name, error = key
    before, command, well, holds, goes = FOLDERS[name]
    case = Case(template, folder / f"{name}-{number}")
    try:
        before(case)
        case.watched = case.checkout()
        result, hit = failing(case, command, "openat", tree_of_src(case), number, error)
        as_ever = result.rc == well and (holds is None or holds(result))
        if not as_ever:
            assert hit, result
            explained(result, TROUBLE[error], ("io", "repository"))
            assert result.stdout == "", result
        assert goes is not False or not case.entered(), result
        if goes:
            after_failure(case, result)
            if not case.entered():
                case.call(*command).must(well)
            goes_on(case, reference)
        else:
            case.unchanged()
    finally:
        end_other(case)
    return hit, not as_ever


def test_a_folder_of_the_base(wide, tmp_path):
    """What lies in it is neither absent nor out of scope nor another's."""
    keys = [(name, "EIO") for name in FOLDERS]
    keys += [(name, error) for name in list(FOLDERS)[:2] for error in list(TROUBLE)[1:]]
    tried = []

    def one(case, key):
        told = []
        for number in range(1, MOST + 1):
            hit, was_told = one_folder(wide, case.base, key, number)
            if not hit:
                break
            tried.append(key)
            told.append(was_told)
        assert any(told), (key, told)

    failures = sweep(wide[0], tmp_path, stride("reads.folders", keys, cases(len(keys))), one)
    conclude("reads.folders", "a failing disk takes nothing out of a folder of the base", len(tried), failures)


@pytest.mark.parametrize("content", [None, b"", b"no object"], ids=["missing", "empty", "corrupt"])
def test_a_folder_of_the_base_that_is_lost(wide, tmp_path, content):
    case = Case(wide[0], tmp_path / "case")
    tree = case.root / tree_of_src(case)
    whole = tree.read_bytes()
    tree.unlink()
    if content is not None:
        tree.write_bytes(content)
    for command in (VALIDATE, RUN_IT):
        result = case.call(*command)
        explained(result, "", ("repository",))
        assert result.error["where"] == "src/lib" and result.stdout == "", result
    assert not case.entered()
    tree.unlink(missing_ok=True)
    tree.write_bytes(whole)
    goes_on(case, wide[1])
