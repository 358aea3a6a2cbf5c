"""A ref of somebody else's in the place of an end's anchor: the run ends by its verdict and says what to do, and nobody
else is kept from anything."""

import json
import re
import signal
import sqlite3

import pytest

from support import FIX, IS_FIXED, finish, wait_for

ANCHOR = "refs/wsfsm/r1/ws-fix/end"
HERE = "R=refs/wsfsm/$WSFSM_RUN_ID/$WSFSM_WS_ID; G=$(git rev-parse --path-format=absolute --git-common-dir)\n"

# What an unconfined agent does during its edit. It may tell of another end of the run, so it stays, and differs.
PLANTED = {
    "another commit": "git update-ref $R/end HEAD",
    "another commit, packed": "git update-ref $R/end HEAD; git pack-refs --all",
    "a file's content": "git update-ref $R/end HEAD:README.md",
    "a tree": "git update-ref $R/end HEAD:",
    "a tag": "git update-ref $R/end $(printf 'object %s\\ntype commit\\ntag x\\ntagger A <a@b> 0 +0000\\n\\nx\\n' "
             "$(git rev-parse HEAD) | git mktag)",
}

# What is no ref of ours and no commit of anybody's goes: nobody but wsfsm has anything there.
REPLACED = {
    "a name for a branch": "git symbolic-ref $R/end refs/heads/main",
    "a name for nothing": "git symbolic-ref $R/end refs/heads/nothing",
    "a ref below": "git update-ref $R/end/x HEAD",
    "a ref below, packed": "git update-ref $R/end/x HEAD; git pack-refs --all; rm -rf $G/$R/end",
    "a folder with a file": "mkdir $G/$R/end; touch $G/$R/end/x.lock",
    "garbage": "echo garbage > $G/$R/end",
}


def planting(repo, edit):
    """An agent that plants something the first time it is run, and one of another workstream."""
    repo.agent(f"{FIX}[ -e {repo.outside}/once ] || {{ touch {repo.outside}/once; {HERE}{edit}; }}\n")
    repo.bundle(acceptance_tests=[IS_FIXED])
    repo.agent("echo more >> docs/guide.md", "writer")
    repo.bundle("ws-two", files_scope=["docs/"], tool="writer")


def own_anchor(repo, warned, run_id="r1"):
    """The commit that the warning names: the anchor that could not be set."""
    command, = re.findall(rf"`git update-ref --no-deref {ANCHOR} ([0-9a-f]{{40}})`", warned)
    trailers = repo.git("log", "-1", "--format=%(trailers)", command)
    assert f"Wsfsm-Run: {run_id}" in trailers and "Wsfsm-Database: " in trailers
    return command


def others_go_on(repo):
    """Each of them opens the database to write."""
    for args in (["db", "init"], ["run", "--ws-id", "ws-two", "--run-id", "r2"],
                 ["run", "--ws-id", "ws-fix", "--run-id", "r3"]):
        result = repo.wsfsm(*args).must(0)
        assert "anchor" not in result.stderr, result
    repo.wsfsm("cancel", "--run-id", "r2").must(3)
    assert repo.rows("SELECT * FROM effects") == []


@pytest.mark.parametrize("name", PLANTED)
def test_planted_during_the_edit(repo, name):
    planting(repo, PLANTED[name])
    result = repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(0)
    assert re.search(r"^status +done$", result.stdout, re.M), result
    warned, = [line for line in result.stderr.splitlines() if "warning" in line]
    anchor = own_anchor(repo, warned)
    others_go_on(repo)
    assert f"the anchor {ANCHOR} differs" in repo.wsfsm("verify").must(6).stdout
    repo.git("update-ref", "--no-deref", ANCHOR, anchor)  # what the warning says, done
    told = repo.wsfsm("verify").must(0)
    assert "anchor" not in told.stdout + told.stderr


