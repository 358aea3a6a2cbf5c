"""What an agent may do in its worktree and to the repository around it: the run ends with the right word, nothing that
was planted is executed, nothing outside is written, and what comes after works or says precisely why not.

Rows are (edit, exit code, reason); the edit is a script in the worktree, after the change that was asked for. In it, $G
is the repository's .git, $A the worktree's admin folder, $OUT a folder of the user's elsewhere."""

import json
import os
import subprocess

import pytest

from support import FIX, WSFSM, finish

PRELUDE = "set -u\nG=$(git rev-parse --path-format=absolute --git-common-dir)\n" \
          "A=$(git rev-parse --path-format=absolute --git-dir)\nexport GIT_CONFIG_GLOBAL=/dev/null\n"
VIOLATION = (1, "scope_violation")
DONE = (0, None)

# The user's checkout, refs and config stay as they were.
CONTAINED = {
    # files of every kind
    "link out, then a write beside it": ("ln -s $OUT src/out; echo new > src/new.py", *DONE),
    "folder becomes a link out": ("rm -rf docs; ln -s $OUT docs", *VIOLATION),
    "folder in scope becomes a link out": ("mv src gone; ln -s $OUT src", *VIOLATION),
    "file becomes a link out": ("rm src/calc.py; ln -s $OUT/keep src/calc.py", *DONE),
    "loop of links": ("ln -s b src/a; ln -s a src/b; ln -s . src/self", *DONE),
    "dangling link": ("ln -s nowhere/at/all src/dangling", *DONE),
    "link with a long target": ("ln -s $(head -c 4000 /dev/zero | tr '\\0' x) src/long", *DONE),
    "hard link to a file outside": ("ln $OUT/keep src/hard", *DONE),
    "hard link between two files": ("ln src/calc.py src/twin.py", *DONE),
    "fifo": ("mkfifo src/fifo", *VIOLATION),
    "fifo in place of a tracked file": ("rm src/calc.py; mkfifo src/calc.py", *VIOLATION),
    "socket": ("/usr/bin/python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('src/s')\"", *VIOLATION),
    "setuid and setgid bits": ("chmod 6755 src/calc.py", *DONE),
    "world-writable folder": ("chmod 7777 src", *DONE),
    "sparse file of 5 GB": ("truncate -s 5G src/huge", *VIOLATION),
    "a thousand files": ("mkdir src/m; cd src/m; seq 1000 | xargs touch", *DONE),
    "deep tree": ("/usr/bin/python3 -c \"import os\nos.chdir('src')\nfor i in range(100):\n os.mkdir('d'); "
                  "os.chdir('d')\nopen('x', 'w')\"", *DONE),
    "tree deeper than a path": ("/usr/bin/python3 -c \"import os\nos.chdir('src')\nfor i in range(60):\n "
                                "os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('x', 'w')\"", *VIOLATION),
    "folder of mode 000": ("mkdir src/locked; touch src/locked/x; chmod 000 src/locked", None, None),
    "file of mode 000": ("chmod 000 src/calc.py", None, None),
    # names
    "newline in a name": ("touch \"src/$(printf 'a\\nb')\"", *DONE),
    "control characters in a name": ("touch \"src/$(printf '\\033[2J\\033]0;x\\007')\"", *DONE),
    "carriage return in a name outside the scope": ("touch \"$(printf 'ok\\r\\033[1A')\"", *VIOLATION),
    "invalid UTF-8 in a name": ("touch \"src/$(printf '\\377\\376')\"", *DONE),
    "invalid UTF-8 outside the scope": ("touch \"$(printf '\\377\\376')\"", *VIOLATION),
    "text that turns round": ("touch \"src/$(printf '\\342\\200\\256yp.x')\"", *DONE),
    "names that are options": ("touch -- src/-rf src/--help '-x'", *VIOLATION),
    "backslash in a name": ("touch 'src/a\\b' 'src\\c'", *VIOLATION),
    "names that differ in case": ("touch src/A src/a", *DONE),
    "disguised .git": ("mkdir -p src/.GIT; echo x > src/.GIT/config", None, None),
    "short name of .git": ("mkdir -p 'src/git~1'; echo x > 'src/git~1/config'", None, None),
    "short name of .git before a backslash": ("echo x > 'src/git~1\\x'", *VIOLATION),
    ".git before a backslash": ("echo x > 'src/.git\\x'", *VIOLATION),
    ".git behind a backslash": ("echo x > 'src/x\\.git'", *VIOLATION),
    "folder named .git before a backslash": ("mkdir 'src/.git\\x'; echo x > 'src/.git\\x/y'", *VIOLATION),
    "link in the place of .gitmodules": ("ln -s calc.py src/.gitmodules", *VIOLATION),
    "trailing dot and space": ("touch 'src/x.' 'src/x '", *DONE),
    "a .wsfsm of its own": ("mkdir .wsfsm; echo x > .wsfsm/state.db", *VIOLATION),
    # repositories in the repository
    "nested repository": ("git init -q src/in; touch src/in/x", *VIOLATION),
    "nested repository with hooks": ("git init -q src/in; cp $CANARY src/in/.git/hooks/post-checkout; "
                                     "git -C src/in config core.fsmonitor $CANARY", *VIOLATION),
    "nested bare repository": ("git init -q --bare src/in.git; git -C src/in.git config core.fsmonitor $CANARY", *DONE),
    "link to another repository": ("echo \"gitdir: $G\" > src/.git", *VIOLATION),
    ".git inside that is a link": ("ln -s $G src/.git", *VIOLATION),
    "submodule": ("printf '[submodule \"x\"]\\n path = src/x\\n url = -u./evil\\n update = !%s\\n' $CANARY "
                  "> .gitmodules; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),src/x", *VIOLATION),
    "submodule in the index only": ("git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),src/x", *DONE),
    "attributes in scope": ("printf '*.py filter=lfs diff=x merge=x\\n' > src/.gitattributes", *VIOLATION),
    # the worktree's git data
    "index of garbage": ("head -c 5000 /dev/urandom > $A/index", *DONE),
    "empty index": (": > $A/index", *DONE),
    "index that is a folder": ("rm -f $A/index; mkdir $A/index", *DONE),
    "index that is a link": ("rm -f $A/index; ln -s $OUT/keep $A/index", *DONE),
    "index that is a fifo": ("rm -f $A/index; mkfifo $A/index", *DONE),
    "index that lies": ("git update-index --assume-unchanged src/calc.py; git update-index --skip-worktree README.md; "
                        "echo x >> README.md", *VIOLATION),
    "old times": ("touch -r README.md src/calc.py", *DONE),
    "index.lock left": (": > $A/index.lock", *DONE),
    "HEAD.lock left": (": > $A/HEAD.lock", *DONE),
    "merge in progress": ("git commit -qam a; git branch -q tmp HEAD~1; git checkout -q tmp 2>/dev/null; true",
                          None, None),
    "MERGE_HEAD": ("git rev-parse HEAD > $A/MERGE_HEAD; echo m > $A/MERGE_MSG", *DONE),
    "rebase in progress": ("mkdir $A/rebase-merge; echo x > $A/rebase-merge/head-name", *DONE),
    ".git is a folder": ("rm .git; git init -q", *VIOLATION),
    ".git leads to the repository itself": ("echo \"gitdir: $G\" > .git", *VIOLATION),
    ".git leads elsewhere": ("git init -q $OUT/r; echo \"gitdir: $OUT/r/.git\" > .git", *VIOLATION),
    ".git is a link": ("mv .git real; ln -s real .git", *VIOLATION),
    ".git is a fifo": ("rm .git; mkfifo .git", *VIOLATION),
    ".git is garbage": ("head -c 100000 /dev/urandom > .git", *VIOLATION),
    ".git is gone": ("rm .git", *VIOLATION),
    ".git has a line more": ("echo >> .git", None, None),
    "commondir elsewhere": ("git init -q $OUT/r; echo $OUT/r/.git > $A/commondir", *VIOLATION),
    "gitdir elsewhere": ("echo $OUT/.git > $A/gitdir", *VIOLATION),
    "gitdir is a fifo": ("rm $A/gitdir; mkfifo $A/gitdir", *VIOLATION),
    "gitdir empty": (": > $A/gitdir", *VIOLATION),
    "config.worktree": ("printf '[core]\\n fsmonitor = %s\\n' $CANARY > $A/config.worktree", *VIOLATION),
    "HEAD is garbage": ("echo garbage > $A/HEAD", *VIOLATION),
    "HEAD is empty": (": > $A/HEAD", *VIOLATION),
    "HEAD names a path": ("echo 'ref: ../../../../outside/keep' > $A/HEAD", *VIOLATION),
    "HEAD is a link": ("rm $A/HEAD; ln -s $OUT/keep $A/HEAD", *VIOLATION),
    "admin folder gone": ("rm -rf $A", *VIOLATION),
    "admin folder is a link": ("mv $A $OUT/admin; ln -s $OUT/admin $A", None, None),
    # the worktree's folder
    "folder removed": ("cd ..; rm -rf ws-fix", *VIOLATION),
    "folder emptied": ("rm -rf src docs README.md workstreams wsfsm.yaml", *VIOLATION),
    "folder replaced by a link": ("cd ..; rm -rf ws-fix; ln -s $OUT ws-fix", *VIOLATION),
    "folder replaced by a file": ("cd ..; rm -rf ws-fix; echo x > ws-fix", *VIOLATION),
    "folder replaced by a copy": ("cd ..; cp -a ws-fix copy; rm -rf ws-fix; mv copy ws-fix", *VIOLATION),
    "folder moved away": ("cd ..; mv ws-fix elsewhere", *VIOLATION),
    "a clone in its place": ("cd ..; rm -rf ws-fix; git clone -q $G ws-fix; cp $CANARY ws-fix/.git/hooks/post-checkout",
                             *VIOLATION),
    # git's own housekeeping, and the workstream's branch
    "worktree prune": ("git worktree prune --expire=now", *DONE),
    "gc": ("git gc -q --prune=now", *DONE),
    "refs packed": ("git pack-refs --all", *DONE),
    "branch deleted": ("git update-ref -d HEAD", None, None),
    "branch moved": ("git update-ref HEAD $(git commit-tree -m x HEAD^{tree})", None, None),
    "branch locked": (": > $G/$(git symbolic-ref HEAD).lock", None, None),
    "remote refs": ("git update-ref refs/remotes/origin/x HEAD", *DONE),
    "worktree locked": ("git worktree lock .", *DONE),
}
# It wants to change what is the user's: the violation is found, and named.
CHANGED = {
    "hook in the repository": "cp $CANARY $G/hooks/post-checkout; cp $CANARY $G/hooks/reference-transaction",
    "hooks folder becomes a link": "mv $G/hooks $OUT/h; ln -s $OUT/h $G/hooks",
    "config": "git config core.fsmonitor $CANARY; git config diff.external $CANARY",
    "config of another worktree": "git config extensions.worktreeConfig true; git config --worktree core.pager $CANARY",
    "config includes another": "git config include.path $OUT/keep",
    "config is gone": "rm $G/config",
    "info/attributes": "mkdir -p $G/info; echo '* filter=x' > $G/info/attributes",
    "info/grafts": "mkdir -p $G/info; git rev-parse HEAD > $G/info/grafts",
    "branch of the user moved": "git update-ref refs/heads/other $(git commit-tree -m x HEAD^{tree})",
    "branch of the user deleted": "git branch -qD other",
    "branch made": "git branch mine",
    "tag moved": "git tag -f v1 $(git commit-tree -m x HEAD^{tree}) > /dev/null",
    "stash": "echo x >> README.md; git stash -q; git stash apply -q; git checkout -q README.md",
    "packed-refs rewritten": "git pack-refs --all; sed -i '/refs.heads.other/d' $G/packed-refs",
    "packed-refs replaced": "git pack-refs --all; seq 1000 > $G/packed-refs",
    "ref of garbage": "echo garbage > $G/refs/heads/other",
}


