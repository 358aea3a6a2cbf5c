"""The page of a run: one file that says everything, obeys nothing that others wrote, and is written whole or not."""

import os
import re
import resource
import shutil
import signal
import sqlite3
import stat
from html.parser import HTMLParser

import pytest

from support import FIX, IS_FIXED, wait_for

VOID = {"meta", "path", "rect"}
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "article", "h1", "h2",
        "h3", "h4", "p", "q", "b", "i", "small", "span", "code", "pre", "div", "ul", "li", "dl", "dt", "dd", "details",
        "summary", "table", "thead", "tbody", "tr", "th", "td", "svg", "g", "path", "rect", "text"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Page(HTMLParser):
    """Parses a page, and refuses what is not well-formed or could do more than be read."""

    def __init__(self, data):
        super().__init__(convert_charrefs=True)
        self.source = data.decode("utf-8")
        self.open, self.words, self.commands, self.sections, self.policies = [], [], [], [], []
        self.doctype = None
        self.feed(self.source)
        self.close()
        assert self.open == [], self.open
        assert self.doctype == "DOCTYPE html" and self.policies == [POLICY]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", self.source)
        self.text = "".join(self.words)

    def handle_decl(self, decl):
        self.doctype = decl

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        for name, value in attrs:
            assert not name.startswith("on") and name not in ("href", "src", "action", "srcset", "xlink:href"), attrs
            assert name != "style" or re.fullmatch(r"width:\d+%", value), attrs
        attributes = dict(attrs)
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(attributes["content"])
        if tag == "section":
            self.sections.append(attributes["id"])
        if attributes.get("class") == "command":
            self.commands.append("")
        if tag not in VOID:
            self.open.append((tag, attributes.get("class")))

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop()[0] == tag, (tag, self.getpos())

    def handle_comment(self, data):
        raise AssertionError(data)

    def handle_data(self, data):
        if self.open and self.open[-1][0] == "style":
            assert "url(" not in data and "@import" not in data and "http" not in data
            return
        if self.open and self.open[-1] == ("code", "command"):
            self.commands[-1] += data
        self.words.append(data)


def report(repo, run_id, **how):
    file = repo.outside / "page.html"
    repo.wsfsm("report", "--run-id", run_id, "-o", file, **how).must(0)
    return Page(file.read_bytes())


def has(page, *words):
    for word in words:
        assert word in page.text, word


def without_gate(repo):
    """A connection that can write anything."""
    connection = sqlite3.connect(repo.database)
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    return connection


# --- what stands on it


def test_done(ready):
    ready.bundle(acceptance_tests=[IS_FIXED, "true"], title="Add & add", static_tools=["check"])
    ready.check("echo clean")
    result = ready.run("ws-fix", "--run-id", "r1").must(0).json
    page = report(ready, "r1")
    rows = ready.rows("SELECT * FROM transitions ORDER BY seq")
    has(page, "r1", "ws-fix", "Add & add", "done", result["branch"], result["commit"], "Verified.", rows[-1]["hash"],
        rows[0]["hash"] if len(rows) == 1 else "in_scope", "src/calc.py", IS_FIXED, "clean", "Make add() add.")
    for row in rows:
        has(page, row["at"], row["from_state"], row["event"], row["to_state"])
    for row in ready.evidence():
        has(page, row["kind"], row["command"])
    for row in ready.events():
        has(page, row["event_type"])
    assert f"git merge {result['branch']}" in page.commands
    for command in page.commands:
        words = command.split()
        if words[:2] in (["git", "show"], ["git", "diff"]):
            assert "a + b" in ready.git(*words[1:]), command
    assert page.sections[:2] == ["take-over", "change"] and "errors" not in page.sections
    assert page.source.count('class="arm taken"') == len(rows)


def test_scope_violation(ready):
    ready.agent(FIX + "echo x >> README.md; echo new > 'docs/a b.md'")
    ready.run("ws-fix", "--run-id", "r1").must(1)
    page = report(ready, "r1")
    has(page, "failed", "scope_violation", "The change left its scope", "Out of scope", "README.md", "docs/a b.md",
        "in_scope: no", "refs/wsfsm/r1/ws-fix/2", "Nothing was committed")
    assert "take-over" not in page.sections
    diff = next(command for command in page.commands if command.startswith("git diff"))
    assert "docs/a b.md" in ready.git(*diff.split()[1:])


def test_failed_step(ready):
    ready.check("seq 5000 | sed 's/^/finding /'; echo why >&2; exit 3", "lint")
    ready.bundle(static_tools=["lint"])
    ready.run("ws-fix", "--run-id", "r1").must(1)
    page = report(ready, "r1")
    has(page, "A step did not pass", "lint: exit code 3", "exit code 3", "finding 5000", "why", "the end of",
        "wsfsm log --run-id r1 --step static --attempt 1")
    assert "finding 1\n" not in page.text
    assert "errors" in page.sections


