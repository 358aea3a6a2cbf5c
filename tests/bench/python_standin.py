"""python3 stand-in: the least that a pipeline written in Python does for `run --dry-run`.

    python_standin.py BUNDLE DATABASE

It starts the interpreter, imports what such a program cannot do without, reads and checks one bundle, walks a table
of states and writes run and transitions, a commit each. It calls no git, renders no prompt, knows no profiles and
checks nothing in the database. A real pipeline does more: what is measured against this is measured against a lower
bound.
"""

import argparse
import dataclasses
import datetime
import hashlib
import json
import logging
import pathlib
import re
import sqlite3
import subprocess  # noqa: F401  (a pipeline starts its tools by it)
import sys

try:
    import yaml  # noqa: F401  (as a pipeline would, also for a bundle in JSON)
except ImportError:
    yaml = None

REQUIRED = {"id": str, "openspec_change": str, "ccpm_issue": (int, str), "gate": int, "files_scope": list,
            "tasks": list, "tool": str}
MOVES = [("pending", "start", "editing"), ("editing", "passed", "static_check"),
         ("static_check", "skipped", "runtime_check"), ("runtime_check", "passed", "done")]


@dataclasses.dataclass
class Workstream:
    id: str
    files_scope: list
    tasks: list
    tool: str
    acceptance_tests: list = dataclasses.field(default_factory=list)


def read(path):
    fields = json.loads(path.read_text())
    for name, kind in REQUIRED.items():
        if not isinstance(fields.get(name), kind):
            raise SystemExit(f"{path}: '{name}' is missing or of the wrong type")
    if not re.fullmatch(r"ws-[a-z0-9-]+", fields["id"]):
        raise SystemExit(f"{path}: bad id")
    return Workstream(**{f.name: fields.get(f.name, []) for f in dataclasses.fields(Workstream)})


def walk(workstream, database):
    def now():
        return datetime.datetime.now(datetime.timezone.utc).isoformat()

    db = sqlite3.connect(database)
    db.executescript("CREATE TABLE IF NOT EXISTS runs(run_id TEXT PRIMARY KEY, status TEXT, created_at TEXT);"
                     "CREATE TABLE IF NOT EXISTS transitions(run_id TEXT, ws_id TEXT, seq INTEGER, from_state TEXT,"
                     " event TEXT, to_state TEXT, at TEXT, hash TEXT, PRIMARY KEY(run_id, ws_id, seq));")
    run_id = hashlib.sha256(now().encode()).hexdigest()[:16]
    with db:
        db.execute("INSERT INTO runs VALUES(?, 'running', ?)", (run_id, now()))
    previous = ""
    for seq, (before, event, after) in enumerate(MOVES, 1):
        previous = hashlib.sha256(f"{previous}{before}{event}{after}".encode()).hexdigest()
        with db:
            db.execute("INSERT INTO transitions VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                       (run_id, workstream.id, seq, before, event, after, now(), previous))
        logging.info("%s -%s-> %s", before, event, after)
    with db:
        db.execute("UPDATE runs SET status = 'completed' WHERE run_id = ?", (run_id,))
    db.close()
    return {"run_id": run_id, "ws_id": workstream.id, "final_status": MOVES[-1][2]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=pathlib.Path)
    parser.add_argument("database")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    print(json.dumps(walk(read(options.bundle), options.database)))


main()
