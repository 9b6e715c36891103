"""Doing a job: score its parts, then put together what people take to the line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from secom_core.bundle import Bundle
from secom_core.errors import RunError
from serving.predictor.batch import parts, sheets
from serving.predictor.batch.jobs import Job, open_job
from serving.predictor.batch.listing import Shortlist, movers
from serving.predictor.batch.page import inspection_page
from serving.predictor.batch.places import Place
from serving.predictor.batch.rows import Rows
from serving.predictor.batch.scoring import Scored, score
from serving.predictor.batch.summaries import Summary, Tally
from serving.predictor.batch.workers import in_order

if TYPE_CHECKING:
    from secom_core.store import Store

REJECTS, SUMMARY = "rejects.csv", "summary.json"
INSPECTION_PAGE, INSPECTION_SHEET = "inspection.html", "inspection.csv"

N_LISTED = 500
"""Units on the inspection list unless told otherwise: each is scored once per sensor read."""


def predict(
    bundle: Bundle,
    source: str,
    place: Place,
    *,
    open_bucket: Callable[[str], Store],
    n_workers: int,
    n_listed: int = N_LISTED,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Summary:
    """Do a job from its beginning, or from where it was left, to its end.

    Parameters
    ----------
    bundle, source, place, open_bucket
        As `open_job`.
    n_workers : int
        Threads.
    n_listed : int
        Units on the inspection list at most.
    progress : callable
        Called with the units that are done and all of them.

    Raises
    ------
    SecomError
        As `open_job`, `score_parts` and `finish`.
    """
    job = open_job(bundle, source, place, open_bucket=open_bucket)
    with place.locked():
        todo = job.unfinished()
        done = job.n_units - sum(job.tasks[index].span.n_lines for index in todo)
        progress(done, job.n_units)

        def advance(n_units: int) -> None:
            nonlocal done
            done += n_units
            progress(done, job.n_units)

        score_parts(job, todo, n_workers=n_workers, progress=advance)
        return finish(job, n_workers=n_workers, n_listed=n_listed)


def score_parts(
    job: Job,
    indexes: Sequence[int],
    *,
    n_workers: int,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Score some parts of a job and write each when it is whole.

    Parameters
    ----------
    job : Job
    indexes : sequence of int
        The parts, ascending.
    n_workers : int
        Threads.
    progress : callable
        Called with the number of units that have been read since the last call.

    Returns
    -------
    int
        Units scored.

    Raises
    ------
    FormatError
        If a file turns out to be damaged; finished parts stay.
    ConfigError, StoreError
        If the output cannot be written.
    """
    n_scored = 0
    pieces = in_order(_tasks(job, indexes), n_workers)
    for index, group in itertools.groupby(pieces, key=itemgetter(0)):
        scored = []
        for _, piece in group:
            scored.append(piece)
            n_scored += len(piece.lines)
            progress(len(piece.lines) + len(piece.rejects))
        content = parts.to_bytes(scored, file=job.tasks[index].file, digest=job.bundle.digest)
        job.place.write(parts.part_name(index), [content])
    return n_scored


def finish(job: Job, *, n_workers: int, n_listed: int = N_LISTED) -> Summary:
    """Write rejects, inspection list and summary of a job whose parts are all there.

    Parameters
    ----------
    job : Job
    n_workers : int
        Threads.
    n_listed : int
        Units on the inspection list at most.

    Raises
    ------
    RunError
        If a part is damaged.
    ConfigError, StoreError
        If a part is missing, or the output cannot be written.
    """
    tally, shortlist, with_rejects = Tally(), Shortlist(n_listed), []
    for index in range(len(job.tasks)):
        part = _read(job, index)
        tally.add(part)
        shortlist.add(index, part)
        with_rejects += [index] if part.rejects else []
    summary = tally.summary(job)
    listed = [
        replace(unit, movers=moved)
        for unit, moved in zip(shortlist.best, movers(job, shortlist.best, n_workers), strict=True)
    ]
    rejected = ((job.tasks[index].file, _read(job, index).rejects) for index in with_rejects)
    job.place.write(REJECTS, sheets.rejects_csv(rejected))
    job.place.write(INSPECTION_SHEET, [sheets.inspection_csv(listed, summary)])
    job.place.write(INSPECTION_PAGE, [inspection_page(listed, summary).encode()])
    # It comes last: where there is a summary, everything is there.
    job.place.write(SUMMARY, [summary.to_bytes()])
    return summary


def _tasks(job: Job, indexes: Sequence[int]) -> Iterator[tuple[int, partial[Scored]]]:
    for index in indexes:
        task = job.tasks[index]
        for read in job.form(task.file).tasks(task.span):
            yield index, partial(_score, read, job)


def _score(read: Callable[[], Rows], job: Job) -> Scored:
    return score(read(), job.bundle)


def _read(job: Job, index: int) -> parts.Part:
    part = job.read_part(index)
    if part is None:
        message = (
            f"part {index} in {job.place.address} was damaged since it was written. Run the same "
            "job again to have it made anew."
        )
        raise RunError(message)
    return part
