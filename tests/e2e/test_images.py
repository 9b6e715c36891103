"""The images as docker runs them: small, closed, and able to do the whole job."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from secom_core import bundle, dataset
from tests.e2e.cluster import ROOT, until
from tests.e2e.containers import (
    BASE_IMAGE,
    SERVE_IMAGE,
    TRAIN_IMAGE,
    Container,
    docker,
    mounted,
    running,
    script,
    secom,
)

pytestmark = pytest.mark.e2e

MEGABYTE = 1e6
LIMITS = {SERVE_IMAGE: 550 * MEGABYTE, TRAIN_IMAGE: 1200 * MEGABYTE}
"""Bytes over the base."""
IMAGES = pytest.mark.parametrize("image", [SERVE_IMAGE, TRAIN_IMAGE])
MODEL = "/mnt/models"

ASK = """
import json, urllib.request
golden = json.load(open("/mnt/models/golden.json"))
readings = golden["readings"]
tensor = {"name": "readings", "shape": [len(readings), len(readings[0])], "datatype": "FP64"}
body = json.dumps({"inputs": [tensor | {"data": readings}]}).encode()
request = urllib.request.Request(
    "http://127.0.0.1:8080/v2/models/secom/infer", body, {"content-type": "application/json"}
)
print(urllib.request.urlopen(request).read().decode())
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the main job in the training image leaves in a mounted folder."""
    folder = tmp_path_factory.mktemp("state")
    options = mounted(folder, "/out", writable=True)
    job = ("run", "--data", "synthetic", "--search", "quick", "--state", "/out")
    secom(TRAIN_IMAGE, *job, options=options)
    return folder


@pytest.fixture(scope="module")
def server(state: Path) -> Container:
    """The predictor with the champion of that job, as soon as docker counts it healthy."""
    with running(SERVE_IMAGE, options=mounted(state / "champion", MODEL)) as started:
        until(
            lambda: started.inspect(".State.Health.Status") == "healthy", seconds=60, what="health"
        )
        yield started


def importable(image: str, *names: str) -> list[str]:
    """Return those packages that the image's Python finds."""
    text = f"import importlib.util as u; print(*(n for n in {names} if u.find_spec(n)))"
    return script(image, f'python -c "{text}"').split()


@IMAGES
def test_image_is_small(image: str, tell: Callable[[str], None]):
    """What an image adds to its base stays within its limit."""
    sizes = [
        int(docker("image", "inspect", "-f", "{{.Size}}", name)) for name in (image, BASE_IMAGE)
    ]

    added = sizes[0] - sizes[1]
    tell(f"{image}: {added / MEGABYTE:.0f} MB over {BASE_IMAGE}")
    assert added <= LIMITS[image]


@IMAGES
def test_image_keeps_nothing_of_its_build(image: str):
    """Neither caches nor sources are left, nor a compiler, nor pip beside the libraries."""
    left = script(
        image,
        """
        find / -xdev \\( -path '*/.cache/*' -o -path '/src/*' -o -path '/opt/code/*' \\)
        command -v gcc cc g++ make git protoc || true
        """,
        user="0",
    )

    assert left == ""
    assert importable(image, "pip", "setuptools", "grpc_tools") == []


@IMAGES
def test_history_tells_no_secret(image: str):
    """Neither the build's commands nor the environment carry credentials or an index."""
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    config = docker("image", "inspect", "--format", "{{json .Config}}", image)

    told = f"{history}\n{config}".lower()
    hints = ("password", "passwd", "token", "secret", "private", "index_url", "index-url", "@")
    assert [hint for hint in hints if hint in told] == []


@IMAGES
@pytest.mark.parametrize("user", ["10001:10001", "54321:0"])
def test_any_user_runs_it_on_a_read_only_root(image: str, user: str):
    """The command starts as its own user and as whomever a platform makes up."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert secom(image, "--version", options=("--user", user)) == f"secom, version {version}"
    assert script(image, "id -u", user=user) == user.partition(":")[0]


def test_predictor_cannot_train():
    """What trains is not there: neither to be attacked nor to be paid for."""
    training = ("sklearn", "xgboost", "kfp", "mlflow", "scipy", "matplotlib")

    assert importable(SERVE_IMAGE, *training) == []
    assert importable(TRAIN_IMAGE, *training) == [*training]


def test_main_job_leaves_report_and_bundle(state: Path):
    """Without a network, the training image trains, judges and writes what people want."""
    champion = bundle.read(state / "champion")

    champion.check_golden()
    assert champion.digest in (state / "report.html").read_text(encoding="utf-8")
    assert (state / "champion").stat().st_uid == 10001
    assert json.loads((state / "verdict.json").read_text())["verdict"]["decision"] == "promote"


def test_predictor_serves_what_was_trained(state: Path, server: Container):
    """The champion's golden requests get the answers that training wrote down."""
    champion = bundle.read(state / "champion")

    answer = json.loads(server.python(ASK))

    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    assert outputs["risk"] == pytest.approx(champion.golden.risk, abs=1e-9)
    assert outputs["flagged"] == champion.golden.flagged.tolist()


def test_predictor_starts_fast_and_small(server: Container, tell: Callable[[str], None]):
    """From the start of the container to the first request that is answered, on a cold process."""
    lines = (json.loads(line) for line in server.log().splitlines())
    (ready,) = (line["time"] for line in lines if line["message"] == "serving")
    started = datetime.fromisoformat(server.inspect(".State.StartedAt"))

    seconds = (datetime.fromisoformat(ready) - started).total_seconds()
    memory = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", server.id)
    tell(f"{SERVE_IMAGE}: ready after {seconds:.1f} s, memory {memory.partition('/')[0].strip()}")
    assert seconds < 15


def test_predictor_stops_when_asked(state: Path):
    """The signal of `docker stop` reaches the server, which ends of itself."""
    with running(SERVE_IMAGE, options=mounted(state / "champion", MODEL)) as started:
        until(lambda: '"serving"' in started.log(), seconds=60, what="a server")
        docker("stop", "--time", "60", started.id)

        assert started.inspect(".State.ExitCode") == "0"


def test_predictor_scores_files(state: Path, twin: dataset.Units, tmp_path: Path):
    """The serving image does batches too, with a mounted file and a mounted folder."""
    given, results = tmp_path / "given", tmp_path / "results"
    given.mkdir()
    results.mkdir()
    dataset.write_units(twin, given / "units.parquet")
    options = mounted(state / "champion", MODEL) + mounted(given, "/in")
    options += mounted(results, "/results", writable=True)

    job = ("--bundle", MODEL, "--input", "/in/units.parquet", "--output", "/results/scored")
    secom(SERVE_IMAGE, "predict", *job, options=options)

    summary = json.loads((results / "scored" / "summary.json").read_text())
    assert summary["n_scored"] == len(twin)
