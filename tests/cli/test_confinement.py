"""What a confined tool can and cannot do. The repositories lie in /var/tmp: a tool's /tmp is its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from support import FIX, IS_FIXED, WSFSM, Repo, finish, patch, processes_with, wait_for, CALC, CALC_FIXED
from test_processes import LEAVERS

PYTHON = "/usr/bin/python3"
TOOLS = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def why_not():
    """Why bubblewrap does not work here; None when it does."""
    if not shutil.which("bwrap", path=TOOLS["PATH"]):
        return "bubblewrap is not installed"
    done = subprocess.run(["bwrap", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "--dev",
                           "/dev", "true"], env=TOOLS, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip()


WHY_NOT = why_not()
confined = pytest.mark.skipif(WHY_NOT is not None, reason=f"optional: tools cannot be confined here: {WHY_NOT}")


@pytest.fixture
def tmp_path():
    folder = Path(tempfile.mkdtemp(prefix="wsfsm-confined-", dir="/var/tmp"))
    yield folder
    left = processes_with(f"WSFSM_REPO={folder}/repo".encode())
    assert not left, left


def tool(repo, text, tool_id="agent", **profile):
    """A shell command as a confined tool; without a script, which a repository in /tmp would hide."""
    repo.tool(tool_id, **{"type": "ai", "command": "/bin/sh", "args": ["-c", text], "sandbox": "on", "timeout_sec": 50,
                          **profile})


def python(repo, text, **profile):
    tool(repo, FIX, command=PYTHON, args=["-c", text], **profile)


def record(result, step="edit", number=0):
    """The record of a tool of that step's last attempt."""
    return result.json["step_results"][step]["details"]["tools"][number]


def gone(repo, seconds=3):
    return wait_for(lambda: not processes_with(f"WSFSM_REPO={repo.root}".encode()), seconds)


def content(folder):
    """Every file below, with its bytes."""
    return {str(path): path.is_symlink() or path.read_bytes() for path in sorted(Path(folder).rglob("*"))
            if path.is_symlink() or path.is_file()}


# --- what is in force, and what is said of it

@confined
def test_a_run_confined_in_all_its_steps(repo):
    tool(repo, FIX)
    tool(repo, IS_FIXED, "check", type="static_check", network="off")
    repo.config(acceptance={"sandbox": "auto", "network": "off"})
    repo.bundle(static_tools=["check"], acceptance_tests=[IS_FIXED])
    result = repo.run().must(0)
    for step, network in (("edit", "on"), ("static", "off"), ("runtime", "off")):
        got = record(result, step)
        assert (got["confined"], got["network"], got["unconfined_why"]) == ("bubblewrap", network, None)
    assert record(result)["argv"] == ["/bin/sh", "-c", FIX]
    events = [json.loads(row["payload_json"]) for row in repo.events("tool_finished")]
    assert [event["confined"] for event in events] == ["bubblewrap"] * 3


def test_default_is_unconfined(ready):
    result = ready.run().must(0)
    got = record(result)
    assert (got["confined"], got["network"], got["unconfined_why"]) == ("none", "on", None)


@confined
@pytest.mark.parametrize("option, in_force", [("on", "bubblewrap"), ("auto", "bubblewrap"), ("off", "none")])
def test_option_overrides_every_profile(repo, option, in_force):
    tool(repo, FIX, sandbox="off" if option != "off" else "on")
    repo.bundle(acceptance_tests=[IS_FIXED])
    result = repo.run("ws-fix", "--sandbox", option).must(0)
    assert record(result)["confined"] == record(result, "runtime")["confined"] == in_force


def test_network_off_cannot_lose_its_sandbox(repo):
    tool(repo, FIX, network="off")
    repo.bundle()
    result = repo.run("ws-fix", "--sandbox", "off").must(2)
    assert "agent says 'network: off'" in result.error["message"]
    assert not repo.database.exists()
    assert repo.run("ws-fix", "--sandbox", "maybe").rc == 2


