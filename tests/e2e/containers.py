"""The project's images, run by docker under the terms that clusters set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.decorator import TRAIN_IMAGE
from tests.e2e.cluster import run

SERVE_IMAGE = TRAIN_IMAGE.replace("secom-train", "secom-serve")
BASE_IMAGE = "python:3.11-slim"

TERMS = (
    *("--read-only", "--tmpfs", "/tmp", "--network", "none"),  # noqa: S108 - the container's own
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
"""What a strict cluster grants a container: one folder in memory, and nothing else."""


def docker(*arguments: str, stdin: str | None = None, seconds: float = 600.0) -> str:
    """Run docker."""
    return run("docker", *arguments, stdin=stdin, seconds=seconds).strip()


def secom(image: str, *arguments: str, options: tuple[str, ...] = ()) -> str:
    """Run a verb of ours in a new container; return what it writes to standard output."""
    return docker("run", "--rm", *TERMS, *options, image, *arguments)


def script(image: str, text: str, *, user: str = "10001:10001") -> str:
    """Run a shell's script in a new container."""
    options = ("--rm", "--interactive", *TERMS, "--user", user, "--entrypoint", "sh")
    return docker("run", *options, image, "-s", stdin=text)


def mounted(folder: Path, at: str, *, writable: bool = False) -> tuple[str, str]:
    """Return the options that mount a folder; a writable one is made so for every user."""
    if writable:
        folder.chmod(0o777)
    return ("--volume", f"{folder}:{at}:{'rw' if writable else 'ro'}")


@dataclass(frozen=True, slots=True)
class Container:
    """One that runs in the background."""

    id: str

    def inspect(self, field: str) -> str:
        """Return a field, in the words of Go's templates."""
        return docker("inspect", "--format", f"{{{{{field}}}}}", self.id)

    def python(self, text: str) -> str:
        """Run a program inside."""
        return docker("exec", "--interactive", self.id, "python", "-", stdin=text)

    def log(self) -> str:
        """Return what it wrote."""
        return run("sh", "-c", 'docker logs "$1" 2>&1', "sh", self.id)


@contextmanager
def running(image: str, *arguments: str, options: tuple[str, ...] = ()) -> Iterator[Container]:
    """Run a container in the background; remove it at the end."""
    container = Container(docker("run", "--detach", *TERMS, *options, image, *arguments))
    try:
        yield container
    finally:
        docker("rm", "--force", container.id)
