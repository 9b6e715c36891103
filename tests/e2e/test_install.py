"""What one `helm install` gives."""

from __future__ import annotations

import grpc
import httpx
import numpy as np
import pytest

from serving.predictor.framework import pb
from tests.e2e import cluster
from tests.e2e.cluster import kubectl
from tests.e2e.release import Installed
from tests.serving.running import body_of

pytestmark = pytest.mark.e2e


def test_the_first_roll_out_is_part_of_the_installation(installed: Installed):
    """Two predictors are ready with the bundle that `champion.digest` names, and KServe says so."""
    service = installed.release.inference_service()

    assert service
    conditions = {one["type"]: one["status"] for one in service["status"]["conditions"]}
    assert conditions["Ready"] == "True"
    assert installed.release.bundle() == installed.champion.digest
    assert len(installed.release.pods()) == 2


def test_golden_units_are_answered_over_rest_through_the_service(installed: Installed):
    """Risks agree to 1e-9 and decisions exactly; the answer names the bundle."""
    target = installed.release.target()
    golden = installed.champion.golden
    url = f"http://{target.host}:{target.rest_port}/v2/models/secom/infer"

    said = httpx.post(url, json=body_of(golden.readings), timeout=10).raise_for_status().json()

    outputs = {output["name"]: output["data"] for output in said["outputs"]}
    np.testing.assert_allclose(outputs["risk"], golden.risk, rtol=0, atol=1e-9)
    assert outputs["flagged"] == golden.flagged.tolist()
    assert said["model_version"] == installed.champion.digest


def test_golden_units_are_answered_over_grpc_through_the_service(installed: Installed):
    """The same over the second port of the same Service."""
    target = installed.release.target()
    golden = installed.champion.golden
    request = pb.ModelInferRequest(
        model_name="secom",
        inputs=[
            pb.ModelInferRequest.InferInputTensor(
                name="readings", shape=golden.readings.shape, datatype="FP64"
            )
        ],
        raw_input_contents=[golden.readings.astype("<f8").tobytes()],
    )

    with grpc.insecure_channel(f"{target.host}:{target.grpc_port}") as channel:
        ask = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            request_serializer=pb.ModelInferRequest.SerializeToString,
            response_deserializer=pb.ModelInferResponse.FromString,
        )
        said = ask(request, timeout=10)

    raw = dict(zip((one.name for one in said.outputs), said.raw_output_contents, strict=True))
    np.testing.assert_allclose(np.frombuffer(raw["risk"]), golden.risk, rtol=0, atol=1e-9)
    assert said.model_version == installed.champion.digest


def test_helm_test_passes(installed: Installed):
    """It scores a golden unit through the Service."""
    assert "Phase:          Succeeded" in installed.release.helm("test", "--timeout=2m")


def test_what_is_installed_is_what_the_server_would_take_today(installed: Installed):
    """Each rendered object passes the API server's own checks."""
    _dry_run(installed.release.manifest(installed.values), installed.release.namespace)


def test_what_kustomize_gives_would_be_taken_too(reachable):  # noqa: ARG001 - to be asked first
    """The manifests for those without Helm pass the same checks."""
    with cluster.namespace("kustomize", pod_security="restricted") as namespace:
        for folder in ("base", "sample"):
            rendered = kubectl("kustomize", f"manifests/{folder}")
            _dry_run(rendered.replace("namespace: secom\n", f"namespace: {namespace}\n"), namespace)


def test_no_pod_was_refused_by_pod_security(installed: Installed):
    """The namespace enforces `restricted`, and nothing had to be tried twice."""
    events = cluster.items("events", installed.release.namespace)

    assert not [one["message"] for one in events if "PodSecurity" in one.get("message", "")]


def test_mlflow_answers_under_the_name_of_its_service(installed: Installed):
    """It refuses Hosts that it does not know, and the Service's is one that it knows."""
    namespace = installed.release.namespace
    host = f"secom-mlflow.{namespace}.svc:5000"
    address = cluster.service_ip("secom-mlflow", namespace)
    url = f"http://{address}:5000/api/2.0/mlflow/experiments/search?max_results=1"

    assert httpx.get(url, headers={"host": host}, timeout=10).raise_for_status().json()
    assert httpx.get(url, headers={"host": "elsewhere"}, timeout=10).status_code == 403


def _dry_run(rendered: str, namespace: str) -> None:
    options = ("--server-side", "--dry-run=server", "--force-conflicts", "--filename=-")
    kubectl("apply", *options, f"--namespace={namespace}", stdin=rendered)
