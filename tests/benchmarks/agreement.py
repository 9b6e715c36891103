"""Before anything is timed: all sides answer, and ours and the floor answer alike."""

from __future__ import annotations

from urllib.request import Request, urlopen

import numpy as np
import orjson

from secom_core import bundle
from tests.benchmarks.cases import Bodies
from tests.benchmarks.models import Served
from tests.benchmarks.processes import Running
from tests.benchmarks.sides import FLOOR, OURS


def require_agreement(
    servers: list[Running], served: Served, bodies: Bodies, readings: np.ndarray
) -> None:
    """Ask each server about the first units; `bodies` are JSON, of single units."""
    stock = served.pipeline.predict_proba(readings[: bodies.count])
    risk = bundle.read(served.bundle).judge(readings[: bodies.count]).risk
    for server in servers:
        answers = [_answer(server, bodies, number) for number in range(bodies.count)]
        expected = risk[:, None] if server.side.name in {OURS, FLOOR} else stock
        np.testing.assert_allclose(answers, expected, rtol=0, atol=1e-9)


def _answer(server: Running, bodies: Bodies, number: int) -> list[float]:
    request = Request(  # noqa: S310
        f"{server.side.model}/infer",
        data=(bodies.folder / str(number)).read_bytes(),
        headers={"content-type": "application/json"},
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310
        return list(np.ravel(orjson.loads(answer.read())["outputs"][0]["data"]))
