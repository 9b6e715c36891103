"""What the README has a newcomer type, after a first run and in the same folder."""

import json
import subprocess

import numpy as np
import pyarrow.parquet as pq
import pytest

from secom_core import bundle, dataset


@pytest.fixture
def served(environ, shop, state):  # noqa: ARG001 - there is a champion then
    """The port on which `secom serve` answers, started where the first run was."""
    with subprocess.Popen(
        ["secom", "serve", "--http-port", "0", "--grpc-port", "0"],
        cwd=shop,
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield json.loads(process.stderr.readline())["http_port"]
        process.terminate()


def test_the_champion_answers_curl(served, typed, shop, state):
    """The golden requests get over HTTP the answers that training wrote down."""
    golden = bundle.read(state / "champion").golden
    readings = [[None if np.isnan(x) else x for x in unit] for unit in golden.readings]
    tensor = {"name": "readings", "shape": [len(readings), 590], "datatype": "FP64"}
    request = {"inputs": [tensor | {"data": readings}]}
    (shop / "request.json").write_text(json.dumps(request))

    def curl(line):
        return typed(line.replace("8080", str(served)))

    ready = curl("curl -s localhost:8080/v2/health/ready")
    model = curl("curl -s localhost:8080/v2/models/secom")
    answer = curl("curl -s localhost:8080/v2/models/secom/infer --json @request.json")

    assert ready.code == 0
    assert json.loads(model.out)["name"] == "secom"
    outputs = {each["name"]: each["data"] for each in json.loads(answer.out)["outputs"]}
    assert outputs["risk"] == pytest.approx(golden.risk, abs=1e-9)
    assert outputs["flagged"] == golden.flagged.tolist()


def test_a_file_of_units_is_scored_and_listed_for_inspection(typed, shop, state, twin):
    """Every unit of the file gets the risk that the served champion would give it."""
    dataset.write_units(twin, shop / "units.parquet")

    ended = typed("secom predict --input units.parquet --output scored")

    assert ended.code == 0, ended.err
    scored = pq.read_table(shop / "scored" / "parts")["risk"].to_numpy()
    assert scored == pytest.approx(bundle.read(state / "champion").judge(twin.readings).risk)
    assert (shop / "scored" / "inspection.html").is_file()


def test_the_data_are_described(typed):
    """The summary counts units, fails and useless sensors."""
    ended = typed("secom data --data synthetic")

    assert ended.code == 0
    assert "1567, " in ended.out


@pytest.mark.usefixtures("state")
def test_the_report_is_found(typed):
    """In a pipe its path is printed, and no browser is opened."""
    ended = typed("secom report")

    assert (ended.code, ended.out) == (0, ".secom/report.html\n")


def test_the_pipeline_is_written_for_kubeflow(typed, shop):
    """The YAML lands where the user wants it."""
    ended = typed("secom compile --output pipeline.yaml")

    assert ended.code == 0
    assert (shop / "pipeline.yaml").stat().st_size > 10_000
