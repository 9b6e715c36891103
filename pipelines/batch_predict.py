"""`secom predict` as a graph: one batch, spread over machines."""

from kfp import dsl

from components.merge import merge
from components.partition import partition
from components.predict_part import predict_part
from pipelines.resources import equip


@dsl.pipeline(name="secom-batch-predict")
def batch_predict(
    source: str,
    output: str,
    bundle: str = "",
    n_shares: int = 4,
    n_listed: int = 500,
) -> None:
    """Score files of units and list what to inspect first; a run that failed is continued.

    Args:
        source: A file or folder of units, s3://bucket/key.
        output: Where results go, s3://bucket/prefix; a job that was interrupted there goes on.
        bundle: Digest of the published bundle that judges; empty for the champion.
        n_shares: How many tasks share the work.
        n_listed: Units on the inspection list, the riskiest first.
    """
    run_id = dsl.PIPELINE_JOB_ID_PLACEHOLDER
    where = {"source": source, "output": output, "run_id": run_id}
    planned = equip(partition(**where, bundle=bundle, n_shares=n_shares))
    with dsl.ParallelFor(planned.output) as share:
        scored = equip(predict_part(**where, share=share, n_shares=n_shares))
    equip(merge(**where, scored=dsl.Collected(scored.output), n_listed=n_listed))
