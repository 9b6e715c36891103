"""Batch as it is commonly written: pandas reads Parquet, scikit-learn predicts, pandas writes."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pandas as pd


def main(model: str, source: str, target: str) -> None:
    """Score every unit of a Parquet file or folder; the pickle is the benchmark's own."""
    pipeline = pickle.loads(Path(model).read_bytes())  # noqa: S301
    readings = pd.read_parquet(source)
    risk = pipeline.predict_proba(readings.to_numpy())[:, 1]
    pd.DataFrame({"risk": risk}).to_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
