"""The report of a run."""

from kfp.dsl import HTML, Artifact, Dataset, Input, Metrics, Model, Output

from components.decorator import component


@component
def report(
    challenger: Input[Model],
    comparison: Input[Artifact],
    verdict: Input[Artifact],
    units: Input[Dataset],
    settings: Input[Artifact],
    run_id: str,
    page: Output[HTML],
    hindsight: Output[Artifact],
    figures: Output[Metrics],
) -> None:
    """Look back on the run, for comparison only, and write the page that people read.

    Args:
        challenger: The contender that went to the gate.
        comparison: The evidence of all contenders.
        verdict: The gate's verdict.
        units: Checked units in time order.
        settings: What the run may vary.
        run_id: The pipeline run.

    Returns:
        page: The report; opens offline.
        hindsight: The chosen procedure through the holdout, and on a random split.
        figures: AUC of both.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from components import artifacts
    from components.stage import stage
    from secom_core import bundle, dataset, explain
    from secom_core import hindsight as looking_back
    from secom_core.judgement import Judgement
    from secom_core.report import ReportData, render
    from secom_core.selection import Comparison
    from secom_core.windows import timeline

    with stage("report", run_id=run_id) as progress:
        read = dataset.read_units(Path(units.path))
        config = artifacts.read_settings(settings.path)
        compared = Comparison.from_json(artifacts.read_json(comparison.path))
        judged = bundle.read(Path(challenger.path) / artifacts.BUNDLE)
        found = looking_back.look_back(compared.chosen, read, config, progress=progress)
        holdout = read.window(timeline(len(read), config.shares).holdout)
        data = ReportData(
            run_id=run_id,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            units=read,
            config=config,
            comparison=compared,
            challenger=judged,
            judgement=Judgement.from_json(artifacts.read_json(verdict.path)),
            hindsight=found,
            effects=explain.effects(judged, holdout.readings, judged.reference.median),
        )
        Path(page.path).write_text(render(data), encoding="utf-8")
        artifacts.write_json(hindsight.path, found.to_json())
        figures.log_metric("temporal_auc", found.temporal.auc.value)
        figures.log_metric("shuffled_auc", found.shuffled.auc.value)
