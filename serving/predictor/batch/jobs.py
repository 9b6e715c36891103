"""A job: which bundle scores which files into which place, and in what parts.

It is written down when the job begins. Whoever continues it, after a kill or on another machine,
finds there what is to be done, and is refused if bundle or input are no longer the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from secom_core.bundle import Bundle
from secom_core.errors import ConfigError, FormatError, SourceError
from serving.predictor.batch import parts
from serving.predictor.batch.files import InputFile
from serving.predictor.batch.inputs import Inputs, find_inputs
from serving.predictor.batch.parquet_form import MAGIC, ParquetForm
from serving.predictor.batch.places import Place
from serving.predictor.batch.plans import Plan, Task, versions
from serving.predictor.batch.spans import Form
from serving.predictor.batch.text_form import TextForm

if TYPE_CHECKING:
    from secom_core.store import Store

JOB = "job.json"
_OTHERWISE = "Choose another --output, or remove what is there."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """A job that has begun; get one with `open_job`.

    Parameters
    ----------
    bundle : Bundle
    place : Place
    tasks : tuple of Task
        The n-th makes the n-th part.
    form : callable
        Gives the form of a file by its name; raises FormatError.
    set_aside : tuple of str
        Files beside the input that are not read.
    """

    bundle: Bundle
    place: Place
    tasks: tuple[Task, ...]
    form: Callable[[str], Form]
    set_aside: tuple[str, ...]

    @property
    def n_units(self) -> int:
        """Lines or rows to read."""
        return sum(task.span.n_lines for task in self.tasks)

    def read_part(self, index: int) -> parts.Part | None:
        """Read a part, or None if it is damaged or another bundle's."""
        content = self.place.read(parts.part_name(index))
        return parts.from_bytes(content, digest=self.bundle.digest)

    def unfinished(self) -> tuple[int, ...]:
        """Return the parts that are still to be made."""
        names = self.place.names()
        return tuple(
            index
            for index in range(len(self.tasks))
            if parts.part_name(index) not in names or self.read_part(index) is None
        )

    def shares(self, n_shares: int) -> list[int]:
        """Return the shares that have work to do, counted from 0; at least one.

        Raises
        ------
        ConfigError
            If `n_shares` is below 1.
        """
        if n_shares < 1:
            message = f"n_shares must be at least 1, got {n_shares}."
            raise ConfigError(message)
        # A loop over nothing is no loop on every runner.
        return sorted({index % n_shares for index in self.unfinished()}) or [0]

    def share(self, number: int, n_shares: int) -> tuple[int, ...]:
        """Return the parts of a share that are still to be made."""
        return tuple(index for index in self.unfinished() if index % n_shares == number)


def open_job(
    bundle: Bundle, source: str, place: Place, *, open_bucket: Callable[[str], Store]
) -> Job:
    """Begin a job, or continue it where it has begun.

    Parameters
    ----------
    bundle : Bundle
    source : str
        As `find_inputs`.
    place : Place
        For the results: `open_place`.
    open_bucket : callable
        Gives the bucket of a name: `secom_core.store.bucket_opener`.

    Raises
    ------
    BundleError
        If the golden requests get other answers than training wrote down.
    SourceError
        If there is nothing to score.
    FormatError
        If a file cannot be read or does not fit the bundle's contract.
    ConfigError
        If something else lies in the output, or another job.
    StoreError
        If the object store is away or refuses.
    """
    bundle.check_golden()
    inputs = find_inputs(source, open_bucket)
    files = {file.name: file for file in inputs.files}

    @cache
    def form(name: str) -> Form:
        return _recognise(files[name], bundle)

    names = place.names()
    if JOB in names:
        tasks = _continued(place, bundle, inputs)
    elif names:
        message = f"{place.address} is not empty: it holds {min(names)}. {_OTHERWISE}"
        raise ConfigError(message)
    else:
        tasks = tuple(Task(name, span) for name in files for span in form(name).spans())
        if not tasks:
            message = f"{source} holds no units, only the names of columns."
            raise SourceError(message)
        plan = Plan(bundle=bundle.digest, files=versions(inputs), tasks=tasks)
        place.write(JOB, [plan.to_bytes()])
    return Job(bundle=bundle, place=place, tasks=tasks, form=form, set_aside=inputs.set_aside)


def judge_of(place: Place) -> str:
    """Return the digest of the bundle whose job has begun at `place`.

    Raises
    ------
    ConfigError
        If none has, or it cannot be read.
    StoreError
        If the object store is away or refuses.
    """
    return _read_plan(place).bundle


def _recognise(file: InputFile, bundle: Bundle) -> Form:
    with file.open() as opened:
        magic = opened.read(len(MAGIC))
    if not magic:
        message = f"{file.name} is empty. Take it out of the input, or write it again."
        raise FormatError(message)
    return ParquetForm(file, bundle) if magic == MAGIC else TextForm(file, bundle)


def _continued(place: Place, bundle: Bundle, inputs: Inputs) -> tuple[Task, ...]:
    """Return the tasks of the job at `place` if it is the one that is asked for."""
    plan = _read_plan(place)
    if plan.bundle != bundle.digest:
        message = (
            f"{place.address} holds a job of bundle {plan.bundle[:12]}, and this bundle is "
            f"{bundle.digest[:12]}. {_OTHERWISE}"
        )
        raise ConfigError(message)
    changed = set(plan.files) ^ set(versions(inputs))
    if changed:
        message = (
            f"{place.address} holds a job on another input: {min(file.name for file in changed)} "
            f"has come, gone or changed since it began. {_OTHERWISE}"
        )
        raise ConfigError(message)
    return plan.tasks


def _read_plan(place: Place) -> Plan:
    try:
        return Plan.from_bytes(place.read(JOB))
    except ValueError as exc:
        message = f"{JOB} in {place.address} is not a job of this version: {exc}. {_OTHERWISE}"
        raise ConfigError(message) from exc
