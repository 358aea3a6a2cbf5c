"""The user's own git gc, at any moment of a run whose worktree holds more than the base and the change: whatever a row
names stays in git."""

import json
import os
import signal
import time

import pytest

from support import CALC_FIXED, FIX, IS_FIXED, finish, wait_for

RUN = "r1"
OURS = f"refs/wsfsm/{RUN}/ws-fix/"


def waits(repo, moment, again=""):
    """Shell that says the moment is there and waits to be let go on; for ever when it is not."""
    return (f"if [ ! -e {repo.outside}/passed-{moment} ]; then touch {repo.outside}/passed-{moment}; {again} "
            f"while [ ! -e {repo.outside}/go-{moment} ]; do sleep 0.02; done; fi\n")


@pytest.fixture
def furnished(repo):
    """A copy that git does not ignore, so that no attempt starts from the base's tree, nor ends with the change's. The
    analyser leaves something, too. Each of them stops where it is told."""
    repo.write("local.cfg", "mine\n")
    repo.config(worktree={"copy": ["local.cfg"]})
    for moment in ("edit", "edited", "static", "acceptance"):
        (repo.outside / f"passed-{moment}").touch()
    repo.agent(waits(repo, "edit", "echo half > src/half.txt;") + "rm -f src/half.txt\n" + FIX + waits(repo, "edited"))
    repo.check(waits(repo, "static") + "echo checked > checked.txt\n")
    proof = repo.script("proof.sh", waits(repo, "acceptance") + IS_FIXED + " && grep -q mine local.cfg\n")
    repo.bundle(static_tools=["check"], acceptance_tests=[f"sh {proof}"])
    return repo


MOMENTS = ["edit", "edited", "static", "acceptance"]


def begin(repo, moment, *args):
    """A run that waits at that moment."""
    (repo.outside / f"passed-{moment}").unlink()
    process = repo.start(*(args or ("run", "--ws-id", "ws-fix", "--run-id", RUN, "--json")))
    assert wait_for(lambda: (repo.outside / f"passed-{moment}").exists())
    return process


def let_go(repo, moment):
    (repo.outside / f"go-{moment}").touch()


def collect(repo):
    repo.git("gc", "-q", "--prune=now")


def sound(repo):
    """The end is what it would have been, and git has all of it, also after one more gc."""
    assert repo.history()[-1][2] == "done"
    branch = f"ws/{RUN}/ws-fix"
    collect(repo)
    assert repo.git("fsck", "--full", "--strict", "--no-dangling") == ""
    assert repo.git("diff", "--name-only", f"main...{branch}") == "src/calc.py"
    assert repo.show(branch, "src/calc.py") + "\n" == CALC_FIXED
    repo.git("worktree", "add", "-q", "--detach", repo.outside / "look", branch)
    assert (repo.outside / "look/src/calc.py").read_text() == CALC_FIXED
    repo.git("worktree", "remove", repo.outside / "look")
    for name, tree in named(repo):
        assert repo.git("cat-file", "-t", tree, check=False) in ("tree", "commit"), (name, tree)
    repo.wsfsm("verify").must(0)
    repo.wsfsm("report", "--run-id", RUN, "-o", repo.outside / "report.html").must(0)


def named(repo):
    """Every tree and commit that a row names."""
    for table in ("transitions", "evidence"):
        for row in repo.rows(f"SELECT tree_oid FROM {table} WHERE tree_oid IS NOT NULL"):
            yield table, row["tree_oid"]
    for row in repo.rows("SELECT start_tree, result_json FROM step_attempts"):
        details = json.loads(row["result_json"])["details"] if row["result_json"] else {}
        for name in ("tree_id", "start_tree_id"):
            if details.get(name):
                yield name, details[name]
        if row["start_tree"]:
            yield "start_tree", row["start_tree"]
    for row in repo.rows("SELECT facts_json FROM transitions WHERE facts_json IS NOT NULL"):
        change = json.loads(row["facts_json"]).get("change")
        if change:
            yield "change", change


@pytest.mark.parametrize("moment", MOMENTS)
def test_gc_while_a_tool_runs(furnished, moment):
    process = begin(furnished, moment)
    collect(furnished)
    let_go(furnished, moment)
    finish(process).must(0)
    sound(furnished)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_gc_of_an_interrupted_run(furnished, moment, number):
    process = begin(furnished, moment)
    process.send_signal(number)
    assert finish(process).rc != 0
    assert furnished.leftovers(5) == []
    collect(furnished)
    furnished.wsfsm("resume", "--run-id", RUN).must(0)
    sound(furnished)


