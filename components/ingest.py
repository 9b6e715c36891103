"""From raw SECOM files to checked units."""

from kfp.dsl import Artifact, Dataset, Metrics, Output

from components.decorator import component


@component
def ingest(
    source: str,
    run_id: str,
    units: Output[Dataset],
    settings: Output[Artifact],
    quality: Output[Metrics],
    max_inspection_rate: float = 0.2,
    missed_fail_cost: float = 0.0,
    first_window: float = 0.4,
    holdout: float = 0.2,
    until: float = 1.0,
    search: str = "full",
    seed: int = 0,
) -> None:
    """Load units, check them against the SECOM format, and settle what the run may vary.

    Args:
        source: A folder, a .zip, an https address, s3://bucket/prefix, or synthetic[:SEED].
        run_id: The pipeline run.
        max_inspection_rate: Inspection capacity as a share of all units.
        missed_fail_cost: What an escape costs, in inspections; 0 sets the threshold by capacity.
        first_window: Share of units in the first training window.
        holdout: Share of units that only the gate sees, the latest.
        until: Share of the units, the earliest, that the run knows of.
        search: full, or quick: each family's first combination of parameters as it is.
        seed: Seed of every random choice.

    Returns:
        units: Checked units in time order, Parquet.
        settings: The parameters below as JSON, for every later stage.
        quality: Missing, constant, duplicate and out-of-family sensors.
    """
    import json
    import os
    from pathlib import Path

    from components import tracking
    from components.stage import stage
    from secom_core import dataset
    from secom_core.config import TrainingConfig
    from secom_core.store import Store, bucket_opener
    from secom_core.windows import timeline

    with stage("ingest", run_id=run_id):
        config = TrainingConfig.from_json(
            {
                "max_inspection_rate": max_inspection_rate,
                "missed_fail_cost": missed_fail_cost,
                "first_window": first_window,
                "holdout": holdout,
                "until": until,
                "search": search,
                "seed": seed,
            }
        )
        # Whatever promotion will need is asked for now, not after minutes of training.
        Store.from_environment(os.environ).require_reachable()
        tracking.require_reachable(os.environ)
        loaded = dataset.load(
            source,
            cache=dataset.user_cache(os.environ),
            open_bucket=bucket_opener(os.environ),
        ).earliest(config.until)
        timeline(len(loaded), config.shares)
        dataset.write_units(loaded, Path(units.path))
        Path(settings.path).write_text(json.dumps(config.to_json()))
        units.metadata.update(
            digest=loaded.digest,
            data="synthetic" if loaded.is_synthetic else "real",
            units=len(loaded),
            fails=int(loaded.is_fail.sum()),
        )
        for name, value in dataset.quality(loaded).headline.items():
            quality.log_metric(name, value)
