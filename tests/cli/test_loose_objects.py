"""Loose objects that are damaged, as a machine that went down leaves them: named, and never waited for."""

import zlib

import pytest

from support import FIX, IS_FIXED
from test_hostile_edit import call

NEEDED = {"commit": "HEAD", "tree": "HEAD^{tree}", "folder": "HEAD:src", "file": "HEAD:src/calc.py"}


def place(repo, name):
    oid = repo.git("rev-parse", name)
    return repo.root / ".git/objects" / oid[:2] / oid[2:]


def put(path, data):
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.fixture
def sound(repo):
    repo.agent(FIX)
    repo.bundle(acceptance_tests=[IS_FIXED])
    repo.settle()
    return repo


def is_named(repo, path, *args):
    result = call(repo, *args).must(4)
    assert "damaged" in result.stderr and f"objects/{path.parent.name}/{path.name}" in result.stderr, result


@pytest.mark.parametrize("kept", [1, 2, 5, 15, -5, -1], ids=str)
@pytest.mark.parametrize("name", NEEDED)
def test_one_that_ends_too_early(sound, name, kept):
    path = place(sound, NEEDED[name])
    whole = path.read_bytes()
    put(path, whole[:kept])
    is_named(sound, path, "run", "--ws-id", "ws-fix", "--run-id", "r1")
    if name in ("commit", "tree"):
        is_named(sound, path, "run", "--ws-id", "ws-fix", "--dry-run")
    put(path, whole)
    sound.run("ws-fix", "--run-id", "r1").must(0)
    sound.wsfsm("verify").must(0)


@pytest.mark.parametrize("text", [b"blob 5\0abcdef", b"blob 7\0abcdef", b"blob -6\0abcdef", b"blob\0abcdef", b"blob 6abcdef",
                                  b"ofs-delta 6\0abcdef", b"blob 99999999999999999999\0abcdef", b"", b"blob 6 \0abcdef"])
def test_one_that_says_what_it_is_not(sound, text):
    path = place(sound, "HEAD:src/calc.py")
    put(path, zlib.compress(text))
    is_named(sound, path, "run", "--ws-id", "ws-fix")


def test_one_that_is_another(sound):
    """Whole, and not what its name says."""
    path = place(sound, "HEAD:src/calc.py")
    put(path, zlib.compress(b"blob 6\0abcdef"))
    result = call(sound, "run", "--ws-id", "ws-fix").must(4)
    assert "mismatch" in result.stderr, result


@pytest.mark.parametrize("level", [0, 1, 9])
def test_however_it_was_compressed(sound, level):
    """git writes them as core.looseCompression says; a file of more than one buffer, too."""
    sound.write("src/large.txt", "".join(f"line {n}\n" for n in range(60000)))
    sound.write("src/empty.txt", "")
    sound.git("config", "core.looseCompression", level)
    sound.commit("Large")
    sound.run("ws-fix").must(0)
    assert (sound.worktree() / "src/large.txt").read_text() == sound.read("src/large.txt")