# Files that git reads, and waits for ever for their writer: whatever comes of it, nothing hangs. $O is the name of the
# loose object of the base commit, $T of its tree.
PIPES = ["config", "packed-refs", "HEAD", "shallow", "objects/info/alternates", "refs/heads/new", "info/attributes",
         "info/exclude", "info/grafts", "index", "refs/heads/main", "refs/heads/deep/er/new", "refs/tags/new",
         "refs/stash", "refs/wsfsm/new", "refs/remotes/origin/HEAD", "objects/pack/pack-1.idx",
         "objects/pack/multi-pack-index", "objects/info/commit-graph", "objects/info/commit-graphs/commit-graph-chain",
         "objects/$O", "objects/$T", "logs/HEAD", "logs/$(git symbolic-ref HEAD)", "$(git symbolic-ref HEAD)", "refs",
         "logs", "objects/pack", "commondir", "FETCH_HEAD"]
# The same by a detour.
DETOURS = {
    "link to one": "mkfifo $OUT/p; ln -s $OUT/p $G/refs/heads/new",
    "folder with one behind a link": "mkdir $OUT/d; mkfifo $OUT/d/p; ln -s $OUT/d $G/refs/heads/new",
    "symbolic ref to one": "mkfifo $G/refs/heads/p; echo 'ref: refs/heads/p' > $G/$(git symbolic-ref HEAD)",
    "pack with an index that is one": "git repack -qad; cd $G/objects/pack; for i in *.idx; do rm $i; mkfifo $i; done",
    "pack that is one": "git repack -qad; cd $G/objects/pack; for i in *.pack; do rm $i; mkfifo $i; done",
    "terminal": "rm -f $G/refs/heads/other; mknod $G/refs/heads/other c 5 0 || exit 0",
    "settings of the user": "mkfifo $HOME/.gitconfig",
    "settings of the user elsewhere": "mkdir -p $HOME/.config/git; mkfifo $HOME/.config/git/config",
    "rules of the user": "mkdir -p $HOME/.config/git; mkfifo $HOME/.config/git/ignore",
    "rules named by a setting": "mkfifo $OUT/p; git config core.excludesFile $OUT/p",
    "attributes named by a setting": "mkfifo $OUT/p; git config core.attributesFile $OUT/p",
    "settings that are included": "mkfifo $OUT/p; git config include.path $OUT/p",
    "borrowed objects": "mkdir -p $OUT/pack; mkfifo $OUT/pack/pack-1.idx; echo $OUT > $G/objects/info/alternates",
    "rules in the checkout": "mkfifo $G/../.gitignore",
    "attributes in the checkout": "mkfifo $G/../docs/.gitattributes",
    "file of the checkout": "rm $G/../README.md; mkfifo $G/../README.md",
}