@pytest.mark.parametrize("how, word", [({"timeout_sec": 1}, "wall"), ({"idle_timeout_sec": 1}, "idle")])
def test_over_a_limit(ready, how, word):
    ready.agent("echo begun; exec sleep 30", **how)
    ready.run("ws-fix", "--run-id", "r1").must(1)
    has(report(ready, "r1"), "begun", f"over its limit: {word}", "ended by signal 15")


def test_tool_that_cannot_start(ready):
    ready.tool("agent", type="ai", command="/no/such/program")
    ready.run("ws-fix", "--run-id", "r1").must(1)
    has(report(ready, "r1"), "could not be run", "It could not be started")


def test_dry_run(ready):
    ready.run("ws-fix", "--run-id", "r1", "--dry-run").must(0)
    page = report(ready, "r1")
    has(page, "This was a dry run", "would_run", IS_FIXED)
    assert page.sections[0] == "task" and page.commands == []


def test_run_that_was_killed(ready):
    ready.agent("echo so far; exec sleep 60")
    process = ready.start("run", "--ws-id", "ws-fix", "--run-id", "r1")
    assert wait_for(lambda: any(path.stat().st_size for path in ready.root.glob(".wsfsm/runs/r1/*/*/*stdout.log")))
    has(report(ready, "r1"), "still at work")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    page = report(ready, "r1")
    has(page, "interrupted", "editing", "so far", "It has not ended")
    assert "wsfsm resume --run-id r1" in page.commands


def test_logs_and_worktree_are_gone(ready):
    ready.agent("echo said it; " + FIX)
    ready.run("ws-fix", "--run-id", "r1").must(0)
    shutil.rmtree(ready.root / ".wsfsm/runs")
    ready.wsfsm("worktree", "remove", "--ws-id", "ws-fix").must(0)
    commit = ready.git("rev-parse", "ws/r1/ws-fix")
    ready.git("branch", "-D", "ws/r1/ws-fix")
    page = report(ready, "r1")
    has(page, "said it", "The log files are gone", "is gone")
    assert f"git cherry-pick {commit}" in page.commands
    assert not any(command.startswith("git merge") for command in page.commands)


def test_tampered_history(ready):
    """By somebody who puts the gate back in its place."""
    ready.run("ws-fix", "--run-id", "r1").must(0)
    connection = sqlite3.connect(ready.database)
    [(gate,)] = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'transitions_no_update'")
    connection.execute("DROP TRIGGER transitions_no_update")
    connection.execute("UPDATE transitions SET event = 'failed' WHERE seq = 3")
    connection.execute(gate)
    connection.commit()
    connection.close()
    result = ready.wsfsm("report", "--run-id", "r1", "-o", ready.outside / "page.html").must(0)
    assert "could not be verified" in result.stderr
    has(Page((ready.outside / "page.html").read_bytes()), "Not as it was written", "(transition 3)")


def memory_of(process):
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return used.ru_maxrss


def test_long_history(ready):
    """Neither the page nor the memory for it grows with the history."""
    count, file = 20000, ready.outside / "page.html"
    ready.run("ws-fix", "--run-id", "r1").must(0)
    call = ["report", "--run-id", "r1", "-o", file]
    before = memory_of(ready.start(*call, stdout=None, stderr=None))
    connection = without_gate(ready)
    rows = f"WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
    connection.execute(rows + """INSERT INTO step_attempts SELECT i, run_id, ws_id, step_name, i, status, started_at,
        completed_at, result_json, start_tree, fence FROM step_attempts, n WHERE id = 3""")
    connection.execute(rows + """INSERT INTO transitions SELECT run_id, ws_id, i, from_state, event, to_state, guard,
        guard_answer, arm, at, deadline, tree_oid, facts_json, i, fence, prev_hash, hash FROM transitions, n
        WHERE seq = 3""")
    connection.commit()
    connection.close()
    after = memory_of(ready.start(*call, stdout=None, stderr=None))
    page = Page(file.read_bytes())
    has(page, "19000 transitions are left out here", "The last 100 are shown")
    assert page.source.count('<td class="n">') <= 1001 and page.source.count("<article>") == 100
    assert len(page.source) < 1 << 20
    if "ASAN_OPTIONS" not in os.environ:  # it keeps what was freed
        assert after < before + 8 * 1024, (before, after)


# --- what others wrote


HOSTILE = "</pre></style><script>alert(1)</script><img src=x onerror='alert(2)'>\"'&lt; http://evil.example/"
BIDI = "\u202egnp.exe\u2066"


