"""Tools that try to get out of their confinement: by files, by git, by processes, by the network."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from confine_support import confined, gone, python, record, tmp_path, tool  # noqa: F401
from support import CALC, CALC_FIXED, FIX, IS_FIXED, Repo, finish, patch, processes_with, wait_for


def content(folder):
    """Every file below, with its bytes."""
    return {str(path): path.is_symlink() or path.read_bytes() for path in sorted(Path(folder).rglob("*"))
            if path.is_symlink() or path.is_file()}


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
