"""docs/extending.md as data: its blocks, each with the words of the comment before it."""

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PAGE = SOURCE / "docs/extending.md"
BLOCK = re.compile(r"<!-- (\w+) (\w+)(?: (\S+))? -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block:
    def __init__(self, example, kind, name, text):
        self.example, self.kind, self.name, self.text = example, kind, name, text


def blocks(example, kind):
    """The blocks of that example and kind, in the order of the page; there is at least one."""
    found = [Block(*match) for match in BLOCK.findall(PAGE.read_text()) if match[:2] == (example, kind)]
    assert found, f"{PAGE.name} has no block <!-- {example} {kind} -->"
    return found


def block(example, kind, name):
    """The text of the one block of that name."""
    found = [b.text for b in blocks(example, kind) if b.name == name]
    assert len(found) == 1, f"{PAGE.name} has {len(found)} blocks <!-- {example} {kind} {name} -->"
    return found[0]


def mistakes(example):
    """(edit of fsm/states.def, what fsmgen says of it)"""
    edits, answers = blocks(example, "mistake"), blocks(example, "says")
    assert len(edits) == len(answers)
    return [(edit.text, answer.text) for edit, answer in zip(edits, answers)]


def changed(text, diff):
    """The text after a diff without line numbers: its old lines stand in the text once."""
    lines = diff.splitlines()
    assert all(line[:1] in ("", " ", "-", "+") for line in lines), diff
    old = "".join(line[1:] + "\n" for line in lines if line[:1] != "+")
    new = "".join(line[1:] + "\n" for line in lines if line[:1] != "-")
    assert ("\n" + text).count("\n" + old) == 1, f"stands there {text.count(old)} times:\n{old}"
    return ("\n" + text).replace("\n" + old, "\n" + new)[1:]


def change(file, diff):
    file.write_text(changed(file.read_text(), diff))
