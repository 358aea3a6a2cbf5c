"""A repository, a bundle or an edit cannot make wsfsm itself run anything, nor write outside."""

import os
import shutil
import subprocess

import pytest

from support import FIX, IS_FIXED, TRACED, WSFSM, finish, wait_for

HOOKS = ["pre-commit", "post-commit", "post-checkout", "prepare-commit-msg", "commit-msg", "reference-transaction",
         "post-index-change", "post-rewrite", "pre-push", "update", "post-update", "post-merge"]


@pytest.fixture
def canary(repo):
    """A program that tells when it was run, for the repository to plant wherever git would call one."""
    file = repo.script("canary.sh", f"echo \"$0 $@\" >> {repo.outside}/ran\ncat 2>/dev/null\nexit 0\n")
    yield file
    ran = repo.outside / "ran"
    assert not ran.exists(), ran.read_text()


def test_hooks_do_not_run(ready, canary):
    for name in HOOKS:
        shutil.copy(canary, ready.root / f".git/hooks/{name}")
    ready.git("-c", "core.hooksPath=/dev/null", "add", "-A")
    ready.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "Declare")
    ready.uncommitted = False
    quiet(ready)
    ready.run().must(0)


def quiet(repo):
    """Keeps the test's own git calls from setting the canary off."""
    own = repo.git
    repo.git = lambda *args, **how: own("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *args, **how)


@pytest.mark.parametrize("key", ["core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.sshCommand",
                                 "diff.external", "gpg.program", "credential.helper", "core.gitProxy",
                                 "core.alternateRefsCommand", "trailer.x.command", "sequence.editor"])
def test_programs_in_the_config_do_not_run(ready, canary, key):
    ready.settle()
    quiet(ready)
    ready.git("config", key, str(canary))
    ready.run().must(0)


def test_signing_is_not_asked_for(ready, canary):
    ready.settle()
    ready.git("config", "commit.gpgSign", "true")
    ready.git("config", "gpg.program", str(canary))
    ready.run().must(0)


def test_hooks_path_in_the_config(ready, canary):
    ready.settle()
    folder = ready.outside / "hooks"
    folder.mkdir()
    for name in HOOKS:
        shutil.copy(canary, folder / name)
    ready.git("config", "core.hooksPath", str(folder))
    quiet(ready)
    ready.run().must(0)


def filters(repo, canary, attributes="*.py filter=evil diff=evil merge=evil\n"):
    repo.write(".gitattributes", attributes)
    repo.settle()
    repo.commit("Attributes")
    for key in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv",
                "diff.evil.command", "merge.evil.driver"):
        repo.git("config", key, f"{canary} %f")
    own = repo.git
    off = [part for name in ("clean", "smudge", "process") for part in ("-c", f"filter.evil.{name}=")]
    repo.git = lambda *args, **how: own(*off, *args, **how)


def test_filters_are_refused(ready, canary):
    filters(ready, canary)
    result = ready.run().must(4)
    assert "filter" in result.stderr
    assert not ready.worktree().exists()


def test_filters_ignored_do_not_run(ready, canary):
    ready.config(filters="ignore")
    filters(ready, canary)
    ready.run().must(0)


def test_agent_plants_a_filter(repo, canary):
    repo.agent(f"{FIX} echo '*.py filter=evil' > src/.gitattributes; git config filter.evil.clean {canary}; "
               f"git config filter.evil.smudge {canary}")
    repo.bundle()
    assert repo.run(guard=False).must(1).json["reason"] == "scope_violation"


def test_agent_plants_hooks_and_fsmonitor(repo, canary):
    repo.agent(f'{FIX} c=$(git rev-parse --git-common-dir); for h in {" ".join(HOOKS)}; do cp {canary} $c/hooks/$h; '
               f"done; git config core.fsmonitor {canary}")
    repo.bundle()
    quiet(repo)
    result = repo.run(guard=False).must(1)
    assert result.json["reason"] == "scope_violation"


