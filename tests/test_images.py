"""The Dockerfiles: what hadolint does not know, and no build is needed to see."""

import re
import tomllib
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ("serve", "train")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

Instruction = tuple[str, str]


def stages(image: str) -> list[list[Instruction]]:
    """Return the stages of a Dockerfile, each a list of instructions with their arguments."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / f"Dockerfile.{image}").read_text(), flags=re.MULTILINE)
    found: list[list[Instruction]] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line:
            continue
        word, _, arguments = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, arguments))
    return found


def last(stage: list[Instruction], word: str) -> str:
    """Return the arguments of the last such instruction, which is the one that holds."""
    return [arguments for found, arguments in stage if found == word][-1]


@pytest.mark.parametrize("image", IMAGES)
def test_build_needs_no_image_but_the_base(image):
    """Factories mirror one image: no stage and no frontend comes from another."""
    named = [stage[0][1].split(" AS ") for stage in stages(image)]
    earlier = {alias for _, *aliases in named for alias in aliases}

    assert {base for base, *_ in named} - earlier == {"python:3.11-slim"}
    assert "syntax=" not in (ROOT / f"Dockerfile.{image}").read_text()


@pytest.mark.parametrize("image", IMAGES)
def test_every_file_is_checked_against_the_lock(image):
    """Libraries come by the hashes of the image's own lock, the project without an index."""
    installs = [
        command
        for stage in stages(image)
        for word, arguments in stage
        for command in arguments.split("&&")
        if word == "RUN" and " install " in command and "pip " in command
    ]

    locked, project = installs
    assert "--require-hashes -r /src/requirements.txt" in locked
    assert ("COPY", f"requirements/{image}.txt /src/requirements.txt") in stages(image)[0]
    assert {"--no-deps", "--no-build-isolation"} <= set(project.split())


@pytest.mark.parametrize("image", IMAGES)
def test_change_of_code_leaves_the_layer_of_dependencies(image):
    """Libraries and code are layers of their own, and no library's layer sees the code."""
    dependencies, code, final = stages(image)

    assert [arguments for word, arguments in dependencies if word in {"ADD", "COPY"}] == [
        f"requirements/{image}.txt /src/requirements.txt"
    ]
    copied = " ".join(arguments for word, arguments in code if word == "COPY")
    assert [name for name in PACKAGES if f"{name}/ {name}/" not in copied] == []
    assert [arguments for word, arguments in final if word in {"ADD", "COPY"}] == [
        "--from=dependencies /opt/secom /opt/secom",
        "--from=code /opt/code /opt/secom",
    ]


@pytest.mark.parametrize("image", IMAGES)
def test_user_is_a_number(image):
    """Kubernetes can tell that `runAsNonRoot` holds only of a number."""
    assert last(stages(image)[-1], "USER") == "10001:10001"


@pytest.mark.parametrize("image", IMAGES)
def test_version_is_the_projects(image):
    """Whoever builds without a word about the version labels the image with the right one."""
    final = stages(image)[-1]

    assert ("ARG", f"VERSION={PYPROJECT['project']['version']}") in final
    assert 'org.opencontainers.image.version="$VERSION"' in last(final, "LABEL")


def test_build_sees_only_what_it_copies(tmp_path):
    """History, secrets, states, tests and what editors leave never reach the builder."""
    wanted = {"LICENSE", "README.md", "pyproject.toml"}
    wanted |= {f"requirements/{image}.txt" for image in IMAGES}
    wanted |= {f"{package}/module.py" for package in PACKAGES}
    unwanted = {".git/config", ".env", ".secom/store/key", ".venv/bin/python", "tests/test_it.py"}
    unwanted |= {"helm/secom/values.yaml", "requirements/dev.txt", "notes.txt"}
    unwanted |= {f"{package}/inner/__pycache__/module.cpython-311.pyc" for package in PACKAGES}
    for name in wanted | unwanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {
        name
        for name in exclude_paths(
            str(tmp_path), [line for line in patterns if not line.startswith("#")]
        )
        if (tmp_path / name).is_file()
    }

    assert sent - {".dockerignore", "Dockerfile"} == wanted
