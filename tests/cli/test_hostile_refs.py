"""An agent puts something else in the place of wsfsm's own refs, their logs, or the folders of objects: nothing outside
is written, the work stays in git, and every later command gets on.

Edits as in test_hostile_edit.py; $B is the branch of the workstream, $N each name that a ref of this run may get."""

import os

import pytest

from confine_support import confined, tmp_path, tool  # noqa: F401
from support import FIX
from test_hostile_edit import DONE, VIOLATION, call, hostile, plain  # noqa: F401

NAMES = "B=$(git symbolic-ref HEAD); W=refs/wsfsm/r1/ws-fix; mkdir -p $G/$W $G/logs/$W $G/logs/refs/heads/ws/r1\n"
EACH = "for N in 1 2 3 4 5 6 7 8 9 end; do {}; done"
# At the branch: (edit, exit code, reason).
BRANCH = {
    "link to the user's branch": ("ln -sf ../../main $G/$B", *VIOLATION),
    "link to a new branch": ("ln -sf ../../new $G/$B", *VIOLATION),
    "link to a hook": ("ln -sf $G/hooks/post-commit $G/$B", *VIOLATION),
    "link elsewhere": ("git rev-parse HEAD > $OUT/target; ln -sf $OUT/target $G/$B", *VIOLATION),
    "hard link to the user's branch": ("ln -f $G/refs/heads/main $G/$B", *DONE),
    "symbolic ref to the user's branch": ("echo ref: refs/heads/main > $G/$B", *VIOLATION),
    "symbolic ref to nothing": ("echo ref: refs/heads/nowhere > $G/$B", *VIOLATION),
    "symbolic ref to itself": ("echo ref: $B > $G/$B", *VIOLATION),
    "garbage": ("echo garbage > $G/$B", *VIOLATION),
    "nothing in it": (": > $G/$B", *VIOLATION),
    "folder": ("rm $G/$B; mkdir $G/$B", None, None),
    "lock that is a link": ("ln -s $OUT/keep $G/$B.lock", *DONE),
    "lock that is a folder": ("mkdir -p $G/$B.lock/x", *DONE),
    "folder around it is a link": ("mv $G/refs/heads/ws/r1 $OUT/r1; ln -s $OUT/r1 $G/refs/heads/ws/r1", *VIOLATION),
    "folder of all is a link": ("mv $G/refs/heads/ws $OUT/ws; ln -s $OUT/ws $G/refs/heads/ws", *VIOLATION),
    "log is a link": ("ln -sf $OUT/keep $G/logs/$B", *VIOLATION),
    "log is a link to nothing": ("ln -sf $OUT/new $G/logs/$B", *VIOLATION),
    "log is a hard link": ("ln -f $OUT/keep $G/logs/$B", *DONE),
    "log is a folder": ("rm -f $G/logs/$B; mkdir -p $G/logs/$B/x; echo x > $G/logs/$B/x/y", *DONE),
    "folder of the log is a link": ("rm -r $G/logs/refs/heads/ws; mkdir -p $OUT/l/r1; "
                                    "ln -s $OUT/l $G/logs/refs/heads/ws", *VIOLATION),
}
# At the names of snapshots and of the end: they are wsfsm's, and the run goes its way.
KEPT = {
    "link to a new branch": EACH.format("ln -s ../../../heads/new $G/$W/$N"),
    "link to the user's branch": EACH.format("ln -s ../../../heads/main $G/$W/$N"),
    "link to a hook": EACH.format("ln -s ../../../../hooks/post-commit $G/$W/$N"),
    "link elsewhere": EACH.format("ln -s $OUT/new $G/$W/$N"),
    "link to a file": EACH.format("ln -s $OUT/keep $G/$W/$N"),
    "links that lead nowhere": "ln -s nowhere $G/$W/a; ln -s nowhere $G/$W/left-1; ln -s nowhere $G/refs/wsfsm/a",
    "lock that is a link": EACH.format("ln -s $OUT/keep $G/$W/$N.lock"),
    "log is a link": EACH.format("ln -s $OUT/keep $G/logs/$W/$N"),
    "log is a hard link": EACH.format("ln $OUT/keep $G/logs/$W/$N"),
    "logs are a link": "rm -rf $G/logs/refs/wsfsm; mkdir -p $OUT/l; ln -s $OUT/l $G/logs/refs/wsfsm",
    "symbolic ref to nothing": EACH.format("git symbolic-ref $W/$N refs/heads/nowhere"),
    "symbolic ref to the user's branch": EACH.format("git symbolic-ref $W/$N refs/heads/main"),
    "symbolic ref to itself": EACH.format("echo ref: $W/$N > $G/$W/$N"),
    "garbage": EACH.format("echo garbage > $G/$W/$N"),
    "nothing in it": EACH.format(": > $G/$W/$N"),
    "folder": EACH.format("mkdir $G/$W/$N; echo x > $G/$W/$N/x"),
    "folder of refs": EACH.format("git update-ref $W/$N/below HEAD"),
    "folder of refs that are packed": EACH.format("git update-ref $W/$N/below HEAD") + "; git pack-refs --all",
    "ref around them that is packed": "git update-ref -d $W/base; git update-ref $W HEAD; git pack-refs --all",
    "folder around them is a link": "mv $G/$W $OUT/w; ln -s $OUT/w $G/$W",
    "folder around them is a file": "rm -r $G/$W; echo x > $G/$W",
    "folder of all is a link": "mv $G/refs/wsfsm $OUT/w; ln -s $OUT/w $G/refs/wsfsm",
    "one more that leads nowhere": "git symbolic-ref $W/more refs/heads/nowhere; git symbolic-ref $W/left-1 $W/left-1",
    "one more of no object": "echo 1111111111111111111111111111111111111111 > $G/$W/more",
    "one more that is no commit": "git update-ref $W/more $(git rev-parse HEAD:README.md)",
}