@pytest.mark.parametrize("profile, line", [
    ({"sandbox": "yes"}, "'sandbox' must be on, auto or off"), ({"sandbox": True}, "'sandbox' must be on, auto or off"),
    ({"network": "off"}, "'network: off' needs 'sandbox: on' or 'sandbox: auto'"),
    ({"sandbox": "on", "network": "none"}, "'network' must be on or off"),
    ({"sandbox": "on", "sandbox_paths": ["cache"]}, "'cache' must be an absolute path or begin with ~/"),
])
def test_bad_values_are_located(repo, profile, line):
    repo.bundle()
    repo.tool("agent", type="ai", command="x", **profile)
    assert line in repo.run().must(3).stderr
    repo.settings.pop("tools")
    repo.config(acceptance=profile)
    result = repo.run().must(3)
    assert f"acceptance: {line}" in result.stderr and "wsfsm.yaml:" in result.stderr


def without_bwrap(repo):
    """A PATH without bubblewrap; the tools bring their own."""
    (repo.outside / "bin").mkdir(exist_ok=True)
    return {"PATH": str(repo.outside / "bin")}


def test_on_without_bubblewrap_could_not_run(repo):
    tool(repo, f"touch {repo.outside}/ran; {FIX}", env=TOOLS)
    repo.bundle()
    result = repo.run(env=without_bwrap(repo)).must(1)
    assert result.json["reason"] == "could_not_run"
    assert "bwrap: no such program in PATH" in record(result)["error"]
    assert record(result)["confined"] == "none"
    assert not (repo.outside / "ran").exists()


def test_auto_without_bubblewrap_runs_and_says_so(repo):
    tool(repo, FIX, env=TOOLS, sandbox="auto", network="off")
    repo.bundle()
    got = record(repo.run(env=without_bwrap(repo)).must(0))
    assert (got["confined"], got["network"]) == ("none", "on")
    assert "bwrap: no such program in PATH" in got["unconfined_why"]


@pytest.mark.parametrize("mode, rc", [("on", 1), ("auto", 0)])
def test_bubblewrap_that_does_not_work(repo, mode, rc):
    tool(repo, f"echo $HOME >> {repo.outside}/ran; {FIX}", env=TOOLS, sandbox=mode)
    repo.bundle()
    env = without_bwrap(repo)
    (repo.outside / "bin/bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create a namespace' >&2; exit 1\n")
    (repo.outside / "bin/bwrap").chmod(0o755)
    got = record(repo.run(env=env).must(rc))
    assert got["confined"] == "none"
    assert "No permissions to create a namespace" in got["unconfined_why"]
    if mode == "auto":  # once, and in the environment of an unconfined tool
        assert (repo.outside / "ran").read_text() == f"{repo.home}\n"
    else:
        assert not (repo.outside / "ran").exists()


def test_bubblewrap_is_never_of_the_repository(repo):
    repo.write("bwrap", f"#!/bin/sh\ntouch {repo.outside}/ran\n", 0o755)
    repo.commit()
    tool(repo, FIX, env=TOOLS)
    repo.bundle()
    for path in (".", str(repo.root), str(repo.worktree() / "src")):
        assert repo.run(env={"PATH": path}).must(1).json["reason"] == "could_not_run"
    assert not (repo.outside / "ran").exists()


@confined
def test_resume_keeps_what_the_run_was_started_with(repo):
    tool(repo, f"[ -e {repo.outside}/again ] || sleep 1000; {FIX}", network="off")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix", "--run-id", "R1")
    assert wait_for(lambda: processes_with(b"HOME=/tmp/home") or None)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert gone(repo)
    (repo.outside / "again").touch()
    tool(repo, FIX, sandbox="off")
    result = repo.wsfsm("resume", "--run-id", "R1", "--json").must(0)
    got = record(result)
    assert (got["confined"], got["network"]) == ("bubblewrap", "off")


@confined
def test_doctor_says_that_it_works(repo):
    assert any("PASS" in line and "sandbox" in line for line in repo.wsfsm("doctor").stdout.splitlines())


def test_doctor_warns(repo):
    result = repo.wsfsm("doctor", env=without_bwrap(repo))
    assert any("WARN" in line and "sandbox" in line for line in result.stdout.splitlines())


# --- getting out: files

