"""The main graph: a fresh challenger contests the serving champion."""

from kfp import dsl

from components.ingest import ingest
from components.judge import judge
from components.promote import promote
from components.record import record
from components.report import report
from components.select import select
from components.train import train
from pipelines.resources import equip
from secom_core.evidence import FAMILIES, REFERENCE


@dsl.pipeline(name="secom-train-and-promote")
def train_and_promote(
    source: str = "https://archive.ics.uci.edu/static/public/179/secom.zip",
    max_inspection_rate: float = 0.2,
    missed_fail_cost: float = 0.0,
    first_window: float = 0.4,
    holdout: float = 0.2,
    until: float = 1.0,
    search: str = "full",
    seed: int = 0,
    inference_service: str = "",
) -> None:
    """Train four families and the reference in time order, let the best contest the champion.

    Args:
        source: A folder, a .zip, an https address, s3://bucket/prefix, or synthetic[:SEED].
        max_inspection_rate: Inspection capacity as a share of all units.
        missed_fail_cost: What an escape costs, in inspections; 0 sets the threshold by capacity.
        first_window: Share of units in the first training window.
        holdout: Share of units that only the gate sees, the latest.
        until: Share of the units, the earliest, that the run knows of: as if it were run back then.
        search: full, or quick: each family's first combination of parameters as it is.
        seed: Seed of every random choice.
        inference_service: Name of the InferenceService to roll out; empty where there is none.
    """
    run_id = dsl.PIPELINE_JOB_ID_PLACEHOLDER
    with dsl.ExitHandler(equip(record(run_id=run_id))):
        ingested = equip(
            ingest(
                source=source,
                run_id=run_id,
                max_inspection_rate=max_inspection_rate,
                missed_fail_cost=missed_fail_cost,
                first_window=first_window,
                holdout=holdout,
                until=until,
                search=search,
                seed=seed,
            )
        )
        data = {"units": ingested.outputs["units"], "settings": ingested.outputs["settings"]}
        with dsl.ParallelFor([*FAMILIES, REFERENCE]) as family:
            trained = equip(train(**data, family=family, run_id=run_id))
        contenders = dsl.Collected(trained.outputs["contender"])
        selected = equip(select(**data, contenders=contenders, run_id=run_id))
        contest = {
            "challenger": selected.outputs["challenger"],
            "comparison": selected.outputs["comparison"],
        }
        judged = equip(judge(**data, **contest, run_id=run_id))
        verdict = judged.outputs["verdict"]
        with dsl.If(judged.outputs["Output"] == "promote"):
            equip(
                promote(
                    challenger=contest["challenger"],
                    verdict=verdict,
                    run_id=run_id,
                    inference_service=inference_service,
                )
            )
        equip(report(**data, **contest, verdict=verdict, run_id=run_id))
