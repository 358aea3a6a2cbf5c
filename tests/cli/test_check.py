"""tools/check and .ci/run say what came of the tests, and a skip in CI is no success. Nothing is built here: cmake, ctest
and dpkg-query are stand-ins."""

import os
import shutil
import subprocess
import sys

import pytest

from support import SOURCE

ALL_PASSED = "100% tests passed, 0 tests failed out of 20"
SOME_FAILED = "90% tests passed, 2 tests failed out of 20"
ROUNDS = 5


@pytest.fixture(name="call")
def fixture_call(tmp_path):
    """call(what ctest says, program, options): its exit code and what it said last."""
    programs = tmp_path / "bin"
    for folder in (programs, tmp_path / "tools", tmp_path / ".ci"):
        folder.mkdir()
    for name in (".ci/run", "tools/check", "tools/memcheck", "tools/fuzz", "tools/packages.sh", "tools/packages.txt"):
        shutil.copy(SOURCE / name, tmp_path / name)

    def stand_in(name, text):
        (programs / name).write_text("#!/bin/sh\n" + text)
        (programs / name).chmod(0o755)

    stand_in("dpkg-query", "printf 'install ok installed'\n")
    stand_in("cmake", 'case "$*" in "--build "*"/$BROKEN "*) echo broken && exit 1 ;; esac\n'
                      'while [ $# -gt 0 ]; do [ "$1" != -B ] || mkdir -p "$2"; shift; done\n')

    def call(says, program, *options, **env):
        stand_in("ctest", f"{says}\n")
        path = f"{programs}:{os.environ['PATH']}"
        done = subprocess.run([tmp_path / program, *options], env={**os.environ, "PATH": path, **env},
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()[-1]

    return call


def test_every_round_is_counted(call):
    says = f"echo '{ALL_PASSED}'"
    assert call(says, "tools/check", "--quick") == (0, "20 passed, 0 failed")
    assert call(says, "tools/check") == (0, f"{20 * ROUNDS} passed, 0 failed")
    assert call(says, ".ci/run") == (0, f"{20 * ROUNDS} passed, 0 failed")


@pytest.mark.parametrize("round_of", ["check", "asan", "tsan", "valgrind", "fuzz"])
def test_a_failure_in_any_round_is_told(call, round_of):
    says = f"case $* in *build/{round_of}*) echo '{SOME_FAILED}' && exit 8 ;; *) echo '{ALL_PASSED}' ;; esac"
    assert call(says, ".ci/run") == (1, f"{20 * ROUNDS - 2} passed, 2 failed")


@pytest.mark.parametrize("says", ["echo 'No tests were found!!!'", ":", "kill -9 $$",
                                  "echo '100% tests passed, 0 tests failed out of 0'"])
def test_no_test_is_no_success(call, says):
    assert call(says, "tools/check", "--quick") == (1, "0 passed, 1 failed")
    assert call(says, ".ci/run") == (1, f"0 passed, {ROUNDS} failed")


@pytest.mark.parametrize("round_of, last", [("check", "broken"), ("valgrind", f"{20 * (ROUNDS - 1)} passed, 1 failed"),
                                            ("fuzz", f"{20 * (ROUNDS - 1)} passed, 1 failed")])
def test_a_build_that_fails_is_no_success(call, round_of, last):
    assert call(f"echo '{ALL_PASSED}'", ".ci/run", BROKEN=round_of) == (1, last)


def test_ci_is_told_to_the_tests(call):
    assert call(f'[ "$CI" != true ] || echo "{ALL_PASSED}"', ".ci/run")[0] == 0


SKIPPED = "import pytest\n\ndef test_a():\n    pass\n\n@pytest.mark.skip(reason='{}')\ndef test_b():\n    pass\n"
SKIPPED_BY_A_FIXTURE = "import pytest\n\n@pytest.fixture\ndef it():\n    pytest.skip('gone')\n\ndef test(it):\n    pass\n"
SKIPPED_FILE = "import pytest\n\npytest.skip('gone', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n\n@pytest.mark.xfail\ndef test():\n    assert False\n"


@pytest.mark.parametrize("text, in_ci, elsewhere", [
    (SKIPPED.format("gone"), 1, 0),
    (SKIPPED.format("optional: gone"), 0, 0),
    (SKIPPED_BY_A_FIXTURE, 1, 0),
    (SKIPPED_FILE, 5, 5),  # nothing was collected
    (EXPECTED_TO_FAIL, 1, 0),
])
def test_a_skip_in_ci_is_a_failure(tmp_path, text, in_ci, elsewhere):
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "conftest.py").write_text("from ci_rule import pytest_runtest_makereport\n")
    for expected, ci in ((in_ci, "true"), (elsewhere, "")):
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"], cwd=tmp_path,
                              env={**os.environ, "PYTHONPATH": str(SOURCE / "tests/cli"), "CI": ci}, check=False)
        assert done.returncode == expected


@pytest.mark.parametrize("suite", ["cli", "fault", "extending"])
def test_the_rule_holds_for_every_suite(suite):
    assert "import pytest_runtest_makereport" in (SOURCE / "tests" / suite / "conftest.py").read_text()
