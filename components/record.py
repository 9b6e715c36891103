"""How a run ended."""

from kfp.dsl import PipelineTaskFinalStatus

from components.decorator import component


@component
def record(status: PipelineTaskFinalStatus, run_id: str) -> None:
    """Record the outcome of a run, however it ended, with the reason if it failed.

    Args:
        status: KFP's word on the run; it carries no reason.
        run_id: The pipeline run.
    """
    import os

    from components import outcome, tracking
    from secom_core.store import Store

    ended = outcome.keep(Store.from_environment(os.environ), run_id=run_id, state=status.state)
    tracking.end_run(os.environ, run_id=run_id, succeeded=ended.succeeded, reason=ended.reason)