@pytest.fixture
def hostile(repo):
    """A repository with things in it that could be harmed; `act` runs an agent that does harm."""
    (repo.outside / "keep").write_text("keep\n")
    repo.git("branch", "other")
    repo.git("tag", "v1")
    repo.script("canary.sh", f"echo \"$0 $*\" >> {repo.base}/ran\n")
    repo.bundle()

    def act(edit, *args):
        prelude = f"{PRELUDE}OUT={repo.outside} CANARY={repo.outside}/canary.sh\nexport CANARY\n"
        repo.agent(f"{prelude}{FIX}{edit}\nexit 0")
        return repo.run("ws-fix", *args, guard=False)

    repo.act = act
    yield repo
    subprocess.run(["chmod", "-R", "u+rwX", repo.root / ".worktrees"], check=False, capture_output=True)
    assert (repo.outside / "keep").read_text() == "keep\n"
    assert not (repo.base / "ran").exists(), (repo.base / "ran").read_text()


def call(repo, *args):
    """Without a look at the checkout, for which the test's own git may no longer do."""
    process = subprocess.Popen([WSFSM, *map(str, args)], cwd=repo.root, env=repo.env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return finish(process, args, 60)


def plain(result):
    """Nothing printed drives a terminal, and a refusal says something."""
    assert not any(byte in result.stdout + result.stderr for byte in "\x1b\x07\r\x00"), result
    assert result.rc in (0, 1, 3, 4), result
    assert result.rc in (0, 1) or "wsfsm: " in result.stderr or '{"error":' in result.stderr, result
    return result


def afterwards(repo, again):
    """The next commands work, or say why not; they never hang, crash, or follow what was planted."""
    for args in (["status"], ["worktree", "status", "--ws-id", "ws-fix"], again and ["run", "--ws-id", "ws-fix"],
                 ["worktree", "remove", "--ws-id", "ws-fix"], ["verify"]):
        if args:
            plain(call(repo, *args))


@pytest.mark.parametrize("name", CONTAINED)
def test_contained(hostile, name):
    edit, rc, reason = CONTAINED[name]
    result = plain(hostile.act(edit))
    assert rc is None or (result.rc, result.json["reason"]) == (rc, reason), result
    assert result.rc in (0, 1), result
    hostile.unchanged()
    afterwards(hostile, result.rc != 0)


@pytest.mark.parametrize("name", CHANGED)
def test_changed(hostile, name):
    result = plain(hostile.act(CHANGED[name]))
    assert (result.rc, result.json["reason"]) == VIOLATION, result
    afterwards(hostile, True)


def test_config_broken_by_the_agent_and_mended_by_the_user(hostile):
    """Git itself can do nothing there any more: the run stays unfinished, and says where the damage is."""
    result = plain(hostile.act("cp $G/config $OUT/saved; echo '[[[' >> $G/config", "--run-id", "r1")).must(4)
    assert result.error["code"] == "repository" and "config" in result.error["message"], result
    afterwards(hostile, True)
    (hostile.outside / "saved").rename(hostile.root / ".git/config")
    hostile.agent(FIX)
    hostile.wsfsm("resume", "--run-id", "r1", guard=False)
    call(hostile, "status", "--run-id", "r1").must(0)
    hostile.run("ws-fix", guard=False).must(0)
    call(hostile, "verify").must(0)


def test_a_folder_in_the_place_of_the_config(hostile):
    """As a broken one: the run stays unfinished and names the place."""
    result = plain(hostile.act("rm $G/config; mkdir $G/config")).must(4)
    assert result.error["where"].endswith("/.git/config"), result
    afterwards(hostile, True)


LOOSE = "O=$(git rev-parse main | sed s,..,\\&/,); T=$(git rev-parse main^{tree} | sed s,..,\\&/,)\n"


@pytest.mark.parametrize("file", PIPES)
def test_pipe_in_the_place_of_a_file(hostile, file):
    result = plain(hostile.act(f"{LOOSE}P=$G/{file}; mkdir -p $(dirname $P); rm -rf $P; mkfifo $P"))
    assert result.rc in (0, 1, 4), result
    name = file.rpartition("/")[2]
    assert result.rc != 4 or "$" in name or name in result.error["where"] + result.error["message"], result
    afterwards(hostile, True)


@pytest.mark.parametrize("name", DETOURS)
def test_pipe_by_a_detour(hostile, name):
    result = plain(hostile.act(DETOURS[name]))
    assert result.rc in (0, 1, 4), result
    afterwards(hostile, True)


@pytest.mark.parametrize("name", [".gitattributes", ".gitignore", ".gitmodules"])
@pytest.mark.parametrize("folder", [".", "src"])
def test_pipe_that_ignore_rules_hide(hostile, folder, name):
    """It stays where it is for the next run, which puts files that have attributes beside it."""
    hostile.write("docs/.gitattributes", "*.txt text eol=crlf\n")
    hostile.commit("Attributes")
    hide = f"printf '.git*\\n' > {folder}/.gitignore"
    if name == ".gitignore":
        hide = "mkdir -p $G/info; echo '.git*' >> $G/info/exclude"
    hostile.act(f"{hide}; mkfifo {folder}/{name}; exit 1", "--run-id", "r1").must(1)
    hostile.agent(FIX)
    hostile.settle()
    assert plain(call(hostile, "run", "--ws-id", "ws-fix", "--run-id", "r2")).rc in (0, 1)
    afterwards(hostile, True)


@pytest.mark.parametrize("args", [["--dry-run"], ["--allow-dirty"], []])
def test_pipe_as_the_attributes_of_the_checkout(hostile, args):
    """Asked for as soon as the base says anything of filters."""
    hostile.write(".gitattributes", "*.txt filter=x\n")
    hostile.agent(FIX)
    hostile.settle()
    hostile.commit("Attributes")
    (hostile.root / ".gitattributes").unlink()
    os.mkfifo(hostile.root / ".gitattributes")
    result = plain(call(hostile, "run", "--ws-id", "ws-fix", "--json", *args)).must(4)
    assert result.error["where"].endswith("/.gitattributes"), result
    plain(call(hostile, "doctor")).must(1)


@pytest.mark.parametrize("file", ["config", "HEAD", "refs/heads/other", "worktrees/mine/commondir",
                                  "worktrees/mine/gitdir", "worktrees/mine/HEAD", "worktrees/mine/index"])
def test_pipe_under_a_worktree_of_the_user(hostile, file):
    """Called from there, both git directories are read."""
    hostile.settle()
    hostile.git("worktree", "add", "-q", "-b", "mine", hostile.base / "mine")
    (hostile.root / ".git" / file).unlink()
    os.mkfifo(hostile.root / ".git" / file)
    for args in (["status"], ["run", "--ws-id", "ws-fix", "--dry-run"],
                 ["run", "--ws-id", "ws-fix", "--base", "other"]):
        plain(call(hostile, "-C", hostile.base / "mine", *args))


@pytest.mark.parametrize("digits", [40, 10])
def test_pipe_as_the_object_that_the_base_names(hostile, digits):
    hostile.agent()
    hostile.settle()
    oid = hostile.git("rev-parse", "HEAD")
    loose = hostile.root / ".git/objects" / oid[:2] / oid[2:]
    loose.unlink()
    os.mkfifo(loose)
    result = plain(call(hostile, "run", "--ws-id", "ws-fix", "--base", oid[:digits])).must(4)
    assert oid[:digits] in result.stderr, result


@pytest.mark.parametrize("args", [["--json", "-v"], []], ids=["json", "text"])
def test_result_without_refs(hostile, args):
    """How the run ended stands in the database: that git cannot list the snapshots is a warning."""
    hostile.act("mkfifo $G/refs/wsfsm/new; exit 1", "--run-id", "r1", "--dry-run").must(0)
    result = plain(call(hostile, "run", "--ws-id", "ws-fix", *args)).must(1)
    assert "failed" in result.stdout and "the snapshots of this run are not known" in result.stderr, result
    assert "refs/wsfsm/new" in result.stderr, result


@pytest.mark.parametrize("trick,place", [("rm .git; mkdir .git", "/.worktrees/ws-fix/.git: "),
                                         ("echo x > $A/commondir", "/commondir: "), ("rm -rf $PWD", "/ws-fix: ")])
def test_reason_names_the_file(hostile, trick, place):
    result = hostile.act(trick).must(1).json
    assert place in result["step_results"]["edit"]["error_message"]
    event, = [json.loads(row["payload_json"]) for row in hostile.events() if row["event_type"] == "scope_violation"]
    assert place in event["reason"]
