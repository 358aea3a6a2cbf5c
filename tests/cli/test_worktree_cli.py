"""worktree list|status|remove|gc: the life of a worktree, by hand. Work is never lost, nothing foreign is touched."""

import pytest

from support import CALC_FIXED, FIX


@pytest.fixture
def ran(ready):
    ready.result = ready.run("ws-fix", "--run-id", "r1").must(0).json
    return ready


def snapshots(repo):
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/wsfsm").splitlines()
    return {ref: repo.git("ls-tree", "-r", "--name-only", ref).splitlines() for ref in refs}


def test_list(ran):
    shown = ran.wsfsm("worktree", "list").must(0).stdout
    assert "ws-fix" in shown and "r1" in shown
    assert "ws-fix" in ran.wsfsm("worktree", "list", "--json").must(0).stdout


def test_list_without_any(repo):
    repo.wsfsm("worktree", "list").must(0)
    assert not (repo.root / ".worktrees").exists()


def test_status(ran):
    (ran.worktree() / "src/new.py").write_text("x\n")
    result = ran.wsfsm("worktree", "status", "--ws-id", "ws-fix")
    assert result.rc in (0, 1) and "src/new.py" in result.stdout, result


def test_git_lists_it_too(ran):
    assert str(ran.worktree()) in ran.git("worktree", "list")


def test_remove_keeps_branch_and_commit(ran):
    ran.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    assert not ran.worktree().exists()
    assert "ws-fix" not in ran.git("worktree", "list")
    assert ran.git("rev-parse", "ws/r1/ws-fix")
    assert not (ran.root / ".git/worktrees/ws-fix").exists()


def test_remove_snapshots_what_is_not_committed(ran):
    (ran.worktree() / "src/by-hand.py").write_text("x\n")
    ran.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    assert any("src/by-hand.py" in names for names in snapshots(ran).values())


def test_remove_unknown(repo):
    assert repo.wsfsm("worktree", "remove", "--ws-id", "ws-none").rc == 3


def test_a_worktree_of_the_user_is_never_removed(repo):
    repo.settle()
    place = repo.root / ".worktrees/ws-fix"
    repo.git("worktree", "add", "-q", "-b", "mine", place)
    (repo.root / ".git/info/exclude").write_text(".worktrees\n")
    result = repo.wsfsm("worktree", "remove", "--ws-id", "ws-fix")
    assert result.rc != 0 and (place / "src/calc.py").exists()
    repo.wsfsm("worktree", "gc")
    assert (place / "src/calc.py").exists()


def test_gc_removes_what_is_finished(ran):
    (ran.worktree() / "src/by-hand.py").write_text("x\n")
    ran.wsfsm("worktree", "gc").must(0)
    assert any("src/by-hand.py" in names for names in snapshots(ran).values()) or ran.worktree().exists()


def test_folder_deleted_by_the_user(ran):
    import shutil

    shutil.rmtree(ran.worktree())
    ran.wsfsm("worktree", "list").must(0)
    ran.run("ws-fix", "--run-id", "r2").must(0)


def test_worktrees_folder_deleted_by_the_user(ran):
    import shutil

    shutil.rmtree(ran.root / ".worktrees")
    ran.run("ws-fix", "--run-id", "r2").must(0)


def test_worktree_removed_with_git(ran):
    ran.git("worktree", "remove", "--force", ran.worktree())
    ran.run("ws-fix", "--run-id", "r2").must(0)


def test_snapshots_are_shown_and_can_be_fetched(ready):
    ready.agent(FIX + "exit 1")
    shown = ready.wsfsm("run", "--ws-id", "ws-fix").must(1).stdout
    refs = [ref for ref in snapshots(ready) if not ref.endswith("/end") and ref in shown]
    assert refs, (snapshots(ready), shown)
    ready.git("fetch", "-q", ".", f"{refs[0]}:refs/heads/rescued")
    assert ready.show("rescued", "src/calc.py") + "\n" == CALC_FIXED


