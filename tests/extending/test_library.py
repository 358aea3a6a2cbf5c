"""An installed wsfsm, moved to another folder, and programs that are built with it and nothing else of the source."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import page
import support
from confine_support import WHY_NOT
from confine_support import tool as confine_tool
from support import FIX, IS_FIXED, wait_for

BUILD = Path(os.environ.get("WSFSM_BUILD", page.SOURCE / "build"))
SANITIZE = [f"-fsanitize={os.environ['WSFSM_SANITIZE']}"] if os.environ.get("WSFSM_SANITIZE") else []
BEGINNING = """    int supervised = ws_proc_main(argc, argv);
    if (supervised >= 0)
        return supervised;
"""


def must(*command, **how):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **how)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Installation:
    def __init__(self, folder):
        self.folder = folder
        must("cmake", "--install", BUILD, "--prefix", folder / "first")
        (folder / "first").rename(folder / "moved")
        self.prefix = folder / "moved"
        [self.pc] = self.prefix.rglob("wsfsm.pc")
        self.wsfsm = self.prefix / "bin/wsfsm"

    def flags(self, *wanted):
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.pc.parent)}
        return shlex.split(must("pkg-config", *wanted, "wsfsm", env=env))

    def program(self, name, text):
        source, target = self.folder / f"{name}.c", self.folder / name
        source.write_text(text)
        must(os.environ.get("CC", "cc"), "-std=c17", "-Wall", "-Wextra", "-Werror", *SANITIZE, "-o", target, source,
             *self.flags("--cflags", "--libs"))
        return target


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installation(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def program(installed):
    return installed.program("program", page.block("library", "program", "program.c"))


@pytest.fixture
def user(tmp_path):
    repo = support.Repo(tmp_path)
    repo.agent(FIX)
    repo.bundle(acceptance_tests=[IS_FIXED])
    yield repo
    assert not repo.leftovers()
    repo.unchanged()


def call(user, program, *args, **how):
    user.settle()
    user.watched = user.checkout()
    return subprocess.run([program, *(args or (user.root, "ws-fix"))], cwd="/", env=user.env, capture_output=True,
                          text=True, check=False, timeout=60, **how)


def test_what_is_installed(installed):
    there = {str(path.relative_to(installed.prefix)) for path in installed.prefix.rglob("*") if path.is_file()}
    for wanted in ("bin/wsfsm", "include/wsfsm/wsfsm.h", "share/man/man1/wsfsm.1", "share/man/man1/wsfsm-report.1",
                   "share/bash-completion/completions/wsfsm", "share/zsh/site-functions/_wsfsm",
                   "share/fish/vendor_completions.d/wsfsm.fish", "share/doc/wsfsm/LICENSE"):
        assert wanted in there, sorted(there)
    assert must(installed.wsfsm, "version").startswith("wsfsm " + installed_version(installed))


def installed_version(installed):
    return must("pkg-config", "--modversion", installed.pc).strip()


def test_names_are_ours(installed):
    [archive] = installed.prefix.rglob("libwsfsm.a")
    names = [line.split() for line in must("nm", "--defined-only", "--extern-only", archive).splitlines()]
    foreign = {words[2] for words in names if len(words) == 3 and not re.match(r"_*(ws_|asan|odr|tsan|ubsan)", words[2])}
    assert not foreign


def test_each_header_stands_for_itself(installed):
    headers = sorted((installed.prefix / "include").rglob("*.h"))
    for header in headers:
        must(os.environ.get("CC", "cc"), "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
             *installed.flags("--cflags"), "-include", header, "-x", "c", "-", input="extern int something;\n")


def test_cpp_includes_all_of_it(installed):
    """The one header from C++, and it has them all; a program links."""
    include = installed.prefix / "include"
    names = {str(path.relative_to(include)) for path in include.rglob("*.h")}
    named = set(re.findall(r'#include "(.*)"', (include / "wsfsm/wsfsm.h").read_text()))
    assert named == names - {"wsfsm/wsfsm.h", "wsfsm/steps/handlers.h"}
    source = installed.folder / "all.cpp"
    source.write_text("".join(f"#include <{name}>\n" for name in ["wsfsm/wsfsm.h", *sorted(names)]) + """