def files(folder):
    """Every name below with its content; a link counts by where it leads."""
    return {str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_text()
            for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()}


def users(refs):
    return [ref for ref in refs.splitlines() if " refs/wsfsm/" not in ref and " refs/heads/ws/" not in ref]


def act(repo, edit, last=""):
    """Does it in the first attempt of run r1, and nowhere else; all that may stand outside is what the agent put there."""
    repo.settle()
    hooks = files(repo.root / ".git/hooks")
    begin = "git for-each-ref --format='%(objectname) %(refname)' > $OUT/seen-refs"
    look = ('find $OUT -type f ! -name "*.sh" ! -name "seen*" ! -name text | LC_ALL=C sort > $OUT/seen\n'
            'cat $(cat $OUT/seen) > $OUT/text')
    once = "[ $WSFSM_RUN_ID = r1 ] && ! [ -e $OUT/seen ] || exit 0"
    result = plain(repo.act("\n".join([once, begin, NAMES + edit, look, last]), "--run-id", "r1"))
    outside_untouched(repo)
    refs = repo.git("for-each-ref", "--format=%(objectname) %(refname)")
    assert users(refs) == users((repo.outside / "seen-refs").read_text())
    assert files(repo.root / ".git/hooks") == hooks
    return result


def outside_untouched(repo):
    out = repo.outside
    now = sorted(str(path) for path in out.rglob("*") if path.is_file() and not path.is_symlink() and
                 path.suffix != ".sh" and path.name != "text" and not path.name.startswith("seen"))
    assert now == (out / "seen").read_text().split()
    assert b"".join((out / name).read_bytes() for name in now) == (out / "text").read_bytes()


def gets_on(repo):
    """Whatever is there, the next commands do what they are for."""
    (repo.worktree() / "src/later").write_text("of the user's\n")
    for args in (["status"], ["verify"], ["worktree", "status", "--ws-id", "ws-fix"], ["worktree", "gc"],
                 ["run", "--ws-id", "ws-fix", "--run-id", "r2"], ["worktree", "remove", "--ws-id", "ws-fix"],
                 ["run", "--ws-id", "ws-fix", "--run-id", "r3"], ["verify"]):
        call(repo, *args).must(0)
    for run in ("r2", "r3"):
        assert "a + b" in repo.git("show", f"ws/{run}/ws-fix:src/calc.py")
        repo.git("rev-parse", "-q", "--verify", f"refs/wsfsm/{run}/ws-fix/end^{{commit}}")
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/wsfsm/r1").split()
    assert any("of the user's" in repo.git("show", ref) for ref in refs if "/left-" in ref), refs
    outside_untouched(repo)


def kept_in_git(repo, text):
    """The work of run r1 is in a ref that git itself resolves."""
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/wsfsm/r1").split()
    assert any(text in repo.git("show", f"{ref}:src/calc.py") for ref in refs if "more" not in ref), refs
    repo.git("rev-parse", "-q", "--verify", "refs/wsfsm/r1/ws-fix/end^{commit}")


@pytest.mark.parametrize("name", BRANCH)
def test_at_the_branch(hostile, name):  # noqa: F811
    edit, rc, reason = BRANCH[name]
    result = act(hostile, edit)
    assert result.rc in (0, 1), str(result)
    assert rc is None or (result.rc, result.json["reason"]) == (rc, reason), result
    kept_in_git(hostile, "a + b")
    gets_on(hostile)


@pytest.mark.parametrize("name", KEPT)
def test_at_a_snapshot_and_the_end(hostile, name):  # noqa: F811
    result = act(hostile, KEPT[name])
    assert (result.rc, result.json["reason"]) == DONE, result
    kept_in_git(hostile, "a + b")
    assert "a + b" in hostile.git("show", "ws/r1/ws-fix:src/calc.py")
    gets_on(hostile)


