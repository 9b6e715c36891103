from __future__ import annotations

import asyncio
import re
import time
from typing import Any, NoReturn

import grpc
import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from secom_core.bundle import Bundle, Verdicts
from serving import metrics
from serving.predictor.counts import Counts, Histogram
from serving.predictor.framework import pb
from serving.predictor.grpc_service import GrpcService
from serving.predictor.limits import Limits
from serving.predictor.model import Predictor
from serving.predictor.rest import Rest
from serving.predictor.routes import INFER
from serving.predictor.tensors import Request
from serving.predictor.work import Work
from tests.bundles import RUN_ID
from tests.serving.running import Running, body_of

NAMES = {value for name, value in vars(metrics).items() if name.isupper()}


def asked(server: Running, **options: Any) -> dict[str, float]:
    """Return every sample of ours, by name and labels."""
    text = httpx.get(f"{server.http}/metrics", **options).raise_for_status().text
    return {
        f"{sample.name}{sorted(sample.labels.items()) if sample.labels else ''}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("secom_")
    }


def test_requests_and_units_are_counted(server: Running, served: Bundle):
    """Requests by protocol and code, units, flagged ones, readings missing and out of range."""
    readings = served.golden.readings.copy()
    readings[0, :3] = [np.nan, 1e12, -1e12]
    verdicts = served.judge(readings)
    before = asked(server)
    for _ in range(5):
        assert server.post(body_of(readings)).status_code == 200
    assert server.post(body_of(readings[:, :589])).status_code == 400

    found = {name: value - before.get(name, 0) for name, value in asked(server).items()}

    reference = served.reference
    out = np.count_nonzero((readings < reference.low) | (readings > reference.high))
    assert found["secom_requests_total[('code', '200'), ('protocol', 'rest')]"] == 5
    assert found["secom_requests_total[('code', '400'), ('protocol', 'rest')]"] == 1
    assert found[metrics.SCORED] == 60
    assert found[metrics.FLAGGED] == 5 * np.count_nonzero(verdicts.flagged)
    assert found[metrics.READINGS] == 5 * readings.size
    assert found[metrics.MISSING] == 5 * np.count_nonzero(np.isnan(readings))
    assert found[metrics.OUT_OF_REFERENCE] == 5 * out > 0
    assert found["secom_risk_count"] == 60
    assert found["secom_risk_sum"] == pytest.approx(5 * verdicts.risk.sum())
    for stage in ("decode", "judge", "encode", "whole"):
        labels = f"[('protocol', 'rest'), ('stage', '{stage}')]"
        assert found[f"secom_stage_seconds_count{labels}"] == 5
        assert 0 < found[f"secom_stage_seconds_sum{labels}"] < 5


def test_whoever_is_turned_away_raises_a_count_that_was_there_before(server: Running):
    """A count that begins at its first increase hides that increase from every rate."""
    for reason in ("queue", "memory", "long requests"):
        assert f"{metrics.REJECTED}[('reason', '{reason}')]" in asked(server)


class _Broken(Predictor):
    """Has a defect that nobody knows of."""

    def infer(self, request: Request) -> NoReturn:  # noqa: ARG002 - the predictor's
        raise ZeroDivisionError


def _answers(counts: Counts) -> dict[tuple[str, str], float]:
    (requests,) = (each for each in counts.collect() if f"{each.name}_total" == metrics.REQUESTS)
    return {(each.labels["protocol"], each.labels["code"]): each.value for each in requests.samples}