@pytest.mark.parametrize("then", ["run", "gc", "remove"])
def test_worktree_moved_with_git_is_the_users(ran, then):
    """Git's folder about it stays, and no other worktree shares it."""
    place = ran.base / "mine"
    ran.git("worktree", "move", ran.worktree(), place)
    (place / "src/mine.py").write_text("x\n")
    shown = ran.wsfsm("worktree", "list", "--json").must(0).json[0]
    assert shown["state"] == "gone" and str(place) in shown["problem"], shown
    if then == "run":
        ran.run("ws-fix", "--run-id", "r2").must(0)
    else:
        ran.wsfsm("worktree", then, *(["--ws-id", "ws-fix"] if then == "remove" else [])).must(0)
    assert ran.git("status", "--short", "--branch", cwd=place) == "## ws/r1/ws-fix\n?? src/mine.py"
    listed = ran.git("worktree", "list", "--porcelain")
    assert str(place) in listed and listed.count("worktree ") == (3 if then == "run" else 2), listed


@pytest.mark.parametrize("then", ["run", "gc", "remove"])
def test_worktree_moved_and_locked_is_the_users_also_while_its_disk_is_away(ran, then):
    disk, away = ran.base / "disk", ran.base / "away"
    disk.mkdir()
    ran.git("worktree", "move", ran.worktree(), disk / "mine")
    ran.git("worktree", "lock", "--reason", "on a disk", disk / "mine")
    (disk / "mine/src/mine.py").write_text("x\n")
    ran.git("add", "src/mine.py", cwd=disk / "mine")
    disk.rename(away)
    shown = ran.wsfsm("worktree", "list", "--json").must(0).json[0]
    assert shown["state"] == "gone" and str(disk / "mine") in shown["problem"], shown
    if then == "run":
        ran.run("ws-fix", "--run-id", "r2").must(0)
    else:
        ran.wsfsm("worktree", then, *(["--ws-id", "ws-fix"] if then == "remove" else [])).must(0)
    away.rename(disk)
    assert ran.git("status", "--short", "--branch", cwd=disk / "mine") == "## ws/r1/ws-fix\nA  src/mine.py"
    listed = ran.git("worktree", "list", "--porcelain")
    assert listed.count("worktree ") == (3 if then == "run" else 2) and "locked on a disk" in listed, listed


def test_worktree_moved_by_a_git_that_writes_relative_paths_is_the_users(ran):
    place, admin = ran.base / "mine", ran.root / ".git/worktrees/ws-fix"
    ran.git("worktree", "move", ran.worktree(), place)
    (admin / "gitdir").write_text("../../../../mine/.git\n")
    (place / ".git").write_text("gitdir: ../repo/.git/worktrees/ws-fix\n")
    assert str(place) in ran.wsfsm("worktree", "list", "--json").must(0).json[0]["problem"]
    ran.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    assert ran.git("status", "--short", "--branch", cwd=place) == "## ws/r1/ws-fix"


def test_the_place_of_a_locked_worktree_whose_folder_is_gone_is_kept(ran):
    """Git keeps its own folder about it: what is on a disk that is away comes back, and finds its index."""
    admin = ran.root / ".git/worktrees/ws-fix"
    ran.git("worktree", "lock", ran.worktree())
    away = ran.worktree().rename(ran.base / "away")
    index = (admin / "index").read_bytes()
    assert ran.wsfsm("worktree", "list", "--json").must(0).json[0]["locked"] is True
    assert "unlock" in ran.run("ws-fix", "--run-id", "r2").must(4).stderr
    assert "unlock" in ran.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(4).stderr
    assert "locked" in ran.wsfsm("worktree", "gc").must(0).stdout
    assert [run["run_id"] for run in ran.wsfsm("status", "--json").must(0).json] == ["r1"]
    assert (admin / "index").read_bytes() == index and not ran.worktree().exists()
    ran.git("worktree", "unlock", ran.worktree())
    ran.run("ws-fix", "--run-id", "r2").must(0)
    assert away.exists()


def test_a_call_from_a_linked_worktree_says_what_it_works_on(ready):
    """It is the main worktree's branch that a run begins with, not the one the user stands on."""
    place = ready.base / "side"
    ready.git("worktree", "add", "-q", "-b", "side", place)
    result = ready.wsfsm("-C", place, "run", "--ws-id", "ws-fix").must(0)
    assert f"works on main of the main one, {ready.root} " in result.stderr, result
    assert "linked" not in ready.wsfsm("-C", place, "run", "--ws-id", "ws-fix", "--base", "side").must(0).stderr
    assert "linked" not in ready.run("ws-fix").must(0).stderr