@pytest.mark.parametrize("name", KEPT)
def test_at_a_snapshot_of_a_failure(hostile, name):  # noqa: F811
    result = act(hostile, KEPT[name], "echo '# precious' >> src/calc.py; exit 1")
    assert result.rc == 1, result
    kept_in_git(hostile, "# precious")
    gets_on(hostile)


# --- the folders of git itself

ELSEWHERE = {
    "objects of one kind": "mv $G/objects/$O $OUT/o; ln -s $OUT/o $G/objects/$O",
    "objects": "for O in $(printf '%02x ' $(seq 0 255)); do mkdir -p $G/objects/$O; mv $G/objects/$O $OUT/o$O; "
               "ln -s $OUT/o$O $G/objects/$O; done",
    "objects, all of them": "cp -a $G/objects $OUT/o; rm -rf $G/objects; ln -s $OUT/o $G/objects",
    "refs": "mv $G/refs $OUT/r; ln -s $OUT/r $G/refs",
    "branches": "mv $G/refs/heads $OUT/h; ln -s $OUT/h $G/refs/heads",
    "logs": "mv $G/logs $OUT/l; ln -s $OUT/l $G/logs",
    "logs of refs": "mv $G/logs/refs $OUT/l; ln -s $OUT/l $G/logs/refs",
    "log of HEAD": "git -C $G/.. symbolic-ref HEAD $B; rm $G/logs/HEAD; ln -s $OUT/keep $G/logs/HEAD",
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_folders_of_git_lead_elsewhere(hostile, name):  # noqa: F811
    """As after a broken config: either the run fails, or it stays unfinished and says where the damage is."""
    out, git = hostile.outside, hostile.root / ".git"
    result = act(hostile, f"O=$(git rev-parse HEAD | cut -c1-2); {ELSEWHERE[name]}")
    if name == "log of HEAD":  # the branch counts as checked out there, and is not moved
        assert (result.rc, result.json["reason"]) == DONE, result
        assert hostile.git("rev-parse", "ws/r1/ws-fix") == hostile.git("rev-parse", "main")
    else:
        assert result.rc == 4 and "/.git/" in result.stderr or (result.rc, result.json["reason"]) == VIOLATION, result
    for command in (["status"], ["run", "--ws-id", "ws-fix", "--run-id", "r2"], ["cancel", "--run-id", "r1"],
                    ["verify"]):
        plain(call(hostile, *command))
    if name != "objects, all of them":  # where they were before the command, they are the user's
        outside_untouched(hostile)
    if name == "log of HEAD":
        (git / "HEAD").write_text("ref: refs/heads/main\n")
    for link in [path for path in git.rglob("*") if path.is_symlink()]:
        target = link.readlink()
        link.unlink()
        if target.is_dir():
            target.rename(link)
    call(hostile, "resume", "--run-id", "r1")
    call(hostile, "status", "--run-id", "r1").must(0)
    call(hostile, "run", "--ws-id", "ws-fix", "--run-id", "r3").must(0)
    call(hostile, "verify").must(0)


def test_objects_that_lay_elsewhere_before_are_the_users(hostile):  # noqa: F811
    git = hostile.root / ".git"
    (git / "objects").rename(hostile.outside / "objects")
    (git / "objects").symlink_to(hostile.outside / "objects")
    hostile.act("true").must(0)


@confined
@pytest.mark.parametrize("edit", ["ln -sf ../../main $G/$B", "ln -sf $OUT/keep $G/logs/$B",
                                  "rm -f $G/logs/$B; ln -s ../../../../HEAD $G/logs/$B",
                                  "echo ref: refs/heads/main > $G/$B", "ln -sf ../../../../hooks/post-commit $G/$B"])
def test_a_confined_tool_cannot_lead_wsfsm_astray(repo, edit):
    (repo.outside / "keep").write_text("keep\n")
    tool(repo, f"OUT={repo.outside}; G=$(git rev-parse --path-format=absolute --git-common-dir)\n"
               f"B=$(git symbolic-ref HEAD); {FIX}{edit}")
    repo.bundle()
    repo.settle()
    heads, logs = files(repo.root / ".git/refs/heads"), (repo.root / ".git/logs/HEAD").read_text()
    result = repo.run("ws-fix", "--run-id", "r1")
    assert (result.rc, result.json["reason"]) == VIOLATION, result
    after = files(repo.root / ".git/refs/heads")
    assert after["main"] == heads["main"] and (repo.root / ".git/logs/HEAD").read_text() == logs
    assert (repo.outside / "keep").read_text() == "keep\n" and not (repo.root / ".git/hooks/post-commit").exists()
    kept_in_git(repo, "a + b")
    repo.agent(FIX)
    repo.run("ws-fix", "--run-id", "r2").must(0)
