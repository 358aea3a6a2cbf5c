"""What a process inherits - variables, limits, signals, a folder - misleads wsfsm into nothing and starts nothing."""

import os
import resource
import signal
import subprocess

import pytest

from support import FIX, WSFSM, finish

ENVIRONMENT = {
    "GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nowhere/i", "GIT_OBJECT_DIRECTORY": "/nowhere/o",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nowhere", "GIT_COMMON_DIR": "/nowhere", "GIT_NAMESPACE": "evil",
    "GIT_CEILING_DIRECTORIES": "/", "GIT_CONFIG_PARAMETERS": "'core.bare=true'", "GIT_TEMPLATE_DIR": "{canary}",
    "GIT_EXTERNAL_DIFF": "{canary}", "GIT_SSH_COMMAND": "{canary}", "GIT_ASKPASS": "{canary}", "GIT_EDITOR": "{canary}",
    "GIT_PAGER": "{canary}", "PAGER": "{canary}", "EDITOR": "{canary}", "GIT_EXEC_PATH": "/nowhere", "BASH_ENV":
    "{canary}", "ENV": "{canary}", "IFS": "/", "PYTHONSTARTUP": "{canary}", "NODE_OPTIONS": "--require={canary}",
    "GIT_TRACE": "{outside}/trace", "GIT_TRACE2": "{outside}/trace", "SQLITE_TMPDIR": "/nowhere", "TMPDIR": "/nowhere",
    "HOME": "/nowhere", "XDG_CONFIG_HOME": "relative", "LC_ALL": "tr_TR.UTF-8", "TZ": ":/etc/passwd", "SHELL":
    "{canary}", "PATH": "", "TERM": "\x1b[2J", "LANG": "x" * 5000, "WSFSM_RUN_ID": "../../x", "WSFSM_KEY": "r/1",
    "COLUMNS": "-1", "GIT_AUTHOR_DATE": "never", "GIT_AUTHOR_NAME": "", "MALLOC_PERTURB_": "165",
    "PIPELINE_DRY_RUN": "0", "AIDER_MODEL": "--evil",
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_environment_misleads_nobody(ready, name):
    canary = ready.script("canary.sh", f"echo $0 >> {ready.outside}/ran\n")
    ready.settle()
    ready.watched = ready.checkout()
    value = ENVIRONMENT[name].format(canary=canary, outside=ready.outside)
    process = subprocess.Popen([WSFSM, "run", "--ws-id", "ws-fix", "--json"], cwd=ready.root, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**ready.env, name: value})
    result = finish(process)
    assert result.rc == (1 if name in ("PATH", "IFS") and result.rc == 1 else 0), result
    assert not (ready.outside / "ran").exists() and not (ready.outside / "trace").exists()
    ready.unchanged()
    if result.rc == 0:
        assert ready.git("rev-list", "--count", f"main..{result.json['branch']}") == "1"


@pytest.mark.parametrize("entries", [
    {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "{canary}"},
    {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": "{outside}"},
    {"GIT_CONFIG_COUNT": "99999999999"}, {"GIT_CONFIG_COUNT": "-1"}, {"GIT_CONFIG_GLOBAL": "{outside}/config"},
    {"GIT_CONFIG_SYSTEM": "{outside}/config", "GIT_CONFIG_NOSYSTEM": "0"}, {"GIT_CONFIG": "{outside}/config"},
], ids=lambda entries: " ".join(entries))
def test_configuration_by_environment_starts_nothing(ready, entries):
    canary = ready.script("post-checkout", f"echo $0 >> {ready.outside}/ran\n")
    (ready.outside / "config").write_text(f"[core]\n fsmonitor = {canary}\n hooksPath = {ready.outside}\n pager = "
                                          f"{canary}\n[gpg]\n program = {canary}\n[commit]\n gpgSign = true\n")
    ready.settle()
    env = {key: value.format(canary=canary, outside=ready.outside) for key, value in entries.items()}
    process = subprocess.Popen([WSFSM, "run", "--ws-id", "ws-fix"], cwd=ready.root, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**ready.env, **env})
    finish(process).must(0)
    assert not (ready.outside / "ran").exists()


