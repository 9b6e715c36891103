import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet

from components.decorator import TRAIN_IMAGE
from pipelines import as_yaml, resources
from secom_core import bundle, training
from secom_core.config import TrainingConfig
from secom_core.store import Champion, bucket_opener, move_champion, publish_bundle
from serving.predictor import batch

ROOT = Path(__file__).parents[2]
CHECKED_IN = as_yaml.checked_in("batch_predict")
_RUN = """
import json, sys, warnings
from kfp import local
from pipelines.batch_predict import batch_predict
warnings.filterwarnings("ignore")
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[1], raise_on_error=True)
batch_predict(**json.loads(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def spec():
    """The specification alone."""
    return next(iter(yaml.safe_load_all(CHECKED_IN.read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def judging(twin, tmp_path_factory):
    """A bundle to judge with."""
    folder = tmp_path_factory.mktemp("bundle") / "champion"
    bundle.write(training.fit_contender("reference", twin, TrainingConfig()).parts, folder)
    return bundle.read(folder)


@pytest.fixture
def champion(judging, store):
    """The same, published and champion of the store."""
    publish_bundle(store, judging.path, judging.digest)
    pointer = Champion(
        digest=judging.digest,
        run_id="run-7",
        seen_until="2008-10-01T00:00:00",
        is_synthetic=True,
        holdout_digest="0" * 64,
    )
    move_champion(store, pointer, replaces=None)
    return judging


@pytest.fixture
def stored_units(twin, store, tmp_path):
    """Three files in the store: 500 units, of which one is infinite."""
    readings = twin.readings.copy()
    readings[123, 5] = np.inf
    columns = [pa.array(np.ascontiguousarray(each), from_pandas=True) for each in readings.T]
    table = pa.table(dict(zip(twin.sensors, columns, strict=True)))
    for name, start, stop in [("a", 0, 200), ("b", 200, 350), ("c", 350, 500)]:
        parquet.write_table(table[start:stop], tmp_path / "units.parquet")
        store.put(f"line/in/{name}.parquet", (tmp_path / "units.parquet").read_bytes())
    return "s3://secom/line/in"


@pytest.fixture
def run(store_environ, environ, tmp_path):
    """Run the graph on this machine, a process a task."""

    def start(**parameters):
        return subprocess.run(
            [sys.executable, "-c", _RUN, str(tmp_path / "root"), json.dumps(parameters)],
            cwd=ROOT,
            env={**environ, **store_environ},
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_checked_in_yaml_is_what_the_code_compiles_to(tmp_path):
    """`make compile` was run after the last change of the graph or a component."""
    as_yaml.write("batch_predict", tmp_path / "fresh.yaml")

    fresh = (tmp_path / "fresh.yaml").read_text(encoding="utf-8")
    assert fresh == CHECKED_IN.read_text(encoding="utf-8"), "run `make compile`"


def test_every_parameter_and_port_is_described(spec):
    """Kubeflow's UI shows a sentence for whatever goes in or comes out."""
    sides = [
        component.get(side, {})
        for component in spec["components"].values()
        if "executorLabel" in component
        for side in ("inputDefinitions", "outputDefinitions")
    ]
    for ports in [spec["root"]["inputDefinitions"], *sides]:
        for kind in ports.values():
            assert [name for name, each in kind.items() if not each.get("description")] == []


def test_tasks_run_on_our_image_with_addresses_and_limits():
    """Tasks install nothing, find the store by reference, and cannot starve a node."""
    spec, platform = yaml.safe_load_all(CHECKED_IN.read_text(encoding="utf-8"))
    given = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for name, executor in spec["deploymentSpec"]["executors"].items():
        container = executor["container"]
        assert container["image"] == TRAIN_IMAGE
        assert "pip install" not in json.dumps(container)
        assert {"resourceCpuLimit", "resourceMemoryLimit"} <= container["resources"].keys()
        assert given[name]["secretAsEnv"][0]["secretName"] == resources.SECRET


def test_tasks_need_nothing_of_the_serving_image():
    """They run on the training image, which serves nothing."""
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['fastapi', 'kserve', 'orjson', 'prometheus_client']))\n"
        "import serving.predictor.batch"
    )

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_commands_choices_are_the_pipelines():
    """The list that the command holds, so that its help needs no kfp, is the real one."""
    from pipelines.cli import main

    (option,) = [each for each in main.commands["compile"].params if each.name == "pipeline"]

    assert list(option.type.choices) == list(as_yaml.PIPELINES)


def test_graph_leaves_what_the_command_leaves(
    run, champion, stored_units, store, store_environ, tmp_path
):
    """Spread over tasks, a batch ends in the same bytes; the page is an artifact for the UI."""
    ended = run(source=stored_units, output="s3://secom/line/out", n_shares=2, n_listed=40)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    opener = bucket_opener(store_environ)
    alone = batch.open_place(str(tmp_path / "alone"), opener)
    summary = batch.predict(
        champion, stored_units, alone, open_bucket=opener, n_workers=1, n_listed=40
    )
    names = alone.names()
    assert {key.removeprefix("line/out/") for key in store.list("line/out/")} == names
    assert {name: store.get(f"line/out/{name}") for name in names} == {
        name: alone.read(name) for name in names
    }
    assert (summary.n_scored, summary.n_rejects) == (499, 1)
    (page,) = (tmp_path / "root").glob("*/merge/page")
    assert page.read_bytes() == alone.read(batch.INSPECTION_PAGE)


def test_failed_run_is_continued(run, champion, stored_units, store):
    """A second run makes what the first did not, and leaves the rest alone."""
    parameters = {"source": stored_units, "output": "s3://secom/line/out", "n_shares": 3}
    assert run(**parameters).returncode == 0
    whole = store.get("line/out/parts/part-00001.parquet")
    before = {found.key: found for found in store.find("line/out/parts/")}
    store.put("line/out/parts/part-00001.parquet", whole[:40])

    ended = run(**parameters, bundle=champion.digest)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {found.key: found for found in store.find("line/out/parts/")} == before
    assert "score 2/3" in ended.stdout
    assert "score 1/3" not in ended.stdout


def test_without_champion_the_reason_is_told(run, stored_units):
    """A store that nobody has trained into says so, and nothing is begun."""
    ended = run(source=stored_units, output="s3://secom/line/out")

    assert ended.returncode != 0
    assert "there is no champion in the object store" in ended.stdout
