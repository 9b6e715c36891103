"""The README is true: every command in it says where it is run, and the tests run their share.

A comment before each block of commands carries the tag::

    <!-- run: make test -->                   run here, in a copy of the project
    <!-- run: make e2e -->                    run there, on a cluster
    <!-- run: tests/pipelines/test_x.py -->   run by that file, which holds each command as written
    <!-- run: by hand, because ... -->        run by nobody, for that reason
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = sorted(ROOT.glob("README.md"))
SECONDS_PER_BLOCK = 60

FENCE = re.compile(
    r"(?:^<!-- run: (?P<tag>.+?) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHELLS = {"sh", "bash", "shell", "console"}


@dataclass(frozen=True, slots=True)
class Block:
    """Commands that a reader would type one after the other."""

    tag: str | None
    commands: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    """Return the blocks of commands in a Markdown text."""
    fences = (fence.groupdict("") for fence in FENCE.finditer(text))
    return [
        Block(fence["tag"] or None, _commands(fence["text"], language=fence["language"]))
        for fence in fences
        if fence["language"] in SHELLS or re.search(r"^\$ ", fence["text"], re.MULTILINE)
    ]


def _commands(text: str, *, language: str) -> tuple[str, ...]:
    lines = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    if language in SHELLS - {"console"}:
        return tuple(line for line in lines if line and not line.startswith("#"))
    return tuple(line.removeprefix("$ ") for line in lines if line.startswith("$ "))


def untrue(block: Block, *, root: Path) -> str | None:
    """Say what is wrong with the tag of a block, if anything is."""
    match (block.tag or "").partition(","):
        case ("", _, _):
            return f"{block.commands} carries no tag"
        case ("make test" | "make e2e", "", ""):
            return None
        case ("by hand", ",", reason):
            return None if reason.strip() else f"{block.commands} by hand needs a reason"
        case (name, "", "") if (root / name).is_file():
            text = (root / name).read_text()
            absent = [command for command in block.commands if command not in text]
            return f"{name} does not run {absent}" if absent else None
    return f"{block.commands} carries an unknown tag: {block.tag}"


@pytest.fixture
def copy(tmp_path):
    """A copy of the project, set up, where commands may leave what they like."""
    folder = tmp_path / "secom"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    (folder / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        (folder / ".venv" / part.name).symlink_to(part)
    # The copy is as new as this: `make` must not set up again what is shared with the original.
    (folder / ".venv" / "installed").unlink(missing_ok=True)
    (folder / ".venv" / "installed").touch()
    return folder


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_commands_say_where_they_are_run(readme):
    """Every block of commands carries a tag, and what the tag says is so."""
    found = blocks(readme.read_text())

    assert found
    assert [wrong for block in found if (wrong := untrue(block, root=ROOT))] == []


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=block.commands[0])
        for readme in READMES
        for block in blocks(readme.read_text())
        if block.tag == "make test"
    ],
)
def test_commands_run(block, copy):
    """Commands tagged `make test` succeed one after the other, as for a reader who types them."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(copy / ".venv/bin"), os.environ["PATH"]]),
        "XDG_CACHE_HOME": str(copy / ".cache"),
    }
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(block.commands)],
        cwd=copy,
        env=environment,
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=SECONDS_PER_BLOCK,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_blocks_are_found():
    """Commands are told from comments and output, and a continued line is one command."""
    text = (
        "<!-- run: make test -->\n\n```sh\n# first\nmake help\nsecom run \\\n  --seed 1\n```\n"
        "```console\n$ make lint\nAll checks passed!\n```\n"
        "```\n$ make run\n```\n"
        "```python\nprint('no command')\n```\n"
        "```\nonly output\n```\n"
    )

    assert blocks(text) == [
        Block("make test", ("make help", "secom run --seed 1")),
        Block(None, ("make lint",)),
        Block(None, ("make run",)),
    ]


@pytest.mark.parametrize(
    "tag", ["make test", "make e2e", "by hand, because it opens a browser", "tests/test_it.py"]
)
def test_true_tag_passes(tmp_path, tag):
    """Each of the four kinds of tag is accepted where it is true."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text('run("make help")')

    assert untrue(Block(tag, ("make help",)), root=tmp_path) is None


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        (None, "carries no tag"),
        ("make tests", "unknown tag"),
        ("by hand", "unknown tag"),
        ("by hand, ", "needs a reason"),
        ("tests/test_gone.py", "unknown tag"),
        ("tests/test_it.py", "does not run ['make help']"),
    ],
)
def test_untrue_tag_is_refused(tmp_path, tag, complaint):
    """A block without a tag, or with one that does not hold, fails."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text('run("make lint")')

    assert complaint in str(untrue(Block(tag, ("make help",)), root=tmp_path))
