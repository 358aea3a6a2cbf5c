"""What cannot be read because the disk fails is neither absent nor unsound: exit 4, and the file is named."""

import shutil
import subprocess

import pytest

from harness import RUN, TRACED, WS, WSFSM, Case, conclude, finish, prepare, sweep

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
MOST = 8  # reads of one file that are tried
RUN_IT = ("run", "--ws-id", WS, "--run-id", RUN, "--json")
VALIDATE = ("validate", "--json")
GC = ("worktree", "gc", "--json")

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
    (template.root / "profiles.yaml").write_text("none:\n  type: utility\n  command: none\n")
    return template


def failing(case, command, call, file, number):
    """The result, and whether that call was made. Only the calls on that file count."""
    trace = case.base / "trace"
    command = ["strace", "-qq", "-o", trace, "-P", case.root / file, "-e", f"trace={call}",
               "-e", f"inject={call}:error=EIO:when={number}", WSFSM, *command]
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