@confined
def test_nothing_else_can_be_written(repo):
    """Each of these is tried: to append, to make, to remove, to rename."""
    repo.git("worktree", "add", "-q", "-b", "users-own", repo.base / "theirs")
    tool(repo, FIX, "first")
    repo.bundle("ws-other", files_scope=["docs/"], tool="first")
    repo.run("ws-other", "--run-id", "OTHER")
    repo.git("pack-refs", "--all")
    git, wt = repo.root / ".git", repo.worktree()
    targets = [repo.root / "README.md", repo.root / "new", git / "config", git / "hooks/post-commit", git / "HEAD",
               git / "index", git / "info/exclude", git / "info/attributes", git / "packed-refs", git / "refs/heads/evil",
               git / "refs/tags/evil", git / "refs/wsfsm/evil", git / "refs/heads/ws/evil", git / "logs/HEAD",
               git / "objects/info/alternates", git / "objects/pack/evil", git / "modules", git / "worktrees/evil",
               git / "worktrees/ws-fix/gitdir", git / "worktrees/ws-fix/commondir", git / "worktrees/theirs/HEAD",
               git / "worktrees/ws-other/HEAD", wt / ".git", repo.worktree("ws-other") / "src/calc.py",
               repo.root / ".worktrees/evil", repo.base / "theirs/README.md", repo.root / ".wsfsm/state.db",
               repo.root / ".wsfsm/repository-id", repo.root / ".wsfsm/locks/evil", repo.root / ".wsfsm/evil",
               repo.home / "evil", repo.outside / "evil", "/etc/passwd", "/etc/evil", "/usr/bin/evil", "/var/tmp/evil",
               "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/sys/kernel/evil"]
    python(repo, f"""
import os, sys
def tries(name, act):
    try:
        act()
        print(name, file=sys.stderr)
    except OSError:
        pass
for path in {[str(target) for target in targets]!r}:
    tries('append ' + path, lambda: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)))
    tries('create ' + path, lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)))
    tries('remove ' + path, lambda: os.unlink(path))
    tries('rename ' + path, lambda: os.rename(path, path + '.evil'))
    tries('replace ' + path, lambda: os.rename('README.md', path))
    tries('chmod ' + path, lambda: os.chmod(path, 0o777))
    tries('link ' + path, lambda: os.link(path, 'src/link'))
tries('rename worktree', lambda: os.rename('{wt}', '{wt}.evil'))
open('src/calc.py', 'a').write('# x' + chr(10))
""")
    repo.bundle()
    repo.settle()
    kept = (repo.home, repo.outside, repo.base / "theirs", repo.worktree("ws-other"), git / "hooks", git / "info",
            git / "worktrees/ws-other", git / "refs/tags", git / "objects/pack")
    before = [content(folder) for folder in kept]
    result = repo.run("ws-fix").must(0)
    assert record(result)["stderr_tail"] == ""
    assert [content(folder) for folder in kept] == before
    repo.wsfsm("verify").must(0)


@confined
def test_what_is_its_own_can_be_written(repo):
    tool(repo, "", args=["-c", "set -e; touch $HOME/a /tmp/b $TMPDIR/c /run/d /dev/shm/e \"$1/f\"; test $HOME = /tmp/home; "
               "test -s \"$2\"; " + FIX, "sh", "{log_dir}", "{prompt_file}"])
    repo.bundle()
    repo.run().must(0)
    assert not any(os.path.exists(path) for path in ("/tmp/home/a", "/tmp/b", "/tmp/c", "/run/d", "/dev/shm/e"))
    assert list((repo.root / ".wsfsm/runs").glob("*/ws-fix/*/f"))


@confined
def test_two_tools_share_nothing(repo):
    tool(repo, f"echo x > /tmp/shared; echo x > $HOME/shared; {FIX}")
    tool(repo, "! [ -e /tmp/shared ] && ! [ -e $HOME/shared ]", "check", type="static_check")
    repo.bundle(static_tools=["check"])
    repo.run().must(0)


@confined
def test_other_runs_and_the_database_are_not_seen(repo):
    tool(repo, f"ls -A {repo.root}/.wsfsm > src/seen; {FIX}")
    repo.bundle()
    repo.run().must(0)
    assert (repo.worktree() / "src/seen").read_text() == "runs\n"