def test_attributes_in_the_worktree(ready, canary):
    ready.agent(FIX + "printf '* filter=evil export-subst ident working-tree-encoding=UTF-16\\n' > src/.gitattributes")
    ready.settle()
    ready.git("config", "filter.evil.clean", str(canary))
    own = ready.git
    ready.git = lambda *args, **how: own("-c", "filter.evil.clean=", *args, **how)
    result = ready.run()
    assert result.rc in (0, 1), result


def test_symbolic_link_out_of_the_tree_is_not_followed(repo):
    victim = repo.outside / "victim"
    victim.mkdir()
    (victim / "keep").write_text("keep\n")
    repo.agent(FIX + f"ln -s {victim} src/out; rm -rf docs; ln -s {victim} docs")
    repo.bundle()
    repo.run().must(1)
    repo.agent(FIX)
    repo.run().must(0)
    repo.wsfsm("worktree", "remove", "--ws-id", "ws-fix")
    assert (victim / "keep").read_text() == "keep\n"
    assert os.listdir(victim) == ["keep"]


def test_worktree_replaced_by_a_link(repo):
    victim = repo.outside / "victim"
    victim.mkdir()
    (victim / "keep").write_text("keep\n")
    repo.agent(f'cd ..; rm -rf ws-fix; ln -s {victim} ws-fix')
    repo.bundle()
    assert repo.run().must(1).json["reason"] == "scope_violation"
    assert repo.wsfsm("run", "--ws-id", "ws-fix").rc in (1, 4)
    repo.wsfsm("worktree", "remove", "--ws-id", "ws-fix")
    assert (victim / "keep").read_text() == "keep\n"


def test_state_folder_that_is_a_link(ready):
    ready.settle()
    (ready.root / ".wsfsm").symlink_to(ready.outside)
    ready.git("config", "core.excludesFile", str(ready.outside / "ignore"))
    (ready.outside / "ignore").write_text(".wsfsm\n")
    ready.run().must(4)
    assert not (ready.outside / "state.db").exists()


COMMANDS = [["run", "--ws-id", "ws-fix", "--run-id", "ci-1"], ["run", "--ws-id", "ws-fix"],
            ["run", "--ws-id", "ws-fix", "--dry-run"], ["resume", "--run-id", "ci-1"], ["cancel", "--run-id", "ci-1"],
            ["status"], ["history", "--ws-id", "ws-fix"], ["log", "--run-id", "ci-1"], ["verify"],
            ["report", "--run-id", "ci-1", "-o", "x.html"], ["worktree", "list"], ["worktree", "gc"], ["db", "info"],
            ["db", "init"]]


def refused_everywhere(clone, where, but=()):
    for args in COMMANDS:
        if args[0] in but:
            continue
        result = clone.wsfsm(*args, "--json", guard=False).must(4)
        assert result.error["code"] == "repository" and result.error["where"].startswith(where), result
        assert "git rm -r --cached" in result.error["message"], result
    assert "git rm -r --cached" in clone.wsfsm("doctor", guard=False).must(1).stdout


def untrack(clone, *names):
    clone.git("rm", "-r", "-q", "--cached", "--ignore-unmatch", *names)
    clone.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m", "Not ours")


@pytest.mark.parametrize("database", [None, "data/state.db"])
def test_run_that_came_with_the_repository(repo, canary, database):
    """Somebody commits an unfinished run, whose stored plan is not what the checkout declares."""
    begun = repo.outside / "begun"
    repo.agent(f"touch {begun}; exec sleep 100")
    repo.bundle(acceptance_tests=[str(canary)])
    if database:
        repo.config(database=database)
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "ci-1")
    assert wait_for(begun.exists)
    process.terminate()
    finish(process)
    repo.agent(FIX)
    repo.bundle()
    repo.git("add", "-f", ".wsfsm/repository-id", database or ".wsfsm/state.db")
    repo.commit("Innocent")
    clone = repo
    clone.git("clone", "-q", repo.root, repo.base / "clone")
    clone.root, clone.uncommitted = repo.base / "clone", False
    assert (clone.root / (database or ".wsfsm/state.db")).exists()
    refused_everywhere(clone, ".wsfsm/")
    clone.git("rm", "-r", "-q", "--cached", ".wsfsm")
    refused_everywhere(clone, (".wsfsm", "data"))  # as long as HEAD has it
    untrack(clone, ".wsfsm")
    if database:
        refused_everywhere(clone, database)
        untrack(clone, "data")
    for name in (".wsfsm", "data"):
        shutil.rmtree(clone.root / name, ignore_errors=True)
    clone.run("ws-fix", "--run-id", "ci-1", guard=False).must(0)


