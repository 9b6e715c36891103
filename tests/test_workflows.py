"""What runs on GitHub: pinned, with few rights, and by the same targets as here."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")
LOCAL = re.compile(r"uses: \./(\.github/workflows/[\w-]+\.yml)")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def _uses(path):
    return re.findall(r"uses: .+", path.read_text())


def _jobs(path):
    return yaml.safe_load(path.read_text())["jobs"].items()


def _commands(path):
    """Return each command that a workflow gives to a shell."""
    return [step["run"] for _, job in _jobs(path) for step in job.get("steps", ()) if "run" in step]


def _make(target, **environ):
    return subprocess.run(
        ["make", "--silent", target],
        cwd=ROOT,
        env=os.environ | environ,
        check=False,
        capture_output=True,
        text=True,
    )


def test_there_are_workflows():
    """The tests below look at something."""
    assert {path.stem for path in WORKFLOWS} == {"ci", "codeql", "e2e", "release"}


@every_workflow
def test_actions_are_pinned_by_hash(path):
    """A tag can be moved to other code, a hash cannot; the version is there for the reader."""
    loose = [
        line
        for line in _uses(path)
        if not PINNED.fullmatch(line)
        and not ((local := LOCAL.fullmatch(line)) and (ROOT / local[1]).is_file())
    ]

    assert loose == []


def test_an_action_is_used_in_one_version():
    """All workflows agree on what an action is."""
    pins = {
        PINNED.fullmatch(line).groups() for path in WORKFLOWS for line in _uses(path) if "@" in line
    }

    assert len({pin[0] for pin in pins}) == len(pins)


@every_workflow
def test_rights_are_given_job_by_job(path):
    """A workflow has none; a job has those that it names, and says why."""
    workflow = yaml.safe_load(path.read_text())

    assert workflow["permissions"] == {}
    assert all(job["permissions"] for _, job in _jobs(path))


@pytest.mark.parametrize("name", ["ci", "e2e"])
def test_what_is_not_published_is_not_written(name):
    """Code of a pull request runs with a token that can only read."""
    (path,) = (path for path in WORKFLOWS if path.stem == name)

    for _, job in _jobs(path):
        assert job["permissions"] == {"contents": "read"}


@every_workflow
def test_nothing_runs_for_hours_or_twice(path):
    """A job that hangs is ended, and a second push does not race the first."""
    assert "group" in yaml.safe_load(path.read_text())["concurrency"]
    for name, job in _jobs(path):
        assert job.get("timeout-minutes", 0) in range(1, 121) or "uses" in job, name


@pytest.mark.parametrize("name", ["ci", "e2e"])
def test_steps_are_targets_of_make(name):
    """What fails there can be run here, by the same words."""
    (path,) = (path for path in WORKFLOWS if path.stem == name)

    commands = _commands(path)

    assert commands
    assert [command for command in commands if not re.fullmatch(r"make \w+", command)] == []


def test_targets_exist():
    """A workflow asks make only for what the Makefile has."""
    known = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {
        target
        for path in WORKFLOWS
        for command in _commands(path)
        for target in re.findall(r"make (?:--silent )?(\w+)", command)
    }

    assert asked
    assert asked - known == set()


def test_checkouts_keep_no_token():
    """What later steps run cannot push."""
    for path in WORKFLOWS:
        for _, job in _jobs(path):
            for step in job.get("steps", ()):
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False


def test_version_is_that_of_the_tag():
    """A tag that pyproject.toml does not know releases nothing."""
    version = _make("version", TAG="").stdout.strip()

    assert _make("version", TAG=f"v{version}").returncode == 0
    refused = _make("version", TAG="v9.9.9")
    assert refused.returncode != 0
    assert f"the tag is v9.9.9, and pyproject.toml says {version}" in refused.stderr


def test_audit_notices_a_loose_action(tmp_path):
    """The linter of workflows would stop an action that is named by a tag."""
    text = (ROOT / ".github/workflows/ci.yml").read_text()
    loose = tmp_path / "ci.yml"
    loose.write_text(re.sub(r"checkout@\w+ # v\S+", "checkout@v7", text, count=1))

    audited = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", loose],
        check=False,
        capture_output=True,
        text=True,
    )

    assert audited.returncode != 0
    assert "unpinned-uses" in audited.stdout


@pytest.mark.parametrize(
    ("environ", "is_failure"), [({}, False), ({"CI": "true"}, True)], ids=["here", "CI"]
)
def test_missing_actionlint_is_told(tmp_path, environ, is_failure):
    """A developer reads which check was not run; continuous integration never passes without it."""
    for program in ("make", "sh"):
        (tmp_path / program).symlink_to(Path("/usr/bin") / program)
    without = {key: value for key, value in os.environ.items() if key != "CI"}

    told = subprocess.run(
        ["make", "--silent", "actionlint"],
        cwd=ROOT,
        env=without | {"PATH": str(tmp_path)} | environ,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (told.returncode != 0) == is_failure
    assert "actionlint" in told.stdout + told.stderr
