"""Scoring files of any size: streamed, on all cores, continued after a kill.

::

    inputs → parquet_form, text_form → scoring → parts ─┬→ rejects.csv
    (files)  (rows)                    (risks)          ├→ inspection.csv, inspection.html
                                                        └→ summary.json

`open_job` says what is to be done, `score_parts` does some of it, `finish` puts it together:
`predict` does all three in one process, the pipeline in many.
"""

from serving.predictor.batch.jobs import Job, judge_of, open_job
from serving.predictor.batch.places import Place, open_place
from serving.predictor.batch.running import (
    INSPECTION_PAGE,
    INSPECTION_SHEET,
    N_LISTED,
    REJECTS,
    SUMMARY,
    finish,
    predict,
    score_parts,
)
from serving.predictor.batch.summaries import Summary
from serving.predictor.batch.workers import n_cores

__all__ = [
    "INSPECTION_PAGE",
    "INSPECTION_SHEET",
    "N_LISTED",
    "REJECTS",
    "SUMMARY",
    "Job",
    "Place",
    "Summary",
    "finish",
    "judge_of",
    "n_cores",
    "open_job",
    "open_place",
    "predict",
    "score_parts",
]