@pytest.mark.parametrize("name", [".wsfsm/locks", ".wsfsm/runs", ".wsfsm/by-hand", ".wsfsm/worktrees", ".wsfsm",
                                  ".worktrees"])
def test_links_in_the_place_of_our_folders(ready, name):
    """Also where nobody committed them: what is written there would be written elsewhere."""
    place = ready.root / name
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(ready.outside)
    ready.git("add", "-f", name)
    ready.commit("Links")
    before = {file: file.read_text() for file in ready.outside.iterdir()}
    refused_everywhere(ready, name, but=("resume", "cancel"))  # which find no database, and say so
    ready.wsfsm("tool", "run", "agent", guard=False).must(4)
    untrack(ready, name)
    args = ["tool", "run", "agent"] if name == ".wsfsm/by-hand" else ["run", "--ws-id", "ws-fix"]
    result = ready.wsfsm(*args, "--json", guard=False).must(4)
    assert result.error["where"] == str(place), result
    assert {file: file.read_text() for file in ready.outside.iterdir()} == before


def test_huge_and_strange_names(repo):
    repo.agent(FIX + "touch \"src/$(printf 'new\\nline')\" \"src/$(printf '\\033[31mred')\" "
                     f"src/{'x' * 250}; mkdir -p src/{'/'.join(['d' * 100] * 15)}")
    repo.bundle()
    result = repo.wsfsm("run", "--ws-id", "ws-fix").must(0)
    assert "\x1b" not in result.stdout + result.stderr
    assert len(repo.rows("SELECT * FROM transitions")) == 4


def test_submodule_is_left_alone(ready, canary):
    inner = ready.outside / "inner"
    subprocess.run(["git", "clone", "-q", ready.root, inner], env=ready.env, check=True)
    ready.settle()
    ready.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "vendor/inner")
    ready.git("config", "submodule.vendor/inner.update", f"!{canary}")
    ready.commit("Submodule")
    ready.run().must(0)


def test_shallow_and_packed(ready, tmp_path):
    ready.settle()
    ready.git("gc", "-q")
    shallow = tmp_path / "shallow"
    ready.git("clone", "-q", "--depth", "1", f"file://{ready.root}", shallow)
    ready.git("config", "user.name", "x", cwd=shallow)
    ready.git("config", "user.email", "x@example.org", cwd=shallow)
    ready.wsfsm("-C", shallow, "run", "--ws-id", "ws-fix").must(0)


@pytest.mark.parametrize("prepare, word", [
    (["sparse-checkout", "set", "src", "workstreams"], "sparse"),
    (["update-index", "--split-index"], "split"),
    (["config", "extensions.partialClone", "origin"], "partial"),
    (["config", "extensions.madeUp", "true"], "madeup"),
], ids=["sparse", "split", "partial", "extension"])
def test_preflight_names_what_it_cannot_honour(ready, prepare, word):
    ready.settle()
    if prepare[1].startswith("extensions"):
        ready.git("config", "core.repositoryFormatVersion", "1")
    ready.git(*prepare)
    process = subprocess.run([WSFSM, "run", "--ws-id", "ws-fix"], cwd=ready.root, env=ready.env, capture_output=True,
                             text=True, check=False, timeout=30)
    assert process.returncode == 4, process
    assert word in process.stderr.lower(), process.stderr
    assert not ready.worktree().exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a folder away")
