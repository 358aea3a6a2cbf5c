"""The system has no process, memory or descriptor left when the supervisor starts a tool: the tool is not blamed."""

import shutil
import subprocess

import pytest

from harness import RUN, TRACED, WS, WSFSM, conclude, finish, prepare, sweep

# A call of the supervisor, or of the child that becomes the tool, and of nobody else. Each process has its own count.
STARTS = {
    "fork: EAGAIN": (["trace=clone", "inject=clone:error=EAGAIN:when=1"], "temporarily unavailable"),
    "fork: ENOMEM": (["trace=clone", "inject=clone:error=ENOMEM:when=1"], "Cannot allocate memory"),
    "pipe: EMFILE": (["trace=pipe2", "inject=pipe2:error=EMFILE:when=1"], "Too many open files"),
    "pipe: ENFILE": (["trace=pipe2", "inject=pipe2:error=ENFILE:when=3"], "Too many open files in system"),
    "execve: EAGAIN": (["trace=execve", "inject=execve:error=EAGAIN"], "temporarily unavailable"),
    "execve: ENOMEM": (["trace=execve", "inject=execve:error=ENOMEM"], "Cannot allocate memory"),
    "execve: EMFILE": (["trace=execve", "inject=execve:error=EMFILE"], "Too many open files"),
}


def traced(case, expressions, path=None, *options):
    """The run under strace, which follows everybody; of calls with a path it shows those with this one."""
    command = ["strace", "-f", "-qq", "-o", case.base / "trace", *(["-P", path] if path else []),
               *[word for expression in expressions for word in ("-e", expression)],
               WSFSM, "run", "--ws-id", WS, "--run-id", RUN, "--json", *options]
    process = subprocess.Popen(command, cwd=case.root, env={**case.env, **TRACED}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    result = finish(process, command)
    trace = (case.base / "trace").read_text(errors="replace")
    assert "(INJECTED)" in trace, trace
    return result


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_tool_that_cannot_be_started(tmp_path):
    def one(case, name):
        expressions, words = STARTS[name]
        shell = "/bin/sh" if "trace=execve" in expressions else None  # which is the tool
        result = traced(case, expressions, shell).must(1)
        assert result.json["reason"] == "could_not_run", result
        name, status = case.attempts()[-1]
        step = result.json["step_results"][name]
        assert "could not start" in step["error_message"] and words in step["error_message"], step
        assert (case.history()[-1][1], status) == ("could_not_run", "failure"), case.history()
        assert not case.leftovers(5)
        case.call("verify").must(0)
        case.unchanged()
        case.call("run", "--ws-id", WS).must(0)

    failures = sweep(prepare(tmp_path / "template"), tmp_path, list(STARTS), one)
    conclude("starts", "a tool that the supervisor cannot start (fork, pipe, execve)", len(STARTS), failures)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_program_that_cannot_be_looked_at(tmp_path):
    """It is neither missing nor, where it is bubblewrap, a reason to go on unconfined."""
    def one(case, key):
        error, program, options = key
        result = traced(case, ["trace=newfstatat", f"inject=newfstatat:error={error}:when=1"], program, *options).must(4)
        assert (result.error["code"], result.error["where"]) == ("io", program), result
        assert case.attempts()[-1][1] == "in_progress" and not case.leftovers(5), case.attempts()
        # Confined, the reference's check would not see its script, which lies elsewhere.
        case.call("cancel" if options else "resume", "--run-id", RUN).must(0)
        case.call("verify").must(0)
        case.unchanged()

    keys = [("EIO", "/usr/bin/python3", ()), ("ENOMEM", "/usr/bin/python3", ()),
            ("EIO", "/usr/bin/bwrap", ("--sandbox", "auto")), ("EIO", "/usr/bin/bwrap", ("--sandbox", "on"))]
    failures = sweep(prepare(tmp_path / "template"), tmp_path, keys, one)
    conclude("starts.look", "a tool or bubblewrap that cannot be looked at", len(keys), failures)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_supervisor_that_cannot_set_itself_up(tmp_path):
    """No tool ran, and the run goes on when there is room. /dev/null is opened twice when it is spawned, then by it."""
    def one(case, error):
        result = traced(case, ["trace=openat", f"inject=openat:error={error}:when=3"], "/dev/null").must(4)
        assert (result.error["where"], "set itself up" in result.error["message"]) == ("supervisor", True), result
        assert not case.leftovers(5)
        case.call("resume", "--run-id", RUN).must(0)
        case.call("verify").must(0)
        case.unchanged()

    errors = ["EMFILE", "ENFILE", "ENOMEM", "ENOENT"]
    failures = sweep(prepare(tmp_path / "template"), tmp_path, errors, one)
    conclude("starts.supervisor", "a supervisor that cannot set itself up", len(errors), failures)