def test_gc_before_and_after_each_of_two_interruptions(furnished):
    process = begin(furnished, "edit")
    collect(furnished)
    process.send_signal(signal.SIGTERM)
    finish(process)
    collect(furnished)
    process = begin(furnished, "static", "resume", "--run-id", RUN)
    collect(furnished)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert furnished.leftovers(5) == []
    collect(furnished)
    furnished.wsfsm("resume", "--run-id", RUN).must(0)
    sound(furnished)


@pytest.mark.parametrize("moment", MOMENTS)
def test_gc_of_an_interrupted_run_that_is_cancelled(furnished, moment):
    process = begin(furnished, moment)
    process.send_signal(signal.SIGTERM)
    finish(process)
    collect(furnished)
    furnished.wsfsm("cancel", "--run-id", RUN).must(0)
    assert furnished.history()[-1][1:] == ("cancel", "failed")
    collect(furnished)
    assert furnished.git("fsck", "--full", "--strict", "--no-dangling") == ""
    furnished.wsfsm("verify").must(0)


def test_gc_after_the_worktree_was_removed(furnished):
    """The worktree of an interrupted run is rebuilt from git alone."""
    process = begin(furnished, "static")
    process.send_signal(signal.SIGTERM)
    finish(process)
    furnished.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    (furnished.root / "local.cfg").unlink()
    furnished.watched = None
    collect(furnished)
    furnished.wsfsm("resume", "--run-id", RUN).must(0)
    sound(furnished)


def test_an_old_object_is_no_prey_of_an_ordinary_gc(furnished):
    """Two weeks later git's automatic housekeeping takes what no ref leads to."""
    process = begin(furnished, "static")
    process.send_signal(signal.SIGTERM)
    finish(process)
    old = time.time() - 30 * 24 * 3600
    for file in (furnished.root / ".git/objects").glob("??/*"):
        os.utime(file, (old, old))
    furnished.git("gc", "-q")
    furnished.wsfsm("resume", "--run-id", RUN).must(0)
    sound(furnished)


def test_what_holds_a_tree_is_no_snapshot(furnished):
    """Its name is not among those that people look through for lost work."""
    furnished.agent(FIX + "exit 1")
    furnished.check("exit 1")
    result = furnished.wsfsm("run", "--ws-id", "ws-fix", "--run-id", RUN).must(1)
    refs = furnished.git("for-each-ref", "--format=%(refname)", OURS).splitlines()
    assert refs == [OURS + name for name in ("1-start", "2", "2-change", "base", "end")]
    log = furnished.wsfsm("log", "--run-id", RUN).must(0)
    history = furnished.wsfsm("history", "--ws-id", "ws-fix").must(0)
    page = furnished.outside / "report.html"
    furnished.wsfsm("report", "--run-id", RUN, "-o", page).must(0)
    for shown in (result.stdout, log.stderr, history.stdout, page.read_text()):
        assert OURS + "2" in shown
        assert "1-start" not in shown and "2-change" not in shown
    base, start = (furnished.git("rev-parse", ref) for ref in ("main", OURS + "1-start"))
    assert furnished.git("rev-list", f"{base}..{start}") == start
    assert furnished.git("diff", "--name-only", base, start) == "local.cfg"
    assert furnished.git("diff", "--name-only", base, OURS + "2-change") == "src/calc.py"


def test_no_ref_where_a_snapshot_or_the_base_does(ready):
    """The common run writes as many refs as ever."""
    ready.check("echo checked > checked.txt")
    ready.bundle(static_tools=["check"], acceptance_tests=[IS_FIXED])
    ready.run("ws-fix", "--run-id", RUN).must(0)
    refs = ready.git("for-each-ref", "--format=%(refname)", OURS).splitlines()
    assert refs == [OURS + name for name in ("2", "3", "base", "end")]


@pytest.mark.parametrize("lost", ["2-change", "all"])
def test_a_change_that_is_gone_is_never_done(furnished, lost):
    """Who takes our refs away and calls gc gets an error, not a commit without a tree; what libgit2 still remembers of
    it does not count."""
    process = begin(furnished, "acceptance")
    refs = furnished.git("for-each-ref", "--format=%(refname)", OURS).splitlines()
    for ref in refs if lost == "all" else [OURS + lost]:
        furnished.git("update-ref", "-d", ref)
    collect(furnished)
    let_go(furnished, "acceptance")
    result = finish(process).must(4)
    assert result.error["code"] == "repository", result
    assert furnished.history()[-1][2] == "runtime_check"
    assert furnished.git("rev-parse", f"ws/{RUN}/ws-fix") == furnished.git("rev-parse", "main")
    assert furnished.git("fsck", "--full", "--strict", "--no-dangling") == ""
    collect(furnished)
    if lost != "all":
        furnished.wsfsm("cancel", "--run-id", RUN).must(0)