def test_another_owner(ready):
    ready.settle()
    os.chown(ready.root, 65534, 65534)
    os.chown(ready.root / ".git", 65534, 65534)
    result = subprocess.run([WSFSM, "run", "--ws-id", "ws-fix"], cwd=ready.root, env=ready.env, capture_output=True,
                            text=True, check=False, timeout=30)
    os.chown(ready.root, 0, 0)
    os.chown(ready.root / ".git", 0, 0)
    assert result.returncode == 4, result
    assert "safe.directory" in result.stderr and str(ready.root) in result.stderr


def test_missing_home(ready):
    del ready.env["HOME"]
    ready.env["XDG_CONFIG_HOME"] = "/nonexistent"
    ready.run().must(0)


def test_only_what_it_reports_is_executed(ready):
    """Every program that wsfsm starts is itself or a declared tool."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    ready.check("exec true")
    ready.bundle(static_tools=["check"], acceptance_tests=[IS_FIXED])
    ready.settle()
    trace = ready.outside / "trace"
    subprocess.run(["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-e", "signal=none", "-o", trace, WSFSM,
                    "run", "--ws-id", "ws-fix"], cwd=ready.root, env={**ready.env, **TRACED},
                   capture_output=True, check=True, timeout=120)
    called = {line.split('execve("')[1].split('"')[0] for line in trace.read_text().splitlines()
              if 'execve("' in line and line.endswith("= 0")}
    tools = {path for path in called if os.path.realpath(path) != str(WSFSM) and path != "/proc/self/exe"}
    assert {os.path.basename(path) for path in tools} <= {"sh", "dash", "sed", "grep", "true"}


@pytest.mark.parametrize("taken", ["file", "link", "folder"])
def test_what_stands_where_the_worktree_must_go_is_named_before_anything_is_created(ready, taken):
    place = ready.worktree()
    place.parent.mkdir()
    (place.parent / ".gitignore").write_text("*\n")
    if taken == "file":
        place.write_text("mine\n")
    elif taken == "link":
        place.symlink_to(ready.outside)
    else:
        (place / "mine").mkdir(parents=True)
    assert "ws-fix" in ready.wsfsm("run", "--ws-id", "ws-fix").must(4).stderr
    assert not ready.database.exists() and place.exists()


@pytest.mark.parametrize("how", ["file", "link"])
def test_git_folder_kept_apart(ready, how):
    """The checkout is where .git is, not what is around git's folder."""
    ready.settle()
    apart = ready.outside / "apart"
    if how == "file":
        ready.git("init", "-q", "--separate-git-dir", apart)
    else:
        (ready.root / ".git").rename(apart)
        (ready.root / ".git").symlink_to(apart)
    before = sorted(os.listdir(ready.outside))
    ready.checkout = lambda: ready.git("status", "--porcelain", "--untracked-files=all")
    summary = ready.run("ws-fix", cwd=ready.root / "src").must(0).json
    assert "a + b" in ready.show(summary["branch"], "src/calc.py")
    assert ready.worktree().is_dir() and sorted(os.listdir(ready.outside)) == before
    assert ready.git("status", "--porcelain", cwd=ready.worktree()) == ""
    ready.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)


def test_in_a_submodule(ready):
    ready.settle()
    outer = ready.base / "outer"
    ready.git("init", "-q", outer)
    ready.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", ready.root, "inner", cwd=outer)
    ready.wsfsm("-C", outer / "inner", "run", "--ws-id", "ws-fix").must(0)
    assert (outer / "inner/.worktrees/ws-fix/src/calc.py").exists()
    assert not (outer / ".wsfsm").exists() and not (outer / ".git/modules/.wsfsm").exists()


@pytest.mark.parametrize("branch", ["ws/r1", "ws/r1/ws-fix", "ws/r1/ws-fix/deeper"])
def test_branch_where_the_run_needs_its_own(ready, branch):
    ready.settle()
    ready.git("branch", branch)
    assert branch in ready.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(4).stderr
    assert not ready.database.exists()
    assert ready.git("rev-parse", branch) == ready.git("rev-parse", "main")