@confined
@pytest.mark.parametrize("trick", ["mount -o remount,rw /", "mount -o remount,bind,rw {root}", "umount {root}/.git/config",
                                   "umount {root}", "mount --bind /tmp {root}", "unshare -Urm mount -o remount,bind,rw {root}",
                                   "unshare -Urm umount {root}", "nsenter -t 1 -m true", "chroot /proc/1/root true",
                                   "mknod /tmp/disk b 254 0", "swapoff -a", "hostname evil"])
def test_mounts_cannot_be_undone(repo, trick):
    trick = trick.replace("{root}", str(repo.root))
    tool(repo, f"if PATH=$PATH:/usr/sbin:/sbin {trick} 2>/dev/null && [ \"$(hostname)\" != evil ] && "
               f"(: >> {repo.root}/README.md) 2>/dev/null; then exit 9; fi; (: >> {repo.root}/README.md) 2>/dev/null && "
               f"exit 8; {FIX}")
    repo.bundle()
    repo.run().must(0)


@confined
def test_a_link_is_no_way_out(repo):
    (repo.outside / "victim").write_text("kept\n")
    tool(repo, f"ln -s {repo.outside}/victim src/link; echo evil > src/link; ln {repo.outside}/victim src/hard; {FIX}")
    repo.bundle()
    repo.run()
    assert (repo.outside / "victim").read_text() == "kept\n"


@confined
def test_scope_is_judged_all_the_same(repo):
    tool(repo, f"{FIX} echo more >> README.md")
    repo.bundle()
    assert repo.run().must(1).json["reason"] == "scope_violation"


@confined
def test_paths_of_a_profile_can_be_written(repo):
    (repo.home / ".agent").mkdir()
    (repo.home / ".agent/login").write_text("token\n")
    (repo.outside / "cache").mkdir()
    tool(repo, f"set -e; grep -q token ~/.agent/login; echo x > ~/.agent/session; echo x > {repo.outside}/cache/x; "
               f"! [ -e ~/.absent ]; ! (: > {repo.outside}/y) 2>/dev/null; {FIX}",
         sandbox_paths=["~/.agent", "~/.absent", str(repo.outside / "cache")])
    repo.bundle()
    repo.run().must(0)
    assert (repo.home / ".agent/session").exists() and (repo.outside / "cache/x").exists()


@confined
def test_paths_of_a_profile_do_not_open_the_repository(repo):
    tool(repo, f"(: > {repo.root}/evil) 2>/dev/null; (: > {repo.root}/.git/evil) 2>/dev/null; {FIX}",
         sandbox_paths=["/var/tmp", str(repo.root)])
    repo.bundle()
    repo.run().must(0)
    assert not (repo.root / "evil").exists() and not (repo.root / ".git/evil").exists()


@confined
def test_repository_and_tool_in_tmp(tmp_path_factory):
    """What a private /tmp would hide and is needed is shown."""
    folder = tmp_path_factory.mktemp("in-tmp")
    repo = Repo(folder)
    (repo.outside / "mysh").symlink_to("/bin/sh")
    (folder / "not-shown").write_text("x")
    tool(repo, f"! [ -e {folder}/not-shown ] && ! (: >> {repo.root}/README.md) 2>/dev/null && {FIX} git add -A && "
               "git commit -q -m mine", command=str(repo.outside / "mysh"))
    repo.bundle(acceptance_tests=[IS_FIXED])
    assert record(repo.run("ws-fix", "--sandbox", "on").must(0))["confined"] == "bubblewrap"
    shutil.rmtree(folder)


# --- git

@confined
def test_git_works_on_the_branch(repo):
    tool(repo, f"set -e; {FIX} git status --short | grep -q calc; git add -A; git commit -q -m one; git commit -q --amend "
               "-m two; echo '# x' >> src/calc.py; git commit -q -am three; git log --oneline | grep -q two; git reflog | "
               "grep -q amend; git diff HEAD~1 --stat; git reset -q --hard HEAD; test -z \"$(git status --short)\"")
    repo.bundle(acceptance_tests=[IS_FIXED])
    result = repo.run().must(0)
    branch = result.json["branch"]
    assert repo.git("rev-list", "--count", f"main..{branch}") == "1"  # the agent's own commits are not part of it
    assert repo.show(branch, "src/calc.py").endswith("# x")
    repo.git("fsck", "--strict")