def test_what_nobody_foresaw_is_counted_as_a_fault(served: Bundle):
    """Whoever watches errors sees a defect, from the first time on, though nothing names it."""
    work = Work(Limits())
    counts = Counts(served, served.reference, work)
    predictor = _Broken(served, served.reference, counts, name_prefix="test")
    rest, rpc = Rest(predictor, work, counts, None), GrpcService(None, predictor, work, counts)
    readings = served.golden.readings
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="readings",
        datatype="FP64",
        shape=readings.shape,
        contents={"fp64_contents": readings.ravel()},
    )
    before = _answers(counts)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(rest)) as client:
            return await client.post(f"http://test{INFER}", json=body_of(readings))

    with pytest.raises(ZeroDivisionError):
        asyncio.run(ask())
    with pytest.raises(ZeroDivisionError):
        asyncio.run(rpc.ModelInfer(pb.ModelInferRequest(model_name="secom", inputs=[tensor]), None))
    work.close()

    assert before == {("rest", "500"): 0, ("grpc", "UNKNOWN"): 0}
    assert _answers(counts) == {("rest", "500"): 1, ("grpc", "UNKNOWN"): 1}


def test_calls_are_counted_apart_from_requests(server: Running):
    """Answers over gRPC have a protocol label and codes of their own."""
    good = "secom_requests_total[('code', 'OK'), ('protocol', 'grpc')]"
    bad = "secom_requests_total[('code', 'NOT_FOUND'), ('protocol', 'grpc')]"
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="readings", datatype="FP64", shape=[1, 590], contents={"fp64_contents": [0.0] * 590}
    )
    before = asked(server)
    with grpc.insecure_channel(server.grpc) as channel:
        infer = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        infer(pb.ModelInferRequest(model_name="secom", inputs=[tensor]))
        with pytest.raises(grpc.RpcError):
            infer(pb.ModelInferRequest(model_name="other", inputs=[tensor]))

    after = asked(server)

    assert after[good] == before.get(good, 0) + 1
    assert after[bad] == before.get(bad, 0) + 1


def test_the_bundle_that_answers_is_a_metric(server: Running, served: Bundle):
    """Digest, run, training time and data digest are labels of one sample."""
    labels = {
        "data_digest": served.data_digest,
        "digest": served.digest,
        "run_id": RUN_ID,
        "trained_at": "2008-10-18T08:00:00+00:00",
    }

    assert asked(server)[f"{metrics.BUNDLE}{sorted(labels.items())}"] == 1


def test_every_metric_has_its_name_in_one_module(server: Running):
    """Nothing of ours is counted under a name that panels and alerts cannot take from there."""
    server.post(b"{}")
    names = {name.partition("[")[0] for name in asked(server)}

    assert {re.sub("_(bucket|sum|count)$", "", name) for name in names} <= NAMES


def test_a_process_says_what_it_needs(server: Running):
    """Memory and processor time are Prometheus's own metrics."""
    text = httpx.get(f"{server.http}/metrics").text

    assert "process_resident_memory_bytes" in text
    assert "process_cpu_seconds_total" in text


def test_counting_is_cheap_to_ask_for(served: Bundle):
    """Collecting takes less than 5 ms; the fastest of several, since others use the machine."""
    counts = Counts(served, served.reference, Work(Limits()))
    counts.judged(served.golden.readings, served.judge(served.golden.readings))

    def seconds() -> float:
        start = time.perf_counter()
        assert list(counts.collect())
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.005


def test_a_histogram_counts_like_prometheus():
    """A bucket holds what is at most its bound; the last holds all."""
    histogram = Histogram(np.array([0.1, 0.2]))

    histogram.add(np.array([0.1, 0.15, 0.3]))
    histogram.add(np.array([0.05]))

    assert histogram.buckets() == ([("0.1", 2), ("0.2", 3), ("+Inf", 4)], pytest.approx(0.6))


def test_units_of_mixed_types_are_added_up_together(served: Bundle):
    """Integers and FP32 count like FP64."""
    counts = Counts(served, served.reference, Work(Limits()))
    for kind in (np.int32, np.float32, np.float64):
        counts.judged(np.zeros((20, 590), kind), Verdicts(np.zeros(20), np.zeros(20, bool)))

    families = {family.name: family for family in counts.collect()}

    assert families["secom_units_scored"].samples[0].value == 60
