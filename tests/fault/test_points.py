"""Killed at every point: run once, count the points, kill at 1..N, go on, look at everything."""

from harness import cases, conclude, dice, prepare, resume, sweep, unbroken


def test_every_point(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    assert reference["final"]["run"] == "completed"

    def one(case, number):
        case.crash_at(number, reference["points"])
        resume(case, reference)
        case.check(reference)

    count = len(reference["points"])
    points = sorted(dice("points").sample(range(1, count + 1), cases(count)))  # all of them, if nothing else is asked for
    failures = sweep(template, tmp_path, points, one)
    failures = [f"{reference['points'][int(text.split(':')[0]) - 1]} {text}" for text in failures]
    conclude("points", "killed at every fault point of a run, one after the other", len(points), failures)