def test_no_environment_at_all(ready):
    ready.settle()
    process = subprocess.Popen([WSFSM, "run", "--ws-id", "ws-fix"], cwd=ready.root, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={})
    result = finish(process)
    assert result.rc in (0, 1), result


def test_preload_is_not_handed_on(ready):
    ready.agent(f"tr '\\0' '\\n' < /proc/self/environ > {ready.outside}/env; {FIX}")
    ready.settle()
    ready.run("ws-fix", env={"LD_PRELOAD": "/nowhere/evil.so", "LD_AUDIT": "", "LD_LIBRARY_PATH": "/nowhere"}).must(0)
    assert "LD_" not in (ready.outside / "env").read_text()


PROCESS = {
    "few descriptors": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)),
    "umask 0": lambda: os.umask(0), "umask 0777": lambda: os.umask(0o777), "SIGCHLD ignored":
    lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN), "SIGPIPE ignored":
    lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN), "everything blocked":
    lambda: signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 64)) - {9, 19, 32, 33}),
    "small stack": lambda: resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10)),
    "no core": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
}


@pytest.mark.parametrize("name", PROCESS)
def test_what_a_process_inherits(ready, name):
    result = ready.wsfsm("run", "--ws-id", "ws-fix", preexec_fn=PROCESS[name], guard=False)
    assert result.rc in ((0, 4) if name in ("umask 0777", "few descriptors") else (0,)), result
    if name == "umask 0":
        assert ready.database.stat().st_mode & 0o777 == 0o600
        assert (ready.root / ".wsfsm").stat().st_mode & 0o777 == 0o700


def test_current_folder_that_is_gone(ready):
    ready.settle()
    gone = ready.outside / "gone"
    gone.mkdir()
    line = 'cd "$1"; rmdir "$1"; shift; exec "$@"'
    for args, codes in ((["version"], (0,)), (["status"], (4,)), (["-C", ready.root, "status"], (0, 4))):
        gone.mkdir(exist_ok=True)
        done = subprocess.run(["/bin/sh", "-c", line, "sh", gone, WSFSM, *args], cwd="/", env=ready.env,
                              capture_output=True, check=False, timeout=30)
        assert done.returncode in codes, done


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("args", [["run", "--ws-id", "ws-fix", "--dry-run"], ["db", "init"]], ids=["run", "init"])
def test_rights_of_others_are_taken(ready, args):
    ready.run("ws-fix", "--dry-run").must(0)
    ready.database.parent.chmod(0o755)
    ready.database.chmod(0o644)
    ready.wsfsm("status").must(0)
    assert (mode(ready.database.parent), mode(ready.database)) == (0o755, 0o644)  # who reads changes nothing
    ready.wsfsm(*args).must(0)
    assert (mode(ready.database.parent), mode(ready.database)) == (0o700, 0o600)


def test_rights_of_a_database_elsewhere(ready):
    """Its folder is not wsfsm's. A journal that a crash left holds pages of the database."""
    database = ready.outside / "state.db"
    ready.wsfsm("db", "init", "--db", database).must(0)
    for file in (database, ready.outside / "state.db-journal"):
        file.touch()
        file.chmod(0o664)
    ready.outside.chmod(0o755)
    ready.wsfsm("db", "init", "--db", database).must(0)
    assert (mode(database), mode(ready.outside)) == (0o600, 0o755)
    journal = ready.outside / "state.db-journal"
    assert not journal.exists() or mode(journal) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_rights_of_a_database_of_somebody_else(ready):
    ready.run("ws-fix", "--dry-run").must(0)
    ready.database.chmod(0o644)
    os.chown(ready.database, 65534, 65534)
    ready.wsfsm("db", "init").must(0)
    assert mode(ready.database) == 0o644