#include <cstdio>
int main(int argc, char **argv)
{
    int status = ws_proc_main(argc, argv);
    if (status >= 0)
        return status;
    ws_stop stop;
    ws_error err{};
    if (ws_stop_init(&stop, &err) < 0)
        return 1;
    ws_stop_release(&stop);
    std::printf("%s %s\\n", ws_machine_shipped.digest, WS_STEP_EDIT);
}
""")
    target = installed.folder / "all"
    for standard in ("c++11", "c++17", "c++20"):
        must("c++", f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *SANITIZE, "-o", target, source,
             *installed.flags("--cflags", "--libs"))
    digest, step = must(target).split()
    assert digest in must(installed.wsfsm, "version") and step == "edit"


def test_program_runs_a_workstream(user, program, installed):
    done = call(user, program)
    assert done.returncode == 0, done
    run_id, state, commit = done.stdout.split()
    assert state == "done" and user.git("rev-parse", f"ws/{run_id}/ws-fix") == commit
    assert user.history()[-1] == ("runtime_check", "passed", "done")
    must(installed.wsfsm, "verify", cwd=user.root, env=user.env)


def test_program_is_told_of_a_failure(user, program):
    user.bundle(acceptance_tests=["false"])
    done = call(user, program)
    assert done.returncode == 1 and done.stdout.split()[1:] == ["failed", "failed"], done


def test_program_is_told_what_is_wrong(user, program):
    assert "ws-fix" in call(user, program, user.root, "ws-fiy").stderr
    assert call(user, program, "/", "ws-fix").returncode == 2


def test_wsfsm_cancels_the_programs_run(user, program, installed):
    user.agent("sleep 100")
    user.settle()
    process = subprocess.Popen([program, user.root, "ws-fix"], cwd="/", env=user.env, stdout=subprocess.PIPE, text=True)
    assert wait_for(lambda: user.database.exists() and user.events("tool_started"))
    [run] = user.rows("SELECT run_id FROM runs")
    must(installed.wsfsm, "cancel", "--run-id", run["run_id"], cwd=user.root, env=user.env)
    assert process.communicate(timeout=30)[0].split()[1:] == ["failed", "cancel"]
    assert process.returncode == 1


def test_nothing_outlives_the_program(user, program):
    user.agent("setsid sleep 100 & echo $! > ../pid; sleep 100")
    user.settle()
    process = subprocess.Popen([program, user.root, "ws-fix"], cwd="/", env=user.env)
    assert wait_for(lambda: user.database.exists() and user.events("tool_started") and len(user.processes()) > 2)
    process.kill()
    process.wait()
    assert not user.leftovers(10)


def test_installed_wsfsm_supervises_a_program_that_does_not(user, installed):
    text = page.block("library", "program", "program.c")
    assert BEGINNING in text
    other = installed.program("named", text.replace(BEGINNING, f'    ws_proc_set_guard("{installed.wsfsm}");\n'))
    assert call(user, other).returncode == 0


def test_program_that_names_no_supervisor_is_not_started_twice(user, installed):
    text = page.block("library", "program", "program.c").replace(BEGINNING, '    puts("began");\n')
    done = call(user, installed.program("forgetful", text))
    assert done.returncode == 2 and "ws_proc_main()" in done.stderr
    assert done.stdout == "began\n" and not (user.root / ".wsfsm").exists()


@pytest.fixture
def elsewhere():
    """Not in /tmp: a confined tool's is its own."""
    with tempfile.TemporaryDirectory(prefix="wsfsm-confined-", dir="/var/tmp") as folder:
        repo = support.Repo(folder)
        repo.bundle(acceptance_tests=[IS_FIXED])
        yield repo


def test_program_confines_a_tool(elsewhere, program):
    """It finds itself in the sandbox, too."""
    if WHY_NOT:
        pytest.skip(f"optional: tools cannot be confined here: {WHY_NOT}")
    user = elsewhere
    confine_tool(user, FIX)
    assert call(user, program).returncode == 0
    [record] = [json.loads(event["payload_json"]) for event in user.events("tool_finished") if "agent" in
                event["payload_json"]]
    assert record["confined"] == "bubblewrap"


def test_packages(tmp_path):
    """Debian's: the program with the libraries that it is linked with, and what other programs are built with."""
    for needed in ("dpkg-deb", "dpkg-shlibdeps"):
        if not shutil.which(needed):
            pytest.skip(f"optional: no {needed} here")
    must("cpack", "-G", "DEB", "-B", tmp_path, cwd=BUILD)
    packages = {must("dpkg-deb", "-f", file, "Package").strip(): file for file in tmp_path.glob("*.deb")}
    assert set(packages) == {"wsfsm", "libwsfsm-dev"}
    depends = must("dpkg-deb", "-f", packages["wsfsm"], "Depends")
    shared = "libgit2.so" in must("objdump", "-p", BUILD / "wsfsm")  # else it is in the program
    for library in ("libc6", "libjansson", "libsodium", "libsqlite3", "libyaml", *(["libgit2"] if shared else [])):
        assert library in depends, depends
    for file in packages.values():
        must("dpkg-deb", "-x", file, tmp_path / "root")
    assert must(tmp_path / "root/usr/bin/wsfsm", "version").startswith("wsfsm ")
    assert (tmp_path / "root/usr/include/wsfsm/wsfsm.h").exists() and list(tmp_path.glob("root/usr/lib/**/wsfsm.pc"))
