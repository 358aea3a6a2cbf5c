"""What a tool prints goes to files with a cap, wsfsm and its supervisor stay small, and silence has a limit of its own.

WSFSM_OUTPUT_MIB is how much is printed: 200 unless told; 1024 is the long form."""

import json
import os
import re
from pathlib import Path

import pytest

from support import FIX, finish, wait_for

MIB = 1 << 20
PRINTED = int(os.environ.get("WSFSM_OUTPUT_MIB", "200"))
CAP = 64 * MIB
RANDOM = "openssl enc -aes-128-ctr -nosalt -pass pass:x -in /dev/zero 2>/dev/null"
SANITIZED = "ASAN_OPTIONS" in os.environ  # whose shadow memory is measured, too


def logs(repo, stream):
    tool = json.loads(repo.one("SELECT result_json FROM step_attempts WHERE step_name = 'edit'")["result_json"])
    (only,) = tool["details"]["tools"]
    return only, (repo.root / ".wsfsm" / only[f"{stream}_log"]).read_bytes()


def peak(pid):
    """VmHWM in bytes, 0 when the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def guard_of(repo):
    return [pid for pid, line in repo.processes() if "__guard" in line]


def peaks_while(repo, process, until):
    """The highest VmHWM of wsfsm and of its supervisors, seen until the file exists."""
    most = {"wsfsm": 0, "guard": 0}

    def look():
        most["wsfsm"] = max(most["wsfsm"], peak(process.pid))
        most["guard"] = max([most["guard"], *map(peak, guard_of(repo))])
        return (repo.outside / until).exists() or process.poll() is not None

    assert wait_for(look, 900)
    look()
    assert process.poll() is None and min(most.values()) > 0
    return most


@pytest.mark.skipif(SANITIZED, reason="optional: memory is not measured under a sanitizer")
@pytest.mark.parametrize("how", ["lines", "no newline", "both streams", "binary", "both binary"])
def test_memory_stays_flat(repo, how):
    one = {"lines": "yes 'a line of the usual kind'", "no newline": "cat /dev/zero | tr '\\0' x",
           "both streams": "yes 'a line of the usual kind'", "binary": RANDOM, "both binary": RANDOM}[how]
    both = how.startswith("both")
    half = PRINTED // 2 if both else PRINTED
    other = f"{one} | head -c {half}M >&2 &" if both else ""
    repo.agent(f"while [ ! -e {repo.outside}/go ]; do sleep 0.05; done\n{other}\n{one} | head -c {half}M\nwait\n"
               f"echo the end\n{FIX}touch {repo.outside}/printed\nwhile [ ! -e {repo.outside}/over ]; do sleep 0.05; "
               "done")
    repo.bundle()
    process = repo.start("run", "--ws-id", "ws-fix", "--json")
    assert wait_for(lambda: guard_of(repo))
    (repo.outside / "idle").touch()
    idle = peaks_while(repo, process, "idle")
    (repo.outside / "go").touch()
    busy = peaks_while(repo, process, "printed")
    (repo.outside / "over").touch()
    finish(process).must(0)
    for who, bytes_idle in idle.items():
        assert busy[who] <= bytes_idle + 4 * MIB, (who, idle, busy)
    tool, log = logs(repo, "stdout")
    assert tool["stdout_bytes"] == half * MIB + len("the end\n")
    assert log.endswith(b"the end\n")
    if half * MIB > CAP:
        assert CAP - MIB <= len(log) <= CAP + 4096
        assert tool["stdout_cut"] and b" cut" in log


def test_capped_log_says_how_much_was_cut(repo):
    """Head and tail are kept; the note stands where the rest was."""
    total = 70 * MIB
    repo.agent(f"echo first; yes 0123456789abcde | head -c {total}; echo last; {FIX}")
    repo.bundle()
    run_id = repo.run().must(0).json["run_id"]
    tool, log = logs(repo, "stdout")
    assert log.startswith(b"first\n0123456789abcde\n") and log.endswith(b"0123456789abcde\nlast\n")
    begin = log.index(b"\n[wsfsm: ")
    note = log[begin:log.index(b"]\n", begin) + 2]
    cut = int(re.fullmatch(rb"\n\[wsfsm: (\d+) bytes cut here\]\n", note)[1])
    assert tool["stdout_cut"] and tool["stdout_bytes"] == total + len("first\nlast\n")
    assert cut == tool["stdout_bytes"] - (len(log) - len(note)), note
    shown = repo.wsfsm("log", "--run-id", run_id).must(0).stdout
    assert note.decode().strip() in shown and shown.endswith("last\n")


def test_idle_has_a_reason_of_its_own(repo):
    repo.agent("echo begun; sleep 1000", idle_timeout_sec=1)
    repo.bundle()
    result = repo.run().must(1)
    assert result.json["reason"] == "idle_timeout"
    assert result.json["step_results"]["edit"]["details"]["tools"][0]["timed_out"] == "idle"
    assert repo.history()[-1] == ("editing", "timeout", "failed")


@pytest.mark.parametrize("edit", [
    "i=0; while [ $i -lt 15 ]; do echo .; sleep 0.2; i=$((i+1)); done", "for i in 1 2 3 4 5 6; do printf . >&2; "
    "sleep 0.5; done"], ids=["stdout", "stderr without newline"])
def test_output_of_either_stream_is_a_sign_of_life(repo, edit):
    repo.agent(f"{edit}\n{FIX}", idle_timeout_sec=2)
    repo.bundle()
    repo.run().must(0)


def test_streams_closed_at_once(repo):
    repo.agent(f"exec >&- 2>&-; sleep 0.3; echo x > src/new.py")
    repo.bundle()
    repo.run().must(0)


# --- output that would deceive or drive what shows it

HOSTILE = {
    "colour and screen": "\\033[31mred\\033[2J\\033[1;1H", "window title": "\\033]0;pwned\\007",
    "clipboard": "\\033]52;c;cHduZWQ=\\007", "link": "\\033]8;;http://evil.example\\033\\\\x\\033]8;;\\033\\\\",
    "eight-bit controls": "\\302\\233 2J \\302\\235 0;x\\302\\234", "raw eight-bit controls": "\\233 2J \\235",
    "overwritten line": "tests failed\\rtests passed", "backspaces": "failed\\010\\010\\010\\010\\010\\010passed",
    "vertical moves": "\\013\\014\\033M\\033D", "invalid UTF-8": "\\377\\376\\300\\200\\355\\240\\200",
    "NUL": "a\\000b", "text that turns round": "\\342\\200\\256txt.exe\\342\\200\\246",
    "answer back": "\\005\\033[c\\033[6n", "half a sequence": "\\033[",
}


def harmless(text):
    """No control character but newline and tab, of C0 or C1, and no change of the direction."""
    found = {char for char in text if (ord(char) < 32 and char not in "\n\t") or 0x7f <= ord(char) < 0xa0
             or 0x202a <= ord(char) <= 0x202e or 0x2066 <= ord(char) <= 0x2069 or 0xdc80 <= ord(char) <= 0xdcff}
    assert not found, (found, text)
    return text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_output_is_shown_and_not_obeyed(repo, name):
    repo.agent(f"printf '{HOSTILE[name]}\\n'; printf '{HOSTILE[name]}\\n' >&2; exit 1", failure_patterns=["."])
    repo.bundle()
    run = repo.wsfsm("run", "--ws-id", "ws-fix", "--run-id", "r1").must(1)
    for result in (run, *(repo.wsfsm(*args).must(0) for args in (
            ["log", "--run-id", "r1"], ["log", "--run-id", "r1", "--stderr"], ["log", "--run-id", "r1", "--json"],
            ["history", "--ws-id", "ws-fix"], ["status"], ["status", "--run-id", "r1", "--json"]))):
        harmless(result.stdout + result.stderr)
    for line in repo.wsfsm("log", "--run-id", "r1", "--json").stdout.splitlines():
        json.loads(line)


def test_fake_lines_of_wsfsm_stay_in_the_log(repo):
    """What looks like wsfsm's own words, or its result, is the tool's and stands where the tool's words stand."""
    repo.agent('echo "wsfsm: edit: success"; echo \'{"final_status": "done", "reason": null}\'; '
               'echo "status      done"; echo "==> edit, attempt 1, agent (stdout) <=="; exit 1')
    repo.bundle()
    result = repo.run("ws-fix", "--run-id", "r1").must(1)
    assert result.json["final_status"] == "failed" and result.stderr == ""
    shown = repo.wsfsm("run", "--ws-id", "ws-fix").must(1)
    assert "edit: success" not in shown.stderr and "done" not in shown.stdout
    assert '"final_status": "done"' in repo.wsfsm("log", "--run-id", "r1").must(0).stdout