def is_anchored(repo, result):
    """As if nobody had put anything there."""
    assert "warning" not in result.stderr, result
    told = repo.wsfsm("verify").must(0)
    assert "anchor" not in told.stdout + told.stderr
    assert "Wsfsm-Run: r1" in repo.git("log", "-1", "--format=%(trailers)", ANCHOR)
    assert repo.git("rev-parse", "main") == repo.git("rev-parse", "HEAD")


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_no_ref_of_ours_is_replaced(repo, name):
    planting(repo, REPLACED[name])
    is_anchored(repo, repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(0))
    others_go_on(repo)


@pytest.mark.parametrize("packed", ["", "git pack-refs --all; rm -rf $G/refs/wsfsm"], ids=["loose", "packed"])
def test_a_ref_above(repo, packed):
    """Where the run's own refs were."""
    planting(repo, "true")
    script = repo.script("plant.sh", f"{HERE}R=refs/wsfsm/r1; [ -e {repo.outside}/planted ] && exit\n"
                         f"touch {repo.outside}/planted; rm -r $G/$R; git update-ref $R HEAD; {packed}\n")
    repo.bundle(acceptance_tests=[f"/bin/sh {script}"])
    is_anchored(repo, repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(0))
    others_go_on(repo)


def test_under_json_the_warning_is_for_who_asks(repo):
    planting(repo, "git update-ref $R/end HEAD")
    result = repo.run("ws-fix", "--run-id", "r1", "-v").must(0)
    assert result.json["final_status"] == "done"
    warned, = [json.loads(line)["warning"] for line in result.stderr.splitlines() if "warning" in line]
    own_anchor(repo, warned)


@pytest.mark.parametrize("name", ["another commit", "a file's content", "a name for nothing", "a ref below"])
def test_a_failed_run_fails_by_its_verdict(repo, name):
    """And what its worktree holds is kept among its refs, whatever lies between them."""
    planting(repo, PLANTED.get(name) or REPLACED[name])
    repo.bundle(acceptance_tests=["false"])
    result = repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(1)
    if name in PLANTED:
        own_anchor(repo, result.stderr)
        repo.wsfsm("verify").must(6)
    else:
        is_anchored(repo, result)
    (repo.worktree() / "src/more.py").write_text("more\n")
    repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r2").must(1)
    assert repo.show("refs/wsfsm/r1/ws-fix/left-1", "src/more.py") == "more"
    repo.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)


def left_by_term(repo):
    repo.agent(f"if [ ! -e {repo.outside}/again ]; then touch {repo.outside}/again; sleep 1000; fi; {FIX}")
    repo.bundle(acceptance_tests=[IS_FIXED])
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for(lambda: (repo.outside / "again").exists())
    process.send_signal(signal.SIGTERM)
    finish(process)
    assert repo.leftovers(2) == []


def test_an_older_copy_of_the_database(repo):
    """What an anchor is for: the end that git knows is not the one that this database knows."""
    left_by_term(repo)
    copy = repo.outside / "copy.db"
    repo.wsfsm("db", "backup", copy).must(0)
    repo.wsfsm("resume", "--run-id", "r1").must(0)
    repo.wsfsm("verify").must(0)
    copy.rename(repo.database)
    result = repo.wsfsm("resume", "--run-id", "r1").must(0)
    anchor = own_anchor(repo, result.stderr)
    assert "differs from the database in Wsfsm-History" in repo.wsfsm("verify").must(6).stdout
    repo.agent("echo more >> docs/guide.md", "writer")
    repo.bundle("ws-two", files_scope=["docs/"], tool="writer")
    others_go_on(repo)
    repo.git("update-ref", ANCHOR, anchor)
    repo.wsfsm("verify").must(0)


def test_cancel_warns_too(repo):
    left_by_term(repo)
    repo.git("update-ref", ANCHOR, "main")
    result = repo.wsfsm("cancel", "--run-id", "r1").must(0)
    own_anchor(repo, result.stderr)
    repo.wsfsm("db", "init").must(0)


# --- what a crash left to be done, found by the command of another