@confined
def test_git_works_where_the_branch_is_packed_and_logs_are_gone(repo):
    tool(repo, f"git -C {repo.root} pack-refs --all; exit 1", "pack", sandbox="off")
    tool(repo, f"{FIX} git commit -q -am mine")
    repo.bundle(tool="pack")
    repo.run("ws-fix").must(1)
    shutil.rmtree(repo.root / ".git/logs")
    repo.bundle()
    repo.run("ws-fix").must(0)


@confined
@pytest.mark.parametrize("command", ["git branch evil", "git tag evil", "git checkout -q -b evil", "git stash",
                                     "git config core.fsmonitor /bin/evil", "git config --worktree core.fsmonitor x",
                                     "git remote add evil /x", "git worktree add /tmp/evil", "git gc", "git pack-refs --all",
                                     "git update-ref refs/heads/main HEAD~0 0000000000000000000000000000000000000000"])
def test_git_can_do_nothing_else(repo, command):
    tool(repo, f"{FIX} {command} 2>/dev/null && exit 9; true")
    repo.bundle()
    repo.run().must(0)


@confined
def test_apply_patch_sees_its_patch(repo):
    repo.write("patches/fix.diff", patch(CALC, CALC_FIXED, "src/calc.py"))
    repo.commit()
    repo.bundle(tool="apply-patch", metadata={"patch": "patches/fix.diff"}, acceptance_tests=[IS_FIXED])
    assert record(repo.run("ws-fix", "--sandbox", "on").must(0))["confined"] == "bubblewrap"


# --- getting out: processes

@pytest.fixture
def victim():
    process = subprocess.Popen(["sleep", "1000"])
    yield process
    assert process.poll() is None, "it was killed"
    process.kill()
    process.wait()


@confined
def test_processes_outside_are_not_there(repo, victim):
    tool(repo, f"set -e; ! kill -0 {victim.pid} 2>/dev/null; ! kill -9 {victim.pid} 2>/dev/null; "
               f"test $(ls -d /proc/[0-9]* | wc -l) -lt 10; ! ls /proc/{victim.pid}/fd 2>/dev/null; {FIX}")
    repo.bundle()
    repo.run().must(0)


@confined
@pytest.mark.parametrize("who", ["-1", "$PPID", "1", "0"])
def test_killing_ends_the_tool_alone(repo, victim, who):
    """wsfsm and its supervisor are out of reach; the attempt ends, and the run as after any failed attempt."""
    tool(repo, f"kill -9 {who} 2>/dev/null; sleep 0.5; exit 7")
    repo.bundle()
    result = repo.run(timeout=30).must(1)
    assert result.json["reason"] == "failed"
    assert record(result)["confined"] == "bubblewrap"
    assert gone(repo)
    repo.wsfsm("verify").must(0)


@confined
def test_auto_is_not_left_by_killing_what_confines(repo):
    """A tool that ends its own sandbox at once is not run again without one."""
    tool(repo, f"echo x >> {repo.outside}/ran; touch /var/tmp/never; kill -9 $PPID; sleep 5", sandbox="auto",
         sandbox_paths=[str(repo.outside)])
    repo.bundle()
    result = repo.run(timeout=30).must(1)
    assert record(result)["confined"] == "bubblewrap"
    assert (repo.outside / "ran").read_text() == "x\n"
    assert not os.path.exists("/var/tmp/never")


@confined
def test_what_stands_between_cannot_be_looked_into(repo):
    """It reports how the tool ended; bubblewrap's own process there has nothing that the tool has not."""
    python(repo, "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nparent = os.getppid()\n"
                 "assert libc.ptrace(16, parent, 0, 0) == -1\n"  # PTRACE_ATTACH
                 "for name in ('mem', 'fd/3', 'fd/4', 'environ', 'cwd/x'):\n"
                 "    try:\n"
                 "        open('/proc/%s/%s' % (parent, name), 'r+b').read(1)\n"
                 "    except OSError:\n        continue\n"
                 "    raise SystemExit(name)\n"
                 "open('src/calc.py', 'a').write('# x' + chr(10))\n")
    repo.bundle()
    repo.run().must(0)


