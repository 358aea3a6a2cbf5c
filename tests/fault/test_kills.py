"""Killed at random times, by nobody's plan: no fault points here, the program is killed from outside."""

import time

from harness import KILLED, RUN, Case, cases, conclude, dice, prepare, resume, sweep, unbroken

# An agent that works in several small steps, so that most kills leave something half made.
SLOW = """import os, time
def put(name, text):
    with open(name, 'w') as file:
        for letter in text:
            file.write(letter)
            file.flush()
            time.sleep(0.002)
put('src/half.py', 'half made, taken away again')
put('src/calc.py', 'def add(a, b):\\n    return a + b\\n')
os.remove('src/half.py')
"""


def slow(folder):
    template = prepare(folder, tool="agent")
    script = template.outside / "slow.py"
    script.write_text(SLOW)
    template.tool("agent", type="ai", command="/usr/bin/python3", args=["-B", str(script)])
    template.commit("Declare the slow agent")
    return template


def kill_after(case, seconds, *args):
    """Starts or resumes the run and kills it then. Was it still there?"""
    process = case.begin(*args) if args else case.begin("run", "--ws-id", "ws-fix", "--run-id", RUN, "--json")
    time.sleep(seconds)
    process.kill()
    process.communicate()
    if process.returncode == KILLED:
        case.after_kill()
    return process.returncode == KILLED


def test_random_times(tmp_path):
    template = slow(tmp_path / "template")
    reference = unbroken(template, tmp_path / "unbroken")
    began = time.monotonic()
    Case(template, tmp_path / "timed").go().must(0)
    whole = time.monotonic() - began
    chance = dice("kills")
    landed, failures = [], []

    def one(case, plan):
        for seconds in plan:
            args = ("resume", "--run-id", RUN) if case.entered() else ()
            landed.append(kill_after(case, seconds, *args))
        resume(case, reference)
        case.check(reference)

    # As many kills that met a living process as asked for: two in three runs are to be killed once, the others twice.
    for turn in range(20):
        missing = cases(40) - sum(landed)
        plans = [[chance.uniform(0, whole) for _ in range(chance.choice((1, 1, 2)))] for _ in range(missing * 3 // 4 + 1)]
        folder = tmp_path / f"turn-{turn}"
        folder.mkdir()
        failures += sweep(template, folder, plans, one)
        whole *= 0.9  # the machine may be faster now
        if sum(landed) >= cases(40):
            break
    conclude("kills", "killed at random times, once or twice", sum(landed), failures)
    assert sum(landed) >= cases(40)
