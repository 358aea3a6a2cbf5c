"""Real Aider, as users install it, against a scripted model on loopback.

WSFSM_AIDER_VENV names a virtual environment that holds it (default: build/aider/venv). In CI it is made on demand;
elsewhere the tests skip when it is not there: `tools/check --aider` makes it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_server import ModelServer
from support import CALC_FIXED, IS_FIXED, SOURCE, TRACED, WSFSM

AIDER = "aider-chat==0.86.2"
VENV = Path(os.environ.get("WSFSM_AIDER_VENV", SOURCE / "build/aider/venv"))
EDIT = f"I swap the operator.\n\nsrc/calc.py\n```\n{CALC_FIXED}```\n"


def installed():
    return (VENV / "bin/aider").exists()


@pytest.fixture(scope="module")
def aider():
    """The folder its program is in."""
    if not installed() and os.environ.get("CI") == "true":
        VENV.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "-q", AIDER], check=True, timeout=1500)
    if not installed():
        pytest.skip(f"no Aider in {VENV}; make it with tools/check --aider")
    return VENV / "bin"


@pytest.fixture
def with_aider(repo, aider):
    repo.bundle(tool="aider", files_scope=["src/calc.py"], acceptance_tests=[IS_FIXED])
    repo.env["PATH"] = f"{aider}:{repo.env['PATH']}"
    repo.env["OPENAI_API_KEY"] = "sk-scripted-0123456789"

    def run(model, **how):
        repo.env["OPENAI_API_BASE"] = model.url
        return repo.run("ws-fix", "--model", "openai/scripted", timeout=200, **how)

    repo.run_with = run
    return repo


def log_of(repo, step="edit"):
    run_id = repo.one("SELECT run_id FROM runs")["run_id"]
    return repo.wsfsm("log", "--run-id", run_id, "--step", step).must(0).stdout


def test_edits_and_ends_done(with_aider):
    with ModelServer(EDIT) as model:
        summary = with_aider.run_with(model).must(0).json
    assert summary["changed_files"] == ["src/calc.py"]
    assert with_aider.show(summary["branch"], "src/calc.py") + "\n" == CALC_FIXED
    assert "Make add() add." in str(model.requests[0]["messages"])
    assert with_aider.git("rev-list", "--count", f"main..{summary['branch']}") == "1"


def test_leaves_no_trace_in_repository_and_configuration(with_aider):
    with ModelServer(EDIT) as model:
        with_aider.run_with(model).must(0)
    assert not (with_aider.worktree() / ".gitignore").exists()
    assert list(with_aider.worktree().glob(".aider*")) == []
    assert "Your Name" not in (with_aider.root / ".git/config").read_text()


def test_key_is_not_in_the_log(with_aider):
    with ModelServer(EDIT) as model:
        with_aider.run_with(model).must(0)
    assert "sk-scripted-0123456789" not in log_of(with_aider)


def test_asks_nobody_but_the_model(with_aider):
    """Aider has no option against fetching a list of prices for a model it does not know; a fresh list keeps it off."""
    prices = with_aider.home / ".aider/caches/model_prices_and_context_window.json"
    prices.parent.mkdir(parents=True)
    prices.write_text('{"openai/scripted": {"max_tokens": 9999, "litellm_provider": "openai", "mode": "chat"}}')
    trace = with_aider.outside / "trace"
    with_aider.settle()
    with ModelServer(EDIT) as model:
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=connect", "-e", "signal=none", "-o", trace, WSFSM, "run",
                        "--ws-id", "ws-fix", "--model", "openai/scripted"], cwd=with_aider.root, check=True, timeout=300,
                       env={**with_aider.env, "OPENAI_API_BASE": model.url, **TRACED})
        port = model.server.server_port
    asked = {line.split("connect(")[1] for line in trace.read_text().splitlines() if "sa_family=AF_INET" in line}
    others = [line for line in asked if f"htons({port})" not in line or "127.0.0.1" not in line]
    assert asked and not others, others


def test_server_error_with_exit_zero_is_a_failure(with_aider):
    with ModelServer(status=500) as model:
        summary = with_aider.run_with(model).must(1).json
    assert (summary["final_status"], summary["reason"]) == ("failed", "failed")
    assert '"exit_code":0' in str(with_aider.one("SELECT result_json FROM step_attempts")).replace(" ", "")


def test_refused_key_is_a_failure(with_aider):
    with ModelServer(status=401) as model:
        summary = with_aider.run_with(model).must(1).json
    assert summary["reason"] == "failed"


def test_only_talk_is_no_change(with_aider):
    with ModelServer("You should change the operator.") as model:
        summary = with_aider.run_with(model).must(1).json
    assert (summary["final_status"], summary["reason"]) == ("failed", "no_change")


def test_model_edits_outside_the_scope(with_aider):
    with ModelServer(EDIT + "\ndocs/other.md\n```\nmore\n```\n") as model:
        summary = with_aider.run_with(model).must(1).json
    assert summary["reason"] == "scope_violation"
    assert summary["out_of_scope_files"] == ["docs/other.md"]


def test_task_that_looks_like_a_command(with_aider):
    with_aider.bundle(tool="aider", files_scope=["src/calc.py"], tasks=["!touch /tmp/never", "/run true"],
                      acceptance_tests=[IS_FIXED])
    with ModelServer(EDIT) as model:
        with_aider.run_with(model).must(0)
    assert "!touch /tmp/never" in str(model.requests[0]["messages"])
