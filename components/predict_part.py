"""A share of a batch."""

from components.decorator import component


@component
def predict_part(
    source: str,
    output: str,
    share: int,
    n_shares: int,
    run_id: str,
) -> int:
    """Score the parts of one share that are not there yet; a repeated task goes on where it was.

    Args:
        source: A file or folder of units, s3://bucket/key.
        output: Where results go, s3://bucket/prefix.
        share: Which share, counted from 0.
        n_shares: Into how many shares the parts are divided.
        run_id: The pipeline run.

    Returns:
        Output: Units scored by this task.
    """
    import os

    from components.published import published
    from components.stage import stage
    from secom_core.store import bucket_opener
    from serving.predictor import batch

    with stage(f"score {share + 1}/{n_shares}", run_id=run_id):
        opener = bucket_opener(os.environ)
        place = batch.open_place(output, opener)
        with published(os.environ, batch.judge_of(place)) as judging:
            job = batch.open_job(judging, source, place, open_bucket=opener)
            return batch.score_parts(job, job.share(share, n_shares), n_workers=batch.n_cores())