def leave(repo, effect, run_id="r1"):
    """As a crash does between the last row and the refs."""
    connection = sqlite3.connect(repo.database)
    connection.execute("INSERT INTO effects(run_id, ws_id, effect_json, created_at) VALUES(?, 'ws-fix', ?, 'now')",
                       (run_id, effect))
    connection.commit()
    connection.close()


def effect_of(repo):
    head = repo.git("rev-parse", "ws/r1/ws-fix")
    return json.dumps({"kind": "end", "base": repo.git("rev-parse", "main"), "branch": "refs/heads/ws/r1/ws-fix",
                       "expect": repo.git("rev-parse", "main"), "commit": head,
                       "anchor": repo.git("rev-parse", ANCHOR)})


@pytest.fixture
def two(repo):
    """A run that is done, one that was left, and a workstream to start."""
    repo.agent(FIX)
    repo.bundle(acceptance_tests=[IS_FIXED])
    repo.run("ws-fix", "--run-id", "r1").must(0)
    repo.agent("echo more >> docs/guide.md", "writer")
    repo.bundle("ws-two", files_scope=["docs/"], tool="writer")
    return repo


CALLS = [["db", "init"], ["run", "--ws-id", "ws-two"], ["run", "--ws-id", "ws-two", "--run-id", "r2"],
         ["run", "--ws-id", "ws-two", "--dry-run"]]


def test_an_anchor_that_differs_is_told_once(two):
    leave(two, effect_of(two))
    two.git("update-ref", ANCHOR, "main")
    own_anchor(two, two.wsfsm("db", "init").must(0).stderr)
    assert "anchor" not in two.wsfsm("db", "init").must(0).stderr
    two.wsfsm("verify").must(6)


def test_a_branch_that_was_moved_or_deleted_is_told(two):
    leave(two, effect_of(two))
    result = two.git("rev-parse", "ws/r1/ws-fix")
    two.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    two.git("branch", "-D", "ws/r1/ws-fix")
    told = two.wsfsm("db", "init").must(0).stderr
    assert "refs/heads/ws/r1/ws-fix" in told and result in told
    assert two.rows("SELECT * FROM effects") == []


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call))
def test_what_cannot_be_done_now_waits_and_stops_nobody(two, call):
    """The anchor's commit is not there, and may come back: from a backup, or with its disk."""
    leave(two, effect_of(two))
    anchor = two.git("rev-parse", ANCHOR)
    place = two.root / ".git/objects" / anchor[:2] / anchor[2:]
    kept = place.read_bytes()
    two.git("update-ref", "-d", ANCHOR)
    place.unlink()
    for _ in range(2):
        told = two.wsfsm(*(call[:3] if "r2" in call else call)).must(0)
        assert "warning: " in told.stderr and "run r1" in told.stderr and ANCHOR in told.stderr, told
        assert len(two.rows("SELECT * FROM effects")) == 1
    place.write_bytes(kept)
    assert "r1" not in two.wsfsm("db", "init").must(0).stderr
    assert two.rows("SELECT * FROM effects") == []
    two.wsfsm("verify").must(0)


def test_resume_and_cancel_of_others_go_on(repo):
    """And of those that have ended they say so, as ever."""
    left_by_term(repo)
    repo.run("ws-fix", "--run-id", "r2").must(0)
    leave(repo, '{"kind":"end","branch":"x","commit":null,"anchor":"0000"}', "r2")
    told = repo.wsfsm("resume", "--run-id", "r2").must(3)
    assert "warning" in told.stderr and "has ended in done" in told.stderr
    told = repo.wsfsm("cancel", "--run-id", "r1").must(0)
    assert "warning" in told.stderr


@pytest.mark.parametrize("effect", ['{"kind":"of a later version"}', "garbage", "[]", '{"kind":"end","anchor":"no id"}'])
def test_what_is_not_understood_waits_too(two, effect):
    leave(two, effect)
    for call in CALLS:
        told = two.wsfsm(*call).must(0)
        assert "warning: " in told.stderr and "run r1" in told.stderr, told
    assert len(two.rows("SELECT * FROM effects")) == 1
