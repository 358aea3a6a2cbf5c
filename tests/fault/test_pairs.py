"""Killed at one point, and again while going on: what recovers must itself be recoverable."""

from harness import KILLED, cases, conclude, dice, prepare, resume, sweep, unbroken


def test_sampled_pairs(tmp_path):
    template = prepare(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    count = len(reference["points"])
    chance = dice("pairs")
    pairs = [(chance.randint(1, count), chance.randint(1, count)) for _ in range(cases(40))]

    def one(case, pair):
        case.crash_at(pair[0], reference["points"])
        if resume(case, reference, WSFSM_CRASH_AT=str(pair[1])).rc == KILLED:
            case.after_kill()
            resume(case, reference)
        case.check(reference)

    conclude("pairs", "killed at a fault point, and again at one while going on", len(pairs),
             sweep(template, tmp_path, pairs, one))