@confined
def test_kill_nine_of_wsfsm_and_its_supervisor_at_once(repo):
    mark = f"{repo.base.name}-{os.getpid()}"
    tool(repo, "setsid sleep 1000 & (setsid env -i MARK=$MARK sleep 1000 &); (env -i MARK=$MARK sh -c 'trap \"\" TERM; "
               "while :; do sleep 1; done' &); touch src/up; sleep 1000", env={"MARK": mark})
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix")
    assert wait_for(lambda: (repo.worktree() / "src/up").exists())
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    assert len(processes_with(f"MARK={mark}".encode())) >= 4
    process.send_signal(signal.SIGSTOP)
    os.kill(int(children[0]), signal.SIGKILL)
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert wait_for(lambda: not processes_with(f"MARK={mark}".encode()), 1)
    assert gone(repo, 1)
    run_id = repo.one("SELECT run_id FROM runs")["run_id"]
    repo.wsfsm("cancel", "--run-id", run_id)


# --- getting out: the network

@pytest.fixture
def server():
    """A server on the loopback, and one on an abstract socket; counts who came."""
    tcp = socket.create_server(("127.0.0.1", 0))
    name = f"\0wsfsm-test-{os.getpid()}"
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(name)
    abstract.listen()
    seen = []

    def serve(which):
        while True:
            try:
                which.accept()[0].close()
            except OSError:
                return
            seen.append(which)

    for which in (tcp, abstract):
        threading.Thread(target=serve, args=(which,), daemon=True).start()
    yield tcp.getsockname()[1], name, seen
    for which in (tcp, abstract):
        which.shutdown(socket.SHUT_RDWR)
        which.close()


@confined
@pytest.mark.parametrize("network", ["on", "off"])
def test_network(repo, server, network):
    port, name, seen = server
    python(repo, "import socket, sys\nreached = 0\n"
                 f"for family, address in ((socket.AF_INET, ('127.0.0.1', {port})), (socket.AF_UNIX, {name!r})):\n"
                 "    try:\n        socket.socket(family).connect(address)\n        reached += 1\n"
                 "    except OSError:\n        pass\n"
                 f"assert reached == {2 if network == 'on' else 0}, reached\n"
                 "s = socket.create_server(('127.0.0.1', 0))\n"  # a loopback of its own there is
                 "socket.create_connection(s.getsockname())\n"
                 "open('src/calc.py', 'a').write('# x' + chr(10))\n", network=network)
    repo.bundle()
    assert record(repo.run().must(0))["network"] == network
    assert len(seen) == (2 if network == "on" else 0)


# --- how it ends is what it is without

@confined
@pytest.mark.parametrize("end, code, by", [("exit 0", 0, None), ("exit 3", 3, None), ("exit 143", 143, None),
                                           ("exit 255", 255, None), ("kill -TERM $$", None, 15),
                                           ("kill -SEGV $$", None, 11), ("kill -KILL $$", None, 9)])
def test_exit_codes_and_signals(repo, end, code, by):
    tool(repo, FIX + end)
    repo.bundle()
    got = record(repo.run())
    assert (got["exit_code"], got["signal"], got["confined"]) == (code, by, "bubblewrap")


@confined
def test_what_cannot_be_executed(repo):
    (repo.outside / "bad").write_text("#!/no/such/interpreter\n")
    (repo.outside / "bad").chmod(0o755)
    tool(repo, "", command=str(repo.outside / "bad"), args=[])
    repo.bundle()
    result = repo.run().must(1)
    assert result.json["reason"] == "could_not_run"
    assert "interpreter" in record(result)["error"]


@confined
def test_timeout_leaves_time_to_tidy_up(repo):
    tool(repo, "trap 'echo tidied; exit 5' TERM; while :; do sleep 0.1; done", timeout_sec=1)
    repo.bundle()
    result = repo.run(timeout=30).must(1)
    got = record(result)
    assert result.json["reason"] == "timeout"
    assert (got["timed_out"], got["stdout_tail"], got["exit_code"]) == ("wall", "tidied\n", 5)


