"""FIFOs where git looks for a file, there before the run: named, or passed over. Nothing waits for their writer."""

import os
import subprocess

import pytest

from support import WSFSM, finish

PASSED, NAMED = 0, 4

# In the user's checkout. Of these only the rules are read.
CHECKOUT = {
    ".gitignore": NAMED,
    "docs/.gitignore": NAMED,
    "new/deep/.gitignore": NAMED,
    ".gitattributes": NAMED,
    "docs/.gitattributes": NAMED,
    ".gitmodules": PASSED,
    ".mailmap": PASSED,
    "fifo": PASSED,
    "nested/.gitignore": NAMED,    # a repository of its own
    "cache/.gitignore": PASSED,    # ignored: not looked into
}


def call(repo, *args):
    """Without a look at the checkout, at which the test's own git would wait."""
    process = subprocess.Popen([WSFSM, *args], cwd=repo.root, env=repo.env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return finish(process, args, 30)


def plant(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def is_told(result, rc, path):
    result.must(rc)
    assert rc == PASSED or result.error["where"] == str(path), result


@pytest.fixture
def settled(ready):
    ready.write(".gitignore", "cache/\n.gitmodules\n.mailmap\nfifo\n")
    ready.commit("Rules")
    ready.settle()
    ready.git("init", "-q", "nested")
    yield ready
    for fifo in ready.base.rglob("*"):
        if fifo.is_fifo():
            fifo.unlink()
    ready.git("checkout", "-q", ".")


@pytest.mark.parametrize("place", CHECKOUT)
def test_in_the_checkout(settled, place):
    fifo = plant(settled.root / place)
    is_told(call(settled, "run", "--ws-id", "ws-fix", "--json"), CHECKOUT[place], fifo)
    call(settled, "status").must(0)


@pytest.mark.parametrize("place", [".gitignore", "docs/.gitattributes"])
def test_by_a_link(settled, place):
    fifo = plant(settled.outside / "fifo")
    link = settled.root / place
    link.unlink(missing_ok=True)
    link.symlink_to(fifo)
    is_told(call(settled, "run", "--ws-id", "ws-fix", "--json"), NAMED, link)


@pytest.mark.parametrize("key", ["core.excludesFile", "core.attributesFile", "include.path",
                                 "includeIf.gitdir:/nowhere/.path"])
def test_named_by_a_setting(settled, key):
    """A condition that does not hold is not asked: it might hold for the next one."""
    fifo = plant(settled.outside / "a fifo")
    settled.git("config", key, fifo)
    is_told(call(settled, "run", "--ws-id", "ws-fix", "--json"), NAMED, fifo)


def test_included_by_an_included_file(settled):
    fifo = plant(settled.home / "fifo")
    settled.write("../more/settings", "[include] path = even-more # twice\n")
    settled.write("../more/even-more", '[core]\n\tx = y\n[includeIf "onbranch:x"]\n\tPath = "~/fi\\\nfo"\n')
    settled.git("config", "include.path", "../../more/settings")
    is_told(call(settled, "status", "--json"), NAMED, fifo)


@pytest.mark.parametrize("key", ["core.excludesFile", "core.attributesFile", "include.path"])
@pytest.mark.parametrize("value", ["/dev/null", "/nowhere", "~/nothing"])
def test_settings_that_name_nothing(settled, key, value):
    settled.git("config", key, value)
    call(settled, "run", "--ws-id", "ws-fix").must(0)


def test_settings_that_include_each_other(settled):
    settled.git("config", "include.path", "x/../config")
    (settled.root / ".git/x").mkdir()
    result = call(settled, "status", "--json").must(4)
    assert "include" in result.error["message"], result
    settled.watched = None
    (settled.root / ".git/config").write_text("[core]\n")


@pytest.mark.parametrize("file", ["pack/pack-1.idx", "info/alternates", "info/commit-graph", "pack/multi-pack-index"])
def test_in_borrowed_objects(settled, file):
    settled.write("../other/info/x", "")
    settled.write("../more/info/x", "")
    settled.write("../other/info/alternates", f"# more\n{settled.base}/more\n")
    settled.write(".git/objects/info/alternates", "../../../other\n")
    fifo = plant(settled.base / "more" / file)
    result = call(settled, "status", "--json").must(4)
    assert os.path.realpath(result.error["where"]) == str(fifo), result


def test_in_the_place_of_a_borrowed_object(settled):
    oid = settled.git("rev-parse", "HEAD")
    settled.write(".git/objects/info/alternates", f"{settled.base}/other\n")
    plant(settled.base / "other" / oid[:2] / oid[2:])
    (settled.root / ".git/objects" / oid[:2] / oid[2:]).rename(settled.base / "kept")
    result = call(settled, "run", "--ws-id", "ws-fix", "--json").must(4)
    assert oid[:2] in result.stderr, result
    (settled.base / "kept").rename(settled.root / ".git/objects" / oid[:2] / oid[2:])


def test_objects_borrowed_from_nowhere(settled):
    settled.write(".git/objects/info/alternates", f"{settled.base}/nowhere\nnowhere\n\n")
    call(settled, "run", "--ws-id", "ws-fix").must(0)
