"""The run's branch, checked out by its user: it is theirs to leave first. Nothing is moved below them."""

import signal

import pytest

from support import CALC_FIXED, FIX, finish, wait_for

BRANCH = "ws/r1/ws-fix"


@pytest.fixture
def killed(repo):
    """An edit that was killed half way, and does its work the second time."""
    again = repo.outside / "again"
    repo.agent(f"if [ ! -e {again} ]; then echo half > src/half.txt; touch {again}; sleep 1000; fi; {FIX}")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1", "--json")
    assert wait_for(again.exists)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert repo.leftovers(2) == []
    return repo


def work_there(repo, place):
    """A commit of the user's on whatever is checked out there."""
    (place / "docs/own.md").write_text("own\n")
    repo.git("add", "docs/own.md", cwd=place)
    repo.git("commit", "-q", "-m", "Own", "docs/own.md", cwd=place)


def move(repo):
    repo.git("worktree", "move", repo.worktree(), repo.base / "mine")
    work_there(repo, repo.base / "mine")
    return repo.base / "mine"


def add(repo):
    """Beside ours: git allows it when it is told to."""
    repo.git("worktree", "add", "-q", "--force", repo.base / "mine", BRANCH)
    work_there(repo, repo.base / "mine")
    return repo.base / "mine"


def switch(repo):
    """In the main checkout, once the worktree is gone."""
    repo.wsfsm("worktree", "remove", "--ws-id", "ws-fix", guard=False).must(0)
    repo.git("switch", "-q", BRANCH)
    work_there(repo, repo.root)
    return repo.root


def rebase(repo):
    """HEAD is off the branch meanwhile, and git moves the branch at the end."""
    place = move(repo)
    (place / "src/half.txt").unlink(missing_ok=True)
    repo.git("rebase", "-q", "-i", "HEAD~1", cwd=place, env={"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"})
    assert repo.git("branch", "--show-current", cwd=place) == ""
    return place


def looks(repo, place):
    return (repo.git("status", "--porcelain", "--branch", cwd=place), repo.git("rev-parse", BRANCH),
            repo.git("rev-parse", "HEAD", cwd=place))


@pytest.mark.parametrize("use", [move, add, switch, rebase])
def test_resume_is_refused_until_the_user_has_left_the_branch(killed, use):
    place = use(killed)
    before, own = looks(killed, place), killed.git("rev-parse", BRANCH)
    for _ in range(5):
        refused = killed.wsfsm("resume", "--run-id", "r1", "--json", guard=False).must(4)
        assert refused.error["where"] == str(place) and "switch -c NAME" in refused.error["message"], refused
    assert looks(killed, place) == before
    assert killed.history() == [("pending", "start", "editing")]
    if use is rebase:
        killed.git("rebase", "--abort", cwd=place)
    killed.git("switch", "-q", "-c", "own", cwd=place)
    summary = killed.wsfsm("resume", "--run-id", "r1", "--json", guard=False).must(0).json
    assert killed.git("rev-parse", BRANCH) == summary["commit"]
    assert killed.show(BRANCH, "src/calc.py") + "\n" == CALC_FIXED
    assert killed.git("status", "--porcelain", "--branch", cwd=place).splitlines()[0] == "## own"
    assert killed.git("rev-parse", "own") == own and killed.show("own", "docs/own.md") == "own"
    killed.wsfsm("verify", guard=False).must(0)


@pytest.mark.parametrize("use", [move, switch])
def test_cancel_needs_no_branch(killed, use):
    place = use(killed)
    before = looks(killed, place)
    killed.wsfsm("cancel", "--run-id", "r1", guard=False).must(0)
    assert looks(killed, place) == before
    assert killed.history()[-1] == ("editing", "cancel", "failed")


def test_a_worktree_of_the_users_that_is_not_there_holds_the_branch(killed):
    place = move(killed)
    tip = killed.git("rev-parse", BRANCH)
    away = place.rename(killed.base / "away")
    refused = killed.wsfsm("resume", "--run-id", "r1", "--json").must(4)
    assert refused.error["where"] == str(place) and "git worktree prune" in refused.error["message"], refused
    assert killed.git("rev-parse", BRANCH) == tip
    killed.git("worktree", "prune")
    killed.wsfsm("resume", "--run-id", "r1").must(0)
    assert away.exists() and tip in killed.git("rev-list", "--all").splitlines()


def test_another_run_goes_on_beside_it(killed):
    place = move(killed)
    before = looks(killed, place)
    killed.run("ws-fix", "--run-id", "r2").must(0)
    assert looks(killed, place) == before


def test_the_end_of_a_run_leaves_a_branch_that_is_checked_out(ready):
    """The result is a commit all the same, and git keeps it."""
    place = ready.base / "mine"
    ready.agent(f"{FIX}git -C {ready.root} worktree add -q --force {place} {BRANCH}\n")
    result = ready.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(0)
    commit = ready.one("SELECT commit_oid FROM ledger")["commit_oid"]
    assert f"is checked out in {place}" in result.stderr and commit in result.stderr, result
    assert ready.git("rev-parse", BRANCH) == ready.git("rev-parse", "main") != commit
    assert ready.git("status", "--porcelain", "--branch", cwd=place) == f"## {BRANCH}"
    assert ready.git("rev-parse", "refs/wsfsm/r1/ws-fix/end^") == commit
    assert ready.show(commit, "src/calc.py") + "\n" == CALC_FIXED
    ready.wsfsm("verify").must(0)


def test_a_repository_that_was_moved_is_no_other_worktree(killed):
    killed.root = killed.root.rename(killed.base / "elsewhere")
    killed.wsfsm("resume", "--run-id", "r1").must(0)
    assert killed.show(BRANCH, "src/calc.py") + "\n" == CALC_FIXED