@confined
@pytest.mark.parametrize("limit, reason", [("timeout_sec", "timeout"), ("idle_timeout_sec", "idle_timeout")])
def test_limits(repo, limit, reason):
    tool(repo, "trap '' TERM INT HUP; while :; do sleep 0.2; done", **{"timeout_sec": 40, limit: 1})
    repo.bundle()
    result = repo.run(timeout=40).must(1)
    assert result.json["reason"] == reason
    assert record(result)["signal"] == 9
    assert gone(repo, 1)


@confined
@pytest.mark.parametrize("kind", LEAVERS)
def test_left_behind(repo, kind):
    mark = f"{repo.base.name}-{os.getpid()}"
    tool(repo, LEAVERS[kind] + f"\n{FIX}exit 0", env={"MARK": mark})
    repo.bundle()
    got = record(repo.run("ws-fix", timeout=40).must(0))
    assert not processes_with(f"MARK={mark}".encode())
    assert got["leftovers"] >= 1


@confined
def test_nothing_left_counts_as_nothing(repo):
    tool(repo, FIX)
    repo.bundle()
    assert record(repo.run().must(0))["leftovers"] == 0


@confined
def test_last_output_of_another_process_is_kept(repo):
    tool(repo, f"{FIX}(sleep 0.3; echo late; echo later >&2) & echo early")
    repo.bundle()
    got = record(repo.run().must(0))
    assert (got["stdout_tail"], got["stderr_tail"]) == ("early\nlate\n", "later\n")


@confined
def test_output_stdin_environment_and_secrets(repo):
    repo.env["MY_TOKEN"] = "sk-0123456789"
    tool(repo, f"cat > src/stdin; env > src/env; echo token $MY_TOKEN; head -c 300000 /dev/zero; {FIX}", stdin="prompt",
         pass_env=["MY_TOKEN"], capture_output=True)
    repo.bundle()
    got = record(repo.run().must(0))
    assert got["stdout_bytes"] == 300000 + len("token sk-0123456789\n")
    assert "Make add() add." in (repo.worktree() / "src/stdin").read_text()
    seen = dict(line.split("=", 1) for line in (repo.worktree() / "src/env").read_text().splitlines())
    assert (seen["HOME"], seen["TMPDIR"], seen["WSFSM_STEP"]) == ("/tmp/home", "/tmp", "edit")
    assert seen["PWD"] == str(repo.worktree())
    log = repo.root / ".wsfsm" / got["stdout_log"]
    assert b"token ***" in log.read_bytes()


@confined
def test_cancel(repo):
    tool(repo, "trap 'touch src/tidied; exit' TERM; touch src/up; while :; do sleep 0.1; done")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix", "--json")
    assert wait_for(lambda: (repo.worktree() / "src/up").exists())
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert result.rc == 130
    assert (repo.worktree() / "src/tidied").exists()
    assert gone(repo, 1)


# --- who runs it

@confined
@pytest.mark.skipif(os.geteuid() != 0, reason="optional: the other tests run as an ordinary user already")
def test_as_an_ordinary_user(repo):
    tool(repo, f"(: >> {repo.root}/README.md) 2>/dev/null && exit 9; {FIX} git commit -q -am mine", network="off")
    repo.bundle(acceptance_tests=[IS_FIXED])
    repo.settle()
    subprocess.run(["chown", "-R", "65534:65534", repo.base], check=True)
    program = shutil.copy(WSFSM, repo.base / "wsfsm")
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "run", "--ws-id",
                           "ws-fix", "--json"], cwd=repo.root, env=repo.env, capture_output=True, text=True, check=False)
    subprocess.run(["chown", "-R", f"{os.getuid()}:{os.getgid()}", repo.base], check=True)
    assert done.returncode == 0, done.stderr + done.stdout
    got = json.loads(done.stdout)["step_results"]["edit"]["details"]["tools"][0]
    assert (got["confined"], got["network"]) == ("bubblewrap", "off")
