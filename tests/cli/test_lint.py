"""tools/lint_layers finds what it is there for, in a small tree made for it."""

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
