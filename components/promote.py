"""The challenger becomes champion."""

from kfp.dsl import Artifact, Input, Model

from components.decorator import component


@component
def promote(
    challenger: Input[Model],
    verdict: Input[Artifact],
    run_id: str,
    inference_service: str = "",
) -> None:
    """Publish the challenger under its digest, roll it out, then point to it as champion.

    Run twice, or killed anywhere and run again, it ends the same.

    Args:
        challenger: The bundle that the gate let through.
        verdict: The gate's verdict on it.
        run_id: The pipeline run.
        inference_service: Name of the InferenceService to roll out; empty where there is none.
    """
    import os
    from contextlib import ExitStack
    from pathlib import Path

    from components import artifacts, tracking
    from components.stage import stage
    from secom_core import bundle, promotion, signing
    from secom_core.judgement import Judgement
    from secom_core.store import Store, require_no_hold

    with stage("promote", run_id=run_id), ExitStack() as rollout_if_any:
        judged = Judgement.from_json(artifacts.read_json(verdict.path)).verdict
        store = Store.from_environment(os.environ)
        require_no_hold(store)
        folder = Path(challenger.path) / artifacts.BUNDLE
        if key := os.environ.get("SECOM_SIGN_KEY"):
            signing.sign(folder, Path(key))
        champion = bundle.read(folder)
        promotion.publish(store, champion, judged)
        if inference_service:
            from components import rollout

            place = rollout.Place.from_environment(inference_service, os.environ)
            rollout_if_any.enter_context(rollout.rolled_out(champion, place, os.environ))
        tracking.move_champion_alias(os.environ, folder=folder, digest=champion.digest)
        promotion.crown(store, champion, judged, run_id=run_id)
