"""tools/lint_layers finds what it is there for, in a small tree made for it; shellcheck finds nothing in this one."""

import re
import shutil
import subprocess
import sys

import pytest

from support import SOURCE


def lint(root):
    done = subprocess.run([sys.executable, SOURCE / "tools/lint_layers", root], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("path, text, word", [
    ("src/engine/a.c", '#include "wsfsm/repo/repo.h"\n', "may not include"),
    ("src/store/a.c", '#include "wsfsm/repo/repo.h"\n', "may not include"),
    ("include/wsfsm/base/a.h", '#include "wsfsm/machine/machine.h"\n', "may not include"),
    ("src/machine/a.c", '#include "wsfsm/steps/handlers.h"\n', "may not include"),
    ("src/run/a.c", "#include <sqlite3.h>\n", "sqlite3.h"),
    ("include/wsfsm/repo/a.h", "#include <git2.h>\n", "git2.h"),
    ("src/proc/a.c", "#include <pthread.h>\n", "pthread"),
    ("include/wsfsm/proc/a.h", "#include <threads.h>\n", "threads"),
    ("src/proc/a.c", "void f(void)\n{\n    pthread_create(0, 0, 0, 0);\n}\n", "pthread_create()"),
    ("src/engine/a.c", '#include "../store/internal.h"\n', "same folder"),
    ("include/wsfsm/store/a.h", '#include "internal.h"\n', "not public"),
    ("src/store/a.c", 'void f(void)\n{\n    printf("x");\n}\n', "prints and exits"),
    ("src/cli/a.c", "void f(void)\n{\n    system(0);\n}\n", "system()"),
    ("src/base/a.c", "int x;\n" * 501, "501 lines"),
    ("src/base/a.c", "int f(void)\n{\n" + "    g();\n" * 71 + "}\n", "function of 71 lines"),
    ("src/nolayer/a.c", "int x;\n", "no layer"),
])
def test_finding(tmp_path, path, text, word):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    code, said = lint(tmp_path)
    assert code == 1 and word in said and path + ":" in said


@pytest.mark.parametrize("path, text", [
    ("src/cli/a.c", '#include "wsfsm/run/run.h"\nvoid f(void)\n{\n    printf("x");\n}\n'),
    ("src/store/a.c", '#include <sqlite3.h>\n#include "internal.h"\n/* exit(1) */\nconst char *a = "printf(";\n'),
    ("src/repo/a.c", "void f(void)\n{\n    _exit(1);\n    s->exit(1);\n    snprintf(a, 1, b);\n}\n"),
])
def test_sound(tmp_path, path, text):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert lint(tmp_path) == (0, "layers: sound\n")


def test_this_tree_is_sound():
    assert lint(SOURCE) == (0, "layers: sound\n")


def scripts():
    """The shell scripts of the tree, and the file that they read in."""
    for top in (".ci", "tools", "tests"):
        for path in (SOURCE / top).rglob("*"):
            if path.is_file() and re.match(rb"#!.*\b(ba)?sh\n", path.open("rb").readline()):
                yield path
    yield SOURCE / "tools/packages.sh"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    found = sorted(scripts())
    assert SOURCE / "tools/check" in found and SOURCE / ".ci/run" in found
    done = subprocess.run(["shellcheck", "-x", *found], cwd=SOURCE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