def test_hostile_text(ready):
    name = f"src/{HOSTILE.replace('/', '-')}{BIDI}\n.py"
    ready.agent(FIX + f"cat '{ready.outside}/said'; cat '{ready.outside}/said' >&2; sh '{ready.outside}/make'; exit 0")
    (ready.outside / "said").write_bytes(f"{HOSTILE}\x1b[2J\x07{BIDI}\n".encode() + b"\xff\xfe\x00end\n")
    (ready.outside / "make").write_text("touch \"$(cat <<'E'\n" + name + "\nE\n)\" \"$(printf 'src/\\377.py')\"\n")
    ready.bundle(title=HOSTILE + BIDI, tasks=[HOSTILE, BIDI], acceptance_tests=[f"echo '{HOSTILE[:40]}' && false"])
    ready.run("ws-fix", "--run-id", "r1").must(1)
    page = report(ready, "r1")
    has(page, HOSTILE, "\\x1b[2J\\x07", "\\u{202E}gnp.exe\\u{2066}", "\ufffd\ufffd", "%FF.py", "%0A.py")


def test_hostile_database(ready):
    """Rows that wsfsm would never write."""
    ready.run("ws-fix", "--run-id", "r1").must(0)
    connection = without_gate(ready)
    for sql in ("UPDATE workstreams SET ws_id = ?, status = ?", "UPDATE transitions SET ws_id = ?, guard = ?, guard_answer = 0",
                "UPDATE events SET ws_id = ?, event_type = ?", "UPDATE evidence SET ws_id = ?, kind = ?",
                "UPDATE step_attempts SET ws_id = ?, step_name = ?"):
        connection.execute(sql, (HOSTILE, HOSTILE))
    connection.execute("UPDATE step_attempts SET result_json = ? WHERE id = 2", ("[" * 100,))
    connection.execute("UPDATE runs SET metadata_json = ?", ('{"bundle": [1]}',))
    connection.commit()
    connection.close()
    page = report(ready, "r1")
    has(page, HOSTILE, "Not as it was written", "Its result cannot be read")


def test_secrets_do_not_stand_on_it(ready):
    ready.env["MY_TOKEN"] = "sk-0123456789abcdef"
    ready.agent(FIX + "echo token $MY_TOKEN", pass_env=["MY_TOKEN"])
    ready.run("ws-fix", "--run-id", "r1").must(0)
    page = report(ready, "r1")
    has(page, "token ***")
    assert "sk-0123456789abcdef" not in page.source


# --- how it is written


@pytest.fixture
def done(ready):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    return ready


def test_standard_output(done):
    result = done.wsfsm("report", "--run-id", "r1", "-o", "-").must(0)
    Page(result.stdout.encode())
    assert result.stderr == ""
    done.wsfsm("report", "--run-id", "r1", "-o", "-", "--json").must(2)
    with open("/dev/full", "w") as full:
        process = done.start("report", "--run-id", "r1", "-o", "-", stdout=full)
        assert b"standard output" in process.communicate()[1] and process.returncode == 4


def test_json(done):
    file = done.outside / "a page.html"
    result = done.wsfsm("report", "--run-id", "r1", "-o", file, "--json").must(0).json
    assert result == {"run_id": "r1", "ws_id": "ws-fix", "file": str(file), "bytes": file.stat().st_size,
                      "verified": True}


def test_file_is_the_users_alone_and_is_replaced(done):
    file = done.outside / "page.html"
    file.write_text("before")
    done.wsfsm("report", "--run-id", "r1", "-o", file).must(0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    Page(file.read_bytes())


def test_file_is_relative_to_the_callers_folder(done):
    done.wsfsm("-C", done.root, "report", "--run-id", "r1", "-o", "page.html", cwd=done.outside).must(0)
    assert (done.outside / "page.html").exists()


def test_only_files_are_replaced(done):
    (done.outside / "target").write_text("mine")
    os.symlink(done.outside / "target", done.outside / "link")
    os.mkfifo(done.outside / "fifo")
    for place in (done.outside, done.outside / "link", done.outside / "fifo", "/dev/null",
                  done.outside / "no/such/page.html", done.outside / "target/page.html"):
        done.wsfsm("report", "--run-id", "r1", "-o", place).must(4)
    assert (done.outside / "target").read_text() == "mine"
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and stat.S_ISFIFO(os.stat(done.outside / "fifo").st_mode)
    assert sorted(os.listdir(done.outside)) == sorted(["agent.sh", "target", "link", "fifo"])


def test_disk_that_fails_leaves_what_was_there(done):
    file = done.outside / "page.html"
    file.write_text("before")
    process = done.start("report", "--run-id", "r1", "-o", file,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    process.communicate()
    assert process.returncode == 4
    assert file.read_text() == "before"
    assert sorted(os.listdir(done.outside)) == ["agent.sh", "page.html"]


def test_wrong_calls(ready):
    ready.wsfsm("report", "--run-id", "r1", "-o", "x.html").must(3)
    assert not (ready.root / ".wsfsm").exists()
    ready.run("ws-fix", "--run-id", "morning").must(0)
    ready.wsfsm("report", "--run-id", "morning").must(2)
    ready.wsfsm("report", "-o", "x.html").must(2)
    ready.wsfsm("report", "--run-id", "morning", "-o", "").must(2)
    assert "did you mean 'morning'" in ready.wsfsm("report", "--run-id", "mornin", "-o", "x.html").must(3).stderr
    assert not (ready.root / "x.html").exists()
