"""One family of candidates."""

from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output

from components.decorator import component


@component
def train(
    units: Input[Dataset],
    settings: Input[Artifact],
    family: str,
    run_id: str,
    contender: Output[Model],
    figures: Output[Metrics],
) -> None:
    """Fit one family and write it in the form in which it would be judged and served.

    Args:
        units: Checked units in time order.
        settings: What the run may vary.
        family: forest, xgboost, mlp, logistic, or reference.
        run_id: The pipeline run.

    Returns:
        contender: The bundle, and the evidence for it.
        figures: Of the development windows.
    """
    import os
    from datetime import UTC, datetime
    from pathlib import Path

    from components import artifacts
    from components.stage import stage
    from secom_core import bundle, dataset, training

    with stage(f"train {family}", run_id=run_id) as progress:
        fitted = training.fit_contender(
            family,
            dataset.read_units(Path(units.path)),
            artifacts.read_settings(settings.path),
            progress=progress,
        )
        folder = Path(contender.path) / artifacts.BUNDLE
        digest = bundle.write(fitted.parts, folder)
        lineage = training.lineage(
            digest, run_id=run_id, environ=os.environ, trained_at=datetime.now(UTC)
        )
        bundle.write_lineage(lineage, folder)
        artifacts.write_json(f"{contender.path}/{artifacts.EVIDENCE}", fitted.evidence.to_json())
        contender.metadata.update(fitted.parts.card.headline, digest=digest)
        for name, (value, _, _) in fitted.parts.card.figures.items():
            figures.log_metric(name, value)
