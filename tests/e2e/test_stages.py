"""Stages that need no network, each in a real container of the training image, on real data."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from html import escape
from pathlib import Path

import pytest
from kfp import dsl, local
from kfp.local.config import LocalExecutionConfig

from components import artifacts
from components.report import report
from components.select import select
from components.train import train
from pipelines.environment import ONE_THREAD
from secom_core import bundle, dataset, judgement
from secom_core.config import TrainingConfig
from secom_core.evidence import FAMILIES, REFERENCE
from secom_core.selection import Comparison
from secom_core.store import Store

pytestmark = pytest.mark.e2e

CONFIG = TrainingConfig(search="quick")
RUN_ID = "run-7"
CLASSES = {"units.parquet": dsl.Dataset, "challenger": dsl.Model}
"""Of artifacts that are brought along; the others are plain."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that is all a stage shares with others; stages run in containers meanwhile."""
    folder = tmp_path_factory.mktemp("artifacts")
    folder.chmod(0o777)
    terms = {"network_mode": "none", "read_only": True, "tmpfs": {"/tmp": ""}}  # noqa: S108
    terms |= {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
    terms["entrypoint"] = [""]  # none: a stage brings its whole command, as on a cluster
    local.init(local.DockerRunner(**terms), pipeline_root=str(folder), raise_on_error=True)
    yield folder
    LocalExecutionConfig.instance = None


@pytest.fixture(scope="module")
def data(root: Path, real_units: dataset.Units) -> Mapping[str, str]:
    """What ingestion, which asks the store, would have left."""
    dataset.write_units(real_units, root / "units.parquet")
    artifacts.write_json(str(root / "settings.json"), CONFIG.to_json())
    return {"units": str(root / "units.parquet"), "settings": str(root / "settings.json")}


@pytest.fixture(scope="module")
def selection(root: Path, data: Mapping[str, str]) -> Path:
    """Artifacts of training and selection; MLflow's database lies beside them."""

    @dsl.pipeline(name="train-and-select")
    def train_and_select() -> None:
        given = {name: brought(path) for name, path in data.items()}
        with dsl.ParallelFor([*FAMILIES, REFERENCE]) as family:
            trained = equip(train(**given, family=family, run_id=RUN_ID))
        contenders = dsl.Collected(trained.outputs["contender"])
        chosen = equip(select(**given, contenders=contenders, run_id=RUN_ID))
        chosen.set_env_variable("MLFLOW_TRACKING_URI", f"sqlite:///{root / 'mlflow.db'}")

    train_and_select()
    (made,) = root.glob("train-and-select-*")
    return made


def brought(path: str) -> dsl.pipeline_channel.PipelineArtifactChannel:
    """Return an artifact that lies at `path` already."""
    made = dsl.importer(
        artifact_uri=path, artifact_class=CLASSES.get(Path(path).name, dsl.Artifact)
    )
    return made.output


def equip(task: dsl.PipelineTask) -> dsl.PipelineTask:
    """Let a stage use one core, as on a cluster."""
    for name, value in ONE_THREAD.items():
        task.set_env_variable(name, value)
    return task


def compared(selection: Path) -> Comparison:
    """Return what selection wrote."""
    return Comparison.from_json(artifacts.read_json(str(selection / "select/comparison")))


def test_every_family_is_trained(selection: Path):
    """Each container leaves a bundle that answers here as it did there, written by nobody."""
    folders = [path.parent for path in selection.rglob(f"contender/{artifacts.EVIDENCE}")]

    found = artifacts.read_evidence([str(folder) for folder in folders])
    assert {one.family for one in found.values()} == {*FAMILIES, REFERENCE}
    for folder in folders:
        bundle.read(folder / artifacts.BUNDLE).check_golden()
        assert folder.stat().st_uid == 10001


def test_challenger_is_selected(root: Path, selection: Path):
    """The chosen contender is handed on whole, and MLflow has a run for each family."""
    challenger = bundle.read(selection / "select/challenger" / artifacts.BUNDLE)

    challenger.check_golden()
    assert challenger.card.family == compared(selection).choice.family
    with closing(sqlite3.connect(root / "mlflow.db")) as database:
        names = {name for (name,) in database.execute("SELECT name FROM runs")}
    assert names == {*FAMILIES, REFERENCE, RUN_ID}


def test_report_is_written(
    root: Path,
    data: Mapping[str, str],
    selection: Path,
    running_store: Mapping[str, str],
    real_units: dataset.Units,
):
    """The page holds the gate's verdict on these very units, and hindsight its figures."""
    folder = selection / "select/challenger"
    challenger = bundle.read(folder / artifacts.BUNDLE)
    store = Store.from_environment(running_store)
    judged = judgement.judge(
        challenger, compared(selection), real_units, CONFIG, store=store, scratch=root / "scratch"
    )
    artifacts.write_json(str(root / "verdict.json"), judged.to_json())

    @dsl.pipeline(name="report-alone")
    def report_alone() -> None:
        given = {
            **data,
            "challenger": str(folder),
            "comparison": str(selection / "select/comparison"),
            "verdict": str(root / "verdict.json"),
        }
        equip(report(**{name: brought(path) for name, path in given.items()}, run_id=RUN_ID))

    report_alone()

    (made,) = root.glob("report-alone-*/report")
    page = (made / "page").read_text(encoding="utf-8")
    assert challenger.digest in page
    assert escape(judged.verdict.reasons[0]) in page
    hindsight = artifacts.read_json(str(made / "hindsight"))
    assert 0.4 < hindsight["temporal"]["auc"]["value"] < 0.8
