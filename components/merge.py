"""The end of a batch."""

from kfp.dsl import HTML, Dataset, Metrics, Output

from components.decorator import component


@component
def merge(
    source: str,
    output: str,
    scored: list[int],
    n_listed: int,
    run_id: str,
    page: Output[HTML],
    rejects: Output[Dataset],
    figures: Output[Metrics],
) -> None:
    """Put the parts together: rejects, inspection list and summary.

    Args:
        source: A file or folder of units, s3://bucket/key.
        output: Where results go, s3://bucket/prefix.
        scored: Units that each task scored.
        n_listed: Units on the inspection list, the riskiest first.
        run_id: The pipeline run.

    Returns:
        page: The inspection list, to print and take to the line.
        rejects: Units that broke the contract, with line and reason.
        figures: Units scored, flagged and rejected.
    """
    import os
    from pathlib import Path

    from components.published import published
    from components.stage import stage
    from secom_core.store import bucket_opener
    from serving.predictor import batch

    with stage("merge", run_id=run_id):
        opener = bucket_opener(os.environ)
        place = batch.open_place(output, opener)
        with published(os.environ, batch.judge_of(place)) as judging:
            job = batch.open_job(judging, source, place, open_bucket=opener)
            summary = batch.finish(job, n_workers=batch.n_cores(), n_listed=n_listed)
        Path(page.path).write_bytes(place.read(batch.INSPECTION_PAGE))
        Path(rejects.path).write_bytes(place.read(batch.REJECTS))
        rejects.metadata.update(summary.rejects_by_fault)
        for name, value in {**summary.headline, "scored_now": sum(scored)}.items():
            figures.log_metric(name, value)
