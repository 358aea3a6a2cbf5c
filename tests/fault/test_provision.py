"""A run whose worktree is given copies and a setup, killed at sampled fault points, and rebuilt on the way."""

from harness import RUN, WS, cases, conclude, dice, prepare, resume, sweep, unbroken

SETUP = "cat kept/a kept/b > made.txt && mkdir -p cache && cp made.txt cache/made"
ACCEPTANCE = "cd src && python3 -B -m unittest -q test_calc && cmp ../cache/made ../made.txt && test -L ../kept/link"


def furnished(folder):
    template = prepare(folder, acceptance=ACCEPTANCE)
    template.write(".gitignore", "/kept/\n/cache/\n")
    template.config(worktree={"copy": ["kept"], "setup": [["sh", "-c", SETUP]]})
    template.commit("Declare what a worktree needs")
    template.write("kept/a", "one\n")
    template.write("kept/b", "two\n")
    (template.root / "kept/link").symlink_to("a")
    return template


def test_furnished(tmp_path):
    template = furnished(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    assert reference["final"]["run"] == "completed"
    count = len(reference["points"])
    points = dice("provision").sample(range(1, count + 1), min(cases(12), count))

    def one(case, number):
        case.crash_at(number, reference["points"])
        resume(case, reference)
        case.check(reference)

    conclude("provision.points", "a run that copies files and sets its worktree up, killed at a fault point", len(points),
             sweep(template, tmp_path, points, one))


def test_rebuilt(tmp_path):
    """A newer run takes the worktree of the one that was killed; which is resumed, and killed again while the worktree is
    rebuilt."""
    template = furnished(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    count = len(reference["points"])
    seed = dice("rebuilt")
    pairs = [(seed.randrange(1, count + 1), seed.randrange(1, count + 1)) for _ in range(cases(12))]

    def one(case, pair):
        first, second = pair
        case.crash_at(first, reference["points"])
        if not case.entered() or case.run_status() == "completed":
            return
        case.call("run", "--ws-id", WS, "--run-id", "newer", "--json").must(0)
        case.contents = []  # of the newer run, too: it is not the one that is looked at
        if case.call("resume", "--run-id", RUN, "--json", WSFSM_CRASH_AT=str(second)).rc < 0:
            case.kills += 1
        resume(case, reference)
        final = case.final()
        for key in ("run", "history", "steps", "tree", "parents"):
            assert final[key] == reference["final"][key], key
        case.check_restored()
        case.check_git()
        case.call("verify").must(0)

    conclude("provision.rebuilt", "a worktree that a newer run had taken is rebuilt by the resume, killed meanwhile",
             len(pairs), sweep(template, tmp_path, pairs, one))
