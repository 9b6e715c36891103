"""What a job is to do, as it is written down when the job begins."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from serving.predictor.batch.inputs import Inputs
from serving.predictor.batch.spans import Span

_FORMAT = "secom.job/1"


@dataclass(frozen=True, slots=True)
class Task:
    """What makes one part: a span of a file."""

    file: str
    span: Span


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file as it was when the job began."""

    name: str
    n_bytes: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a job is to do.

    Parameters
    ----------
    bundle : str
        Digest.
    files : tuple of FileVersion
        The input.
    tasks : tuple of Task
        The n-th makes the n-th part.
    """

    bundle: str
    files: tuple[FileVersion, ...]
    tasks: tuple[Task, ...]

    def to_bytes(self) -> bytes:
        """Return the plan as JSON."""
        return (json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Plan:
        """Read what `to_bytes` wrote.

        Raises
        ------
        ValueError
            If it is something else; says what.
        """
        try:
            text = json.loads(content)
            if text["format"] != _FORMAT:
                message = f"its form is {text['format']!r}, not {_FORMAT!r}"
                raise ValueError(message)
            return cls(
                bundle=text["bundle"],
                files=tuple(FileVersion(**file) for file in text["files"]),
                tasks=tuple(Task(task["file"], Span(**task["span"])) for task in text["tasks"]),
            )
        except (KeyError, TypeError) as exc:
            message = f"a field is missing or unknown: {exc}"
            raise ValueError(message) from exc


def versions(inputs: Inputs) -> tuple[FileVersion, ...]:
    """Return the files of an input as they are now."""
    return tuple(FileVersion(file.name, file.n_bytes, file.version) for file in inputs.files)
