"""The gate."""

from kfp.dsl import (
    Artifact,
    ClassificationMetrics,
    Dataset,
    Input,
    Markdown,
    Metrics,
    Model,
    Output,
)

from components.decorator import component


@component
def judge(
    challenger: Input[Model],
    comparison: Input[Artifact],
    units: Input[Dataset],
    settings: Input[Artifact],
    run_id: str,
    verdict: Output[Artifact],
    figures: Output[Metrics],
    roc: Output[ClassificationMetrics],
    card: Output[Markdown],
) -> str:
    """Let the challenger contest the champion on the holdout; "no" is a success of the gate.

    Args:
        challenger: The chosen contender.
        comparison: The evidence of all contenders.
        units: Checked units in time order.
        settings: What the run may vary.
        run_id: The pipeline run.

    Returns:
        verdict: The decision, its reasons, and the risks that it rests on.
        figures: Of the challenger on the holdout.
        roc: Of the challenger on the holdout.
        card: The challenger's model card.
        Output: promote, keep (the champion stays) or none (there is none, and none is good enough).
    """
    import os
    import tempfile
    from pathlib import Path

    from components import artifacts, outcome
    from components.stage import stage
    from secom_core import bundle, dataset, judgement
    from secom_core.selection import Comparison
    from secom_core.store import Store

    with stage("judge", run_id=run_id), tempfile.TemporaryDirectory() as scratch:
        judged = bundle.read(Path(challenger.path) / artifacts.BUNDLE)
        read = dataset.read_units(Path(units.path))
        config = artifacts.read_settings(settings.path)
        store = Store.from_environment(os.environ)
        found = judgement.judge(
            judged,
            Comparison.from_json(artifacts.read_json(comparison.path)),
            read,
            config,
            store=store,
            scratch=Path(scratch),
        )
        artifacts.write_json(verdict.path, found.to_json())
        outcome.keep_verdict(store, run_id=run_id, verdict=found.verdict)
        verdict.metadata.update(decision=found.verdict.decision, reason=found.verdict.reasons[0])
        for name, value in found.headline.items():
            figures.log_metric(name, value)
        roc.log_roc_curve(*judgement.roc_points(found, read, config))
        Path(card.path).write_text(judged.card.to_markdown(), encoding="utf-8")
        return found.verdict.decision
