"""Which contender challenges the champion."""

from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output

from components.decorator import component


@component
def select(
    contenders: Input[list[Model]],
    units: Input[Dataset],
    settings: Input[Artifact],
    run_id: str,
    challenger: Output[Model],
    comparison: Output[Artifact],
    figures: Output[Metrics],
) -> None:
    """Choose the best family, if it beats the reference procedure by more than noise.

    Args:
        contenders: A bundle with its evidence from each family.
        units: Checked units in time order.
        settings: What the run may vary.
        run_id: The pipeline run.

    Returns:
        challenger: The chosen contender.
        comparison: The evidence of all, and the reason of the choice.
        figures: AUC of each family on the development windows.
    """
    import os
    import shutil
    from pathlib import Path

    from components import artifacts, tracking
    from components.stage import stage
    from secom_core import dataset, selection

    with stage("select", run_id=run_id):
        config = artifacts.read_settings(settings.path)
        evidence = artifacts.read_evidence([contender.path for contender in contenders])
        compared = selection.compare(
            list(evidence.values()), dataset.read_units(Path(units.path)), config
        )
        (chosen,) = (
            folder for folder, found in evidence.items() if found.family == compared.choice.family
        )
        shutil.copytree(chosen, challenger.path)
        artifacts.write_json(comparison.path, compared.to_json())
        for found in compared.evidence:
            figures.log_metric(f"auc_{found.family}", found.figures.auc.value)
        tracking.log_contenders(os.environ, run_id=run_id, folders=list(evidence), chosen=chosen)