def test_locked_worktree_stays(ran):
    ran.git("worktree", "lock", ran.worktree())
    assert ran.wsfsm("worktree", "list", "--json").must(0).json[0]["locked"] is True
    assert "unlock" in ran.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(4).stderr
    assert "locked" in ran.wsfsm("worktree", "gc").must(0).stdout
    (ran.worktree() / "src/mine.py").write_text("x\n")
    assert "unlock" in ran.run("ws-fix", "--run-id", "r2").must(4).stderr
    assert [run["run_id"] for run in ran.wsfsm("status", "--json").must(0).json] == ["r1"]
    assert (ran.worktree() / "src/mine.py").exists()
    assert ran.git("symbolic-ref", "--short", "HEAD", cwd=ran.worktree()) == "ws/r1/ws-fix"
    ran.git("worktree", "unlock", ran.worktree())
    ran.run("ws-fix", "--run-id", "r2").must(0)
    ran.wsfsm("worktree", "gc").must(0)
    assert not ran.worktree().exists()


@pytest.mark.parametrize("command", ["status", "validate-scope"])
def test_a_worktree_that_is_gone_is_no_violation(ran, command):
    ran.git("worktree", "remove", "--force", ran.worktree())
    result = ran.wsfsm("worktree", command, "--ws-id", "ws-fix", "--json").must(3)
    assert result.error["code"] == "unknown_id", result


def spoil(repo):
    place = repo.worktree()
    with open(place / "src/huge", "wb") as file:
        file.truncate(200 << 20)
    repo.git("init", "-q", place / "src/in")
    (place / "src/in/x").write_text("x\n")
    return ["src/huge", "src/in/.git"]


def test_remove_names_what_no_snapshot_holds(ran):
    lost = spoil(ran)
    shown = ran.wsfsm("worktree", "remove", "--ws-id", "ws-fix", "--json").must(0).json
    assert shown["lost"] == lost, shown
    assert "src/in/x" in ran.git("ls-tree", "-r", "--name-only", shown["snapshot"])


def test_gc_names_what_no_snapshot_holds(ran):
    lost = spoil(ran)
    shown = ran.wsfsm("worktree", "gc").must(0).stdout
    assert [line for line in shown.splitlines() if "not kept" in line] == [f"not kept: {path}" for path in lost]


def test_a_run_names_what_it_cannot_keep_of_an_earlier_one(ran):
    lost = spoil(ran)
    result = ran.wsfsm("run", "--ws-id", "ws-fix").must(0)
    assert all(path in result.stderr for path in lost), result
    assert ran.event("worktree_reused")["lost"] == lost


def test_repository_moved(ran):
    """Until somebody follows, git's paths name the old place; that is no damage."""
    ran.root = ran.root.rename(ran.base / "elsewhere")
    shown = ran.wsfsm("worktree", "list", "--json").must(0).json[0]
    assert shown["state"] == "made" and "moved" in shown["problem"], shown
    ran.run("ws-fix", "--run-id", "r2").must(0)
    assert ran.wsfsm("worktree", "list", "--json").must(0).json[0]["problem"] is None


def test_repository_copied(ran):
    """The copy's worktree is not the folder that was made; nothing is done to it, nor to the original's."""
    import shutil

    original = ran.root
    ran.root = ran.base / "copy"
    shutil.copytree(original, ran.root, symlinks=True)
    (ran.worktree() / "src/mine.py").write_text("x\n")
    runs = len(ran.rows("SELECT * FROM runs"))
    assert "move it away" in ran.wsfsm("run", "--ws-id", "ws-fix").must(4).stderr
    assert len(ran.rows("SELECT * FROM runs")) == runs
    assert (ran.worktree() / "src/mine.py").exists()
    ran.worktree().rename(ran.base / "away")
    ran.run("ws-fix").must(0)
    ran.root = original
    assert ran.wsfsm("worktree", "list", "--json").must(0).json[0]["problem"] is None
