"""Other commands killed at the fault points they pass, and called again."""

import pytest

from harness import KILLED, RUN, WS, Case, cases, conclude, dice, prepare, resume, sweep, unbroken

OLD = "r0"


def old_run(case):
    """An earlier run of the workstream, whose worktree holds something by hand."""
    case.call("run", "--ws-id", WS, "--run-id", OLD, "--json").must(0)
    (case.worktree() / "by_hand.txt").write_text("by hand\n")


def half_run(case):
    """The run, killed in the middle of its first step."""
    assert case.go(WSFSM_CRASH_AT="proc.answered:1").rc == KILLED
    case.after_kill()


def count_points(template, folder, before, *command):
    """The points that the command passes after `before`, and the files it leaves."""
    case = Case(template, folder)
    before(case)
    log = folder / "points.txt"
    result = case.call(*command, WSFSM_FAULT_LOG=str(log))
    assert result.rc in (0, 1), result
    return {"rc": result.rc, "points": log.read_text().split(), "files": case.files(), "refs": names(case)}


def sample(name, points):
    count = len(points)
    return sorted(dice(name).sample(range(1, count + 1), min(cases(16), count)))


def names(case):
    return case.git("for-each-ref", "--format=%(refname)", "refs/wsfsm", "refs/heads")


def twice(case, number, told, before, *command, again=(0,)):
    """The command killed at that point, then called to its end."""
    before(case)
    case.see_content()
    if case.call(*command, WSFSM_CRASH_AT=str(number)).rc == KILLED:
        case.kills += 1
        case.see_status()
        second = case.call(*command)
        assert second.rc in again, second
    case.call("verify").must(0)
    case.check_kept()
    case.check_left(told["files"])
    case.git("fsck", "--full", "--strict", "--no-dangling")
    case.git("worktree", "list")
    case.unchanged()
    assert names(case) == told["refs"]


def test_a_run_over_an_old_worktree(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken", before=old_run)

    def one(case, number):
        old_run(case)
        case.see_content()
        case.crash_at(number, reference["points"])
        resume(case, reference)
        case.check(reference)

    points = sample("over", reference["points"])
    conclude("commands.over", "a run over an earlier run's worktree, killed at a fault point", len(points),
             sweep(template, tmp_path, points, one))


@pytest.mark.parametrize("name, before, command, again", [
    ("remove", old_run, ("worktree", "remove", "--ws-id", WS), (0, 3)),
    ("gc", old_run, ("worktree", "gc"), (0,)),
    ("cancel", half_run, ("cancel", "--run-id", RUN), (0, 3)),
    ("backup", old_run, ("db", "backup", ".wsfsm/copy.db"), (0, 3, 4)),
    ("init", lambda case: None, ("db", "init"), (0,)),
    ("dry", lambda case: None, ("run", "--ws-id", WS, "--run-id", "r2", "--dry-run"), (0, 3)),
], ids=lambda value: value if isinstance(value, str) else "")
def test_command(tmp_path, name, before, command, again):
    template = prepare(tmp_path / "template")
    told = count_points(template, tmp_path / "counted", before, *command)

    def one(case, number):
        twice(case, number, told, before, *command, again=again)

    points = sample(name, told["points"])
    conclude(f"commands.{name}", f"`{' '.join(command)}` killed at a fault point and called again", len(points),
             sweep(template, tmp_path, points, one))
