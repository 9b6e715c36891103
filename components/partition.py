"""What a batch is made of."""

from components.decorator import component


@component
def partition(
    source: str,
    output: str,
    bundle: str,
    n_shares: int,
    run_id: str,
) -> list[int]:
    """Divide a batch into parts and write the plan down, or find the one that was begun.

    Args:
        source: A file or folder of units, s3://bucket/key.
        output: Where results go, s3://bucket/prefix.
        bundle: Digest of the published bundle that judges; empty for the champion.
        n_shares: Into how many shares to divide the parts, one a task.
        run_id: The pipeline run.

    Returns:
        Output: Numbers of the shares that have work to do, counted from 0.
    """
    import os

    from components.published import champion_digest, published
    from components.stage import stage
    from secom_core.store import bucket_opener
    from serving.predictor import batch

    with stage("partition", run_id=run_id):
        opener = bucket_opener(os.environ)
        place = batch.open_place(output, opener)
        with published(os.environ, bundle or champion_digest(os.environ)) as judging:
            job = batch.open_job(judging, source, place, open_bucket=opener)
            return job.shares(n_shares)