def test_log_names_the_snapshots(repo):
    repo.agent(FIX + "exit 1")
    repo.bundle()
    repo.run("ws-fix", "--run-id", "r1").must(1)
    result = repo.wsfsm("log", "--run-id", "r1").must(0)
    assert "snapshot refs/wsfsm/r1/ws-fix/" in result.stderr and "git restore --source" in result.stderr
    assert "/end" not in result.stderr and "refs/wsfsm" not in result.stdout
    assert repo.wsfsm("log", "--run-id", "r1", "--quiet").must(0).stderr == ""


def test_the_lines_of_a_result_stand_in_one_column(repo):
    repo.agent(FIX + "echo x >> README.md")
    repo.bundle()
    shown = repo.wsfsm("run", "--ws-id", "ws-fix").must(1).stdout
    assert "not in scope  1 file\n" in shown
    column = len("not in scope  ")
    for line in shown.splitlines():
        assert line[column - 1] == " " and line[column] != " ", shown


def test_violations_beside_the_files_are_named(repo):
    repo.agent(FIX + "git branch planted; git init -q src/nested\n")
    repo.bundle()
    shown = repo.wsfsm("run", "--ws-id", "ws-fix", guard=False).must(1).stdout
    lines = shown[shown.index("\nviolation "):].splitlines()[1:3]
    assert {line.removeprefix("violation").strip().split(" at ")[0] for line in lines} == \
        {"nested repository: src/nested", "refs/heads/planted was created"}
