"""What README and docs tell people to type works, in the order in which it is told, and so do the completion scripts."""

import re
import subprocess

import pytest

from support import SOURCE, WSFSM

PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
DAILY = re.findall(r"^    ((?:wsfsm|git merge) .*)$", (SOURCE / "README.md").read_text(), re.M)


def command(line):
    """What stands in front of the explanation."""
    return re.split(r"\s{2,}", line.strip())[0].split()


def quoted_commands():
    for page in PAGES:
        for text in re.findall(r"`(wsfsm [a-z][^`]*)`", page.read_text().replace("\n", " ")):
            yield pytest.param(text.split()[1:], id=f"{page.name}: {text}")


@pytest.mark.parametrize("words", list(quoted_commands()))
def test_every_command_of_the_docs_exists(repo, words):
    path = [words[0]]
    if len(words) > 1 and re.fullmatch("[a-z-]+", words[1]) and words[0] in ("machine", "tool", "worktree", "db"):
        path.append(words[1].split("|")[0])
    text = repo.wsfsm(*path, "--help").must(0).stdout + repo.wsfsm("--help").stdout
    for word in words:
        if word.startswith("--"):
            assert re.search(rf"{word.split('=')[0]}\b", text), word


def test_daily_use_as_the_readme_tells_it(repo):
    """With a script in the place of the agent that nobody has at hand here."""
    agent = repo.script("agent.sh", "echo greeting; echo Hello >> README.md\n")
    run_id = None
    assert len(DAILY) >= 8
    for line in DAILY:
        words = [run_id if word == "RUN" else word.replace("RUN", str(run_id)) for word in command(line)]
        if words[0] == "git":
            repo.git(*words[1:])
            assert repo.read("README.md").endswith("Hello\n")
            continue
        if words[1] == "resume":
            assert "has ended" in repo.wsfsm(*words[1:]).must(3).stderr
            continue
        result = repo.wsfsm(*words[1:], guard=False).must(0)
        if words[1] == "init":
            bundle = repo.root / "workstreams/ws-example.yaml"
            bundle.write_text(bundle.read_text().replace("tool: aider", "tool: my-agent"))
            settings = repo.root / "wsfsm.yaml"
            settings.write_text(settings.read_text() + f"tools: {{my-agent: {{type: ai, command: {agent}}}}}\n")
            repo.commit("Begin with wsfsm")
        elif words[1] == "run":
            run_id = re.search(r"^run +(\S+)$", result.stdout, re.M)[1]
            assert re.search(r"^status +done$", result.stdout, re.M), result
        elif words[1] == "log":
            assert result.stdout == "greeting\n"


def complete(repo, line):
    """What bash would offer at the end of the line."""
    script = subprocess.run([WSFSM, "__complete", "bash"], capture_output=True, text=True, check=True).stdout
    words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith((" ", "=")) else [])
    if line.endswith("="):
        words.pop()
    program = (script + '\ncompopt() { :; }\nwsfsm() { "$WSFSM" "$@"; }\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n_wsfsm\n'
               'printf "%s\\n" "${COMPREPLY[@]}"\n')
    done = subprocess.run(["bash", "--norc", "-c", program, "bash", *words], cwd=repo.base,
                          env={**repo.env, "WSFSM": str(WSFSM)}, capture_output=True, text=True, check=True, timeout=30)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def test_bash_completes(ready):
    ready.run("ws-fix", "--run-id", "r1").must(0)
    assert complete(ready, "wsfsm res") == ["resume"]
    assert complete(ready, "wsfsm help mach") == ["machine"]
    assert complete(ready, "wsfsm worktree v") == ["validate-scope"]
    assert complete(ready, "wsfsm run --allow") == ["--allow-dirty"]
    assert complete(ready, "wsfsm machine graph --format=m") == ["mermaid"]
    assert complete(ready, "wsfsm machine explain E053") == ["E053"]
    assert complete(ready, "wsfsm run --ws-id ") == []
    assert complete(ready, "wsfsm -C repo run --ws-id ") == ["ws-fix"]
    assert complete(ready, "wsfsm --directory=repo log --run-id=") == ["r1"]
    assert "agent" in complete(ready, "wsfsm -C repo tool run ")


# --- docs/files.md

FILES = (SOURCE / "docs/files.md").read_text()


def section(title):
    return re.search(rf"^## {re.escape(title)}.*?(?=^## |\Z)", FILES, re.M | re.S)[0]


def first_cells(text):
    """The names in the first column of the tables of a text."""
    return {name for row in re.findall(r"^\| (`[^|]*) \|", text, re.M) for name in re.findall(r"`([^`]+)`", row)}


def fields_of(file, table):
    """The names that a table of the reader knows."""
    text = (SOURCE / "src/project" / file).read_text()
    body = re.search(rf"struct ws_field {table}\[\] = \{{(.*?)^\s*\}};", text, re.M | re.S)[1]
    return set(re.findall(r'\.name = "(\w+)"', body))


def test_every_field_of_a_bundle_is_explained():
    text = section("Bundles")
    kept = set(re.findall(r"`(\w+)`", re.search(r"^Accepted and kept.*?\n\n", text, re.M | re.S)[0]))
    assert first_cells(text) | kept == fields_of("workstream_read.c", "fields")


def test_every_key_of_wsfsm_yaml_is_explained():
    text = section("`wsfsm.yaml`")
    assert first_cells(text) == fields_of("config.c", "file_fields")
    for key in fields_of("config.c", "fields") - {"sandbox", "network", "sandbox_paths"}:
        assert f"`{key}`" in text, key


def test_every_key_of_a_profile_is_explained():
    keys, placeholders = section("Profiles").split("\nPlaceholders:")
    known = fields_of("profile_read.c", "fields")
    assert first_cells(keys) == known - {"id", "source"}
    source = (SOURCE / "src/project/template.c").read_text()
    assert first_cells(placeholders) == {f"{{{name}}}" for name in re.findall(r"\b(?:TEXT|LIST)\((\w+)\)", source)
                                         if name != "member"}
