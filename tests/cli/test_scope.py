"""What a workstream may touch: every way an edit can leave its scope, and what is not held against it."""

import json

import pytest

from support import FIX, IS_FIXED


def run_agent(repo, text, **fields):
    repo.agent(text)
    repo.bundle(**fields)
    return repo.run()


def violation(result, *paths):
    summary = result.must(1).json
    assert (summary["final_status"], summary["reason"]) == ("failed", "scope_violation")
    assert summary["out_of_scope_files"] == sorted(paths)
    return summary


# --- paths

@pytest.mark.parametrize("edit, paths", [
    ("echo x >> docs/guide.md", ["docs/guide.md"]),
    ("rm docs/guide.md", ["docs/guide.md"]),
    ("echo x > new.txt", ["new.txt"]),
    ("mkdir -p a/b; echo x > a/b/c.txt", ["a/b/c.txt"]),
    ("mv src/calc.py calc.py", ["calc.py"]),
    ("mv docs/guide.md src/guide.md", ["docs/guide.md"]),
    ("chmod +x README.md", ["README.md"]),
    ("rm README.md; ln -s src/calc.py README.md", ["README.md"]),
    ("ln -s /etc docs/etc", ["docs/etc"]),
    ("echo x >> docs/guide.md; git add -A", ["docs/guide.md"]),
    ("echo x >> docs/guide.md; git add -A; git commit -qm agent", ["docs/guide.md"]),
    ("echo x > 'with space.txt'; echo y > \"$(printf 'tab\\there')\"", ["tab\there", "with space.txt"]),
], ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_out_of_scope(repo, edit, paths):
    result = run_agent(repo, FIX + edit)
    summary = result.must(1).json
    assert summary["reason"] == "scope_violation"
    if "tab\there" in paths:  # shown escaped, in one way or another
        assert "with space.txt" in summary["out_of_scope_files"] and len(summary["out_of_scope_files"]) == 2
    else:
        assert summary["out_of_scope_files"] == paths


@pytest.mark.parametrize("edit", [
    "echo x > src/new.py", "rm src/calc.py; echo x > src/other", "mv src/calc.py src/sum.py", "chmod +x src/calc.py",
    "ln -s calc.py src/link", "mkdir -p src/deep/er; echo x > src/deep/er/x", "echo x >> src/calc.py; git add -A",
    "echo x >> src/calc.py; git commit -qam agent",
], ids=lambda value: value[:40])
def test_in_scope(repo, edit):
    summary = run_agent(repo, edit).must(0).json
    assert summary["out_of_scope_files"] == []


def test_both_names_of_a_rename_are_changed_files(repo):
    summary = run_agent(repo, "mv src/calc.py src/sum.py").must(0).json
    assert summary["changed_files"] == ["src/calc.py", "src/sum.py"]


@pytest.mark.parametrize("scope, edit, inside", [
    (["src/calc.py"], "echo x >> src/calc.py", True),
    (["src/calc.py"], "echo x > src/new.py", False),
    (["src"], "echo x > src/new.py", True),
    (["src/*.py"], "echo x > src/new.py", True),
    (["src/*.py"], "mkdir src/a; echo x > src/a/b.py", False),
    (["src/**/*.py"], "mkdir -p src/a/b; echo x > src/a/b/c.py", True),
    (["src/**"], "mkdir -p src/a/b; echo x > src/a/b/c", True),
    (["src/cal?.py"], "echo x >> src/calc.py", True),
    (["./src\\calc.py"], "echo x >> src/calc.py", True),
    (["**/calc.py"], "echo x >> src/calc.py", True),
    (["*.md"], "echo x >> README.md", True),
    (["*.md"], "echo x >> docs/guide.md", False),
    (["src/[ab].py"], "echo x > src/a.py", False),
    (["src/[ab].py"], "echo x > 'src/[ab].py'", True),
    (["SRC/"], "echo x >> src/calc.py", False),
], ids=str)
def test_patterns(repo, scope, edit, inside):
    result = run_agent(repo, edit, files_scope=scope)
    assert (result.rc, result.json["reason"]) == ((0, None) if inside else (1, "scope_violation")), result


def test_a_literal_name_wins_over_a_pattern(repo):
    repo.write("src/a*.py", "star\n")
    repo.commit()
    violation(run_agent(repo, "echo x > src/abc.py", files_scope=["src/a*.py"]), "src/abc.py")


def test_files_create_is_scope_too(repo):
    summary = run_agent(repo, FIX + "mkdir -p include; echo x > include/new.h", files_create=["include/new.h"])
    assert summary.must(0).json["changed_files"] == ["include/new.h", "src/calc.py"]


# --- git behind the scope's back

def test_agent_commits_are_folded_into_one(repo):
    edit = FIX + "git commit -qam one; echo '# more' >> src/calc.py; git commit -qam two; echo '#' >> src/calc.py"
    summary = run_agent(repo, edit, acceptance_tests=[IS_FIXED]).must(0).json
    assert repo.git("rev-list", "--count", f"main..{summary['branch']}") == "1"
    assert repo.show(summary["branch"], "src/calc.py").endswith("# more\n#")
    kept = repo.git("log", "--format=%s", "--glob=refs/wsfsm")
    assert "one" in kept.splitlines() and "two" in kept.splitlines()


@pytest.mark.parametrize("edit", [
    "git checkout -q -b elsewhere", "git checkout -q --detach", "git checkout -q --orphan alone",
    "git symbolic-ref HEAD refs/heads/main",
], ids=str)
def test_head_moved_off_the_branch(repo, edit):
    repo.agent(FIX + edit)
    repo.bundle()
    result = repo.run(guard=False).must(1)
    assert result.json["reason"] == "scope_violation"


@pytest.mark.parametrize("edit", [
    "git config core.fsmonitor /bin/true",
    "git config user.name Mallory",
    "git config core.hooksPath /tmp",
    'printf "#!/bin/sh\\n" > "$(git rev-parse --git-common-dir)/hooks/pre-commit"',
    'mkdir -p "$(git rev-parse --git-common-dir)/info"; echo "*.x" >> "$(git rev-parse --git-common-dir)/info/exclude"',
    'echo "* filter=evil" > "$(git rev-parse --git-common-dir)/info/attributes"',
    "git branch mine", "git update-ref refs/heads/other $(git commit-tree -m x HEAD^{tree})",
    "git stash store -m x $(git commit-tree -m x HEAD^{tree} -p HEAD)",
    "git tag -f v1 $(git commit-tree -m x HEAD^{tree})", "git tag -d v1",
], ids=lambda value: value[:50])
def test_the_repository_itself_changed(repo, edit):
    repo.git("tag", "v1")
    repo.git("branch", "other")
    repo.agent(FIX + edit)
    repo.bundle()
    result = repo.run(guard=False).must(1)
    assert result.json["reason"] == "scope_violation"
    assert result.json["out_of_scope_files"] == []
    assert repo.event("scope_violation")


@pytest.mark.parametrize("edit", [
    "git config branch.x.remote origin", "git update-ref refs/remotes/origin/main HEAD",
    "git -C \"$WSFSM_REPO\" tag fresh",
], ids=str)
def test_what_is_free(repo, edit):
    repo.agent(FIX + edit)
    repo.bundle()
    repo.run(guard=False).must(0)


def test_the_user_at_work_is_an_event(repo):
    repo.agent(FIX + 'git -C "$WSFSM_REPO" tag fresh')
    repo.bundle()
    repo.run(guard=False).must(0)
    assert "fresh" in json.dumps([row["payload_json"] for row in repo.events("ref_moved")])


def test_the_user_commits_meanwhile(repo):
    repo.agent(FIX + 'cd "$WSFSM_REPO"; echo mine > mine.txt; git add mine.txt; git commit -qm mine')
    repo.bundle()
    repo.run(guard=False).must(0)
    assert repo.events("ref_moved")
    assert repo.git("log", "-1", "--format=%s", "main") == "mine"


# --- things that hide

DEEP = ("/usr/bin/python3 -c \"import os\nos.chdir('src')\nfor i in range({levels}):\n os.mkdir('{name}'); "
        "os.chdir('{name}')\nopen('x', 'w').write('hidden')\"")


@pytest.mark.parametrize("edit, word", [
    ("mkfifo src/pipe", "src/pipe"),
    (DEEP.format(levels=1200, name="d"), "src/d/d"),
    (DEEP.format(levels=1200, name="d" * 50), "src/ddd"),
], ids=["fifo", "deep", "deeper than a path"])
def test_what_no_tree_can_hold_is_a_change(repo, edit, word):
    """Nothing else was done, and it is no `no_change`: it would be the place to hide something."""
    summary = run_agent(repo, edit).must(1).json
    assert summary["reason"] == "scope_violation", summary
    assert word in repo.events("scope_violation")[0]["payload_json"]
    assert repo.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(1)
    repo.agent(FIX)
    repo.run().must(0)
    repo.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    assert not repo.worktree().exists()


@pytest.mark.parametrize("edit, path", [
    ("mkdir .wsfsm; echo x > .wsfsm/state.db", ".wsfsm/state.db"),
    ("ln -s src .wsfsm", ".wsfsm"),
    ("mkdir -p .worktrees/x; echo x > .worktrees/x/y", ".worktrees/x/y"),
    ("mkdir .WSFSM; mv README.md .WSFSM/locks", ".WSFSM/locks"),
])
def test_no_scope_covers_what_is_wsfsms_own(repo, edit, path):
    """Merged, it would take the place of the user's, which git counts as ignored."""
    summary = run_agent(repo, FIX + edit, files_scope=["**"]).must(1).json
    assert summary["reason"] == "scope_violation"
    assert f"folder of wsfsm's own: {path}" in json.loads(repo.events("scope_violation")[0]["payload_json"])["violations"]
    result = repo.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(1)
    assert f"folder of wsfsm's own: {path}" in result.stdout
    repo.agent(FIX)
    repo.run().must(0)


def test_nested_repository(repo):
    result = run_agent(repo, FIX + "git init -q src/inner; echo x > src/inner/x")
    assert result.must(1).json["reason"] == "scope_violation"


def test_ignore_file_that_ignores_itself(repo):
    result = run_agent(repo, FIX + "mkdir hidden; echo '*' > hidden/.gitignore; echo x > hidden/x")
    assert "hidden/.gitignore" in violation(result, "hidden/.gitignore")["out_of_scope_files"]


def test_ignore_file_in_scope_is_fine(repo):
    run_agent(repo, FIX + "echo '*.tmp' > src/.gitignore").must(0)


@pytest.mark.parametrize("edit", ["mkfifo docs/fifo", "mkfifo src/fifo"], ids=str)
def test_fifo(repo, edit):
    result = run_agent(repo, FIX + edit)
    assert result.must(1).json["reason"] == "scope_violation"


@pytest.mark.parametrize("edit", [
    "rm .git; echo 'gitdir: /tmp' > .git", "rm .git", "rm .git; git init -q",
    'echo /tmp > "$(git rev-parse --git-dir)/commondir"', 'echo /tmp/.git > "$(git rev-parse --git-dir)/gitdir"',
    'echo "[core]" > "$(git rev-parse --git-dir)/config.worktree"',
], ids=lambda value: value[:40])
def test_worktree_turned_against_us(repo, edit):
    result = run_agent(repo, FIX + edit)
    summary = result.must(1).json
    assert summary["reason"] == "scope_violation"
    assert repo.history()[-1] == ("editing", "failed", "failed")
    assert (repo.worktree() / "src/calc.py").exists()


# --- what later tools leave

def test_byproducts_are_no_violation(repo):
    repo.agent(FIX)
    repo.check("mkdir -p report; echo x > report/out.txt")
    repo.bundle(static_tools=["check"], acceptance_tests=["mkdir cache; echo x > cache/x"])
    summary = repo.run().must(0).json
    assert repo.git("diff", "--name-only", "main", summary["branch"]) == "src/calc.py"
    shown = json.dumps([row["payload_json"] for row in repo.events("byproducts")])
    assert "report/out.txt" in shown and "cache/x" in shown
    assert (repo.worktree() / "cache/x").exists()


def test_later_tool_changes_a_tracked_file_outside(repo):
    repo.agent(FIX)
    repo.bundle(acceptance_tests=["echo x >> docs/guide.md"])
    violation(repo.run(), "docs/guide.md")


def test_later_tool_changes_a_file_in_scope(repo):
    repo.agent(FIX)
    repo.bundle(acceptance_tests=["echo '# formatted' >> src/calc.py"])
    summary = repo.run().must(0).json
    assert "formatted" not in repo.show(summary["branch"], "src/calc.py")
    assert repo.event("changed_after_edit") == {"paths": ["src/calc.py"]}
    assert "note: src/calc.py was changed after the edit" in repo.wsfsm("run", "--ws-id", "ws-fix").must(0).stderr


LARGE = "truncate -s 101M "


def test_later_tool_makes_files_too_large_to_be_kept(repo):
    """As with smaller ones: outside a violation, inside a note, untracked a by-product."""
    repo.agent(FIX)
    repo.check(LARGE + "other.bin")
    repo.bundle(static_tools=["check"], acceptance_tests=[LARGE + "docs/guide.md big.bin"])
    violation(repo.run(), "docs/guide.md")
    assert repo.event("byproducts") == {"paths": ["big.bin", "other.bin"]}
    repo.bundle(static_tools=["check"], acceptance_tests=[LARGE + "src/calc.py; truncate -s 102M other.bin"])
    summary = repo.run("ws-fix", "--run-id", "r2").must(0).json
    assert repo.show(summary["branch"], "src/calc.py").endswith("a + b")
    shown = {row["event_type"]: json.loads(row["payload_json"]) for row in repo.events() if row["run_id"] == "r2"}
    assert shown["changed_after_edit"] == {"paths": ["src/calc.py"]}
    assert shown["byproducts"] == {"paths": ["other.bin"]}


@pytest.mark.parametrize("after", ["rm docs/guide.md; mkfifo docs/guide.md", "rm docs/guide.md; mkdir docs/guide.md"])
def test_later_tool_puts_something_else_in_the_place_of_a_file(repo, after):
    repo.agent(FIX)
    repo.bundle(acceptance_tests=[after])
    violation(repo.run(), "docs/guide.md")


def test_later_tool_makes_a_pipe(repo):
    repo.agent(FIX)
    repo.bundle(acceptance_tests=["mkfifo pipe"])
    repo.run().must(0)
    assert repo.event("byproducts") == {"paths": ["pipe"]}


def test_what_the_edit_made_too_large_is_no_byproduct(repo):
    run_agent(repo, FIX + LARGE + "src/big.bin").must(1)
    assert repo.events("byproducts") == []
    assert repo.event("scope_violation")["violations"] == ["too large to be kept: src/big.bin"]


@pytest.mark.parametrize("edit, lost", [
    (FIX + LARGE + "src/big.bin other.bin; exit 1", ["other.bin", "src/big.bin"]),
    (LARGE + "big.bin; exit 1", ["big.bin"]),
    (FIX + LARGE + "docs/guide.md", ["docs/guide.md"]),
    (FIX + "git init -q docs/in; exit 1", ["docs/in/.git"]),
], ids=["failed", "nothing else", "passed", "repository"])
def test_what_no_snapshot_holds_is_named(repo, edit, lost):
    run_agent(repo, edit).must(1)
    details = [json.loads(row["result_json"])["details"] for row in repo.rows("SELECT * FROM step_attempts ORDER BY id")]
    assert next(row["lost"] for row in details if row["start_tree_id"]) == lost, details


def test_validate_scope_by_hand(repo):
    repo.agent(FIX)
    repo.bundle()
    repo.run().must(0)
    repo.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(0)
    (repo.worktree() / "outside.txt").write_text("x\n")
    result = repo.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(1)
    assert "outside.txt" in result.stdout + result.stderr


# --- files that git would have put through a filter

OID = "0123456789abcdef" * 4
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 98765\n"
LFS = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
INSTALLED = {"clean": "git-lfs clean -- %f", "smudge": "git-lfs smudge -- %f", "process": "git-lfs filter-process",
             "required": "true"}  # as git-lfs writes it
NEW_RAW = "head -c 2000 /dev/urandom > src/new.bin"


def configured(repo, name="lfs"):
    for key, value in INSTALLED.items():
        repo.git("config", f"filter.{name}.{key}", value)


def committed(repo, files):
    for path, content in files.items():
        repo.write(path, content)
    repo.commit()


def raw(repo, result, *paths, name="lfs"):
    """Refused, each file by its name, and nothing else is."""
    run_id = violation(result)["run_id"]
    told = [json.loads(row["payload_json"]) for row in repo.events("scope_violation") if row["run_id"] == run_id]
    assert [event["violations"] for event in told] == [[f"of filter {name}, and would be committed raw: {path}"
                                                        for path in sorted(paths)]]


def test_new_file_of_filter_lfs(repo):
    configured(repo)
    committed(repo, {".gitattributes": LFS})
    raw(repo, run_agent(repo, FIX + NEW_RAW), "src/new.bin")
    run_id = repo.one("SELECT run_id FROM runs")["run_id"]
    assert repo.git("cat-file", "-s", f"refs/wsfsm/{run_id}/ws-fix/2:src/new.bin") == "2000"
    result = repo.wsfsm("worktree", "validate-scope", "--ws-id", "ws-fix").must(1)
    assert result.stdout == "of filter lfs, and would be committed raw: src/new.bin\n"


@pytest.mark.parametrize("installed", [True, False])
def test_file_of_filter_lfs_where_filters_are_ignored(repo, installed):
    repo.config(filters="ignore")
    committed(repo, {".gitattributes": LFS, "src/x.bin": POINTER, "src/y.bin": POINTER})
    if installed:
        repo.git("config", "filter.lfs.clean", "cat")
        repo.git("config", "filter.lfs.smudge", "cat")
    raw(repo, run_agent(repo, "echo raw > src/x.bin"), "src/x.bin")
    raw(repo, run_agent(repo, "git mv src/x.bin src/z.bin; echo raw >> src/z.bin; rm src/y.bin"), "src/z.bin")


def test_pointers_are_committed(repo):
    repo.config(filters="ignore")
    committed(repo, {".gitattributes": LFS, "src/x.bin": POINTER, "src/old.bin": POINTER, "src/raw.bin": "raw\n"})
    (repo.outside / "new").write_text(POINTER.replace("98765", "7"))
    (repo.outside / "extended").write_text(POINTER.replace("oid", f"ext-0-foo sha256:{OID}\noid"))
    summary = run_agent(repo, f"cd {repo.outside}; cp new extended $OLDPWD/src; cd - > /dev/null; mv src/new src/x.bin\n"
                        "mv src/extended src/ext.bin; rm src/old.bin; : > src/empty.bin\n"
                        "ln -s raw.bin src/link.bin; git mv src/raw.bin src/raw.txt").must(0).json
    assert repo.show(summary["branch"], "src/x.bin") == POINTER.replace("98765", "7").strip()
    assert "src/raw.txt" in summary["changed_files"]


NO_POINTERS = [
    "x", "\n", POINTER[:-1], POINTER + "\n", POINTER + "x 1\n", POINTER.replace("\n", "\r\n"), "\n" + POINTER, POINTER * 2,
    POINTER.replace("version ", "version"), POINTER.replace("v1", "v2"), POINTER.replace("sha256", "sha1"),
    POINTER.replace("0123456789abcdef", "0123456789ABCDEF"), POINTER.replace("f\n", "\n"), POINTER.replace("f\n", "ff\n"),
    POINTER.replace("98765", ""), POINTER.replace("98765", "-1"), POINTER.replace("size 98765\n", ""), "version", "version ",
    POINTER.replace("\noid", " \noid"), POINTER + "\0", POINTER.replace("98765", "1\0"), "oid\n",
    POINTER.replace("98765", "1" * 1100), POINTER.replace("oid", f"ext-0 {OID}\noid"), POINTER.replace("oid", "ext-0-x"),
]


def test_what_is_no_pointer(repo):
    configured(repo)
    committed(repo, {".gitattributes": LFS})
    copies = repo.outside / "copies"
    copies.mkdir()
    for number, content in enumerate(NO_POINTERS):
        (copies / f"{number:02}.bin").write_bytes(content.encode())
    raw(repo, run_agent(repo, f"cp {copies}/* src"), *[f"src/{number:02}.bin" for number in range(len(NO_POINTERS))])


@pytest.mark.parametrize("attributes, edit, paths", [
    ({}, "echo '*.py filter=lfs' > src/.gitattributes; echo x >> src/calc.py", ["src/calc.py"]),
    ({"src/.gitattributes": "*.py filter=lfs\n"}, "rm src/.gitattributes; echo x > src/new.py", ["src/new.py"]),
    ({"src/.gitattributes": "[attr]big filter=lfs\n"}, NEW_RAW, []),
    ({".gitattributes": "[attr]big filter=lfs\n*.bin big\n"}, NEW_RAW, ["src/new.bin"]),
    ({"src/a/b/.gitattributes": LFS}, "mkdir -p src/a/c; echo x | tee src/x.bin src/a/x.bin src/a/c/x.bin > src/a/b/x.bin",
     ["src/a/b/x.bin"]),
    ({".gitattributes": LFS, "src/.gitattributes": "*.bin -filter\n"}, NEW_RAW, []),
    ({".gitattributes": LFS, "src/.gitattributes": "*.bin filter\n"}, NEW_RAW, []),
    ({"src/.gitattributes": "/new.bin filter=lfs\n"}, NEW_RAW + "; mkdir src/a; cp src/new.bin src/a", ["src/new.bin"]),
    ({"docs/.gitattributes": LFS}, NEW_RAW, []),
], ids=range(9))
def test_which_attributes_count(repo, attributes, edit, paths):
    """Those of the base and those of the change; not the user's checkout."""
    if attributes:
        committed(repo, attributes)
    result = run_agent(repo, edit)
    if paths:
        raw(repo, result, *paths)
    else:
        result.must(0)


def test_attributes_beside_the_tree_count(repo):
    repo.write(".git/info/attributes", LFS)
    raw(repo, run_agent(repo, NEW_RAW), "src/new.bin")


def test_attributes_of_the_checkout_do_not_count(repo):
    repo.agent(NEW_RAW)
    repo.bundle()
    repo.settle()
    repo.write(".gitattributes", LFS)
    repo.run("ws-fix", "--allow-dirty").must(0)


def test_new_file_of_another_filter(repo):
    configured(repo, "crypt")
    committed(repo, {".gitattributes": "*.key filter=crypt\n*.bin filter=unknown\n"})
    edit = "echo secret > src/new.key; " + NEW_RAW
    raw(repo, run_agent(repo, edit), "src/new.key", name="crypt")
    repo.config(filters="ignore")
    repo.run().must(0)


def test_byproducts_of_filter_lfs_are_nobodys(repo):
    committed(repo, {".gitattributes": LFS})
    repo.agent(FIX)
    repo.bundle(acceptance_tests=[NEW_RAW])
    repo.run().must(0)
