"""Killed at every point: run once, count the points, kill at 1..N, go on, look at everything."""

from harness import conclude, prepare, resume, sweep, unbroken


def test_every_point(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    assert reference["final"]["run"] == "completed"

    def one(case, number):
        case.crash_at(number, reference["points"])
        resume(case, reference)
        case.check(reference)

    points = range(1, len(reference["points"]) + 1)
    failures = sweep(template, tmp_path, points, one)
    failures = [f"{reference['points'][int(text.split(':')[0]) - 1]} {text}" for text in failures]
    conclude("points", "killed at every fault point of a run, one after the other", len(points), failures)
