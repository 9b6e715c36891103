"""Who may import whom, and what the serving image can do without."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("secom_core", "components", "pipelines", "serving")

# Runs argv[2] as Python, as if the modules that argv[1] names were not installed.
WITHOUT = """
import sys

class Absent:
    def __init__(self, names):
        self.names = frozenset(names)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent(sys.argv[1].split(",")))
code = sys.argv[2]
sys.argv = ["secom"]
exec(code)
"""


@pytest.fixture(scope="session")
def not_served() -> frozenset[str]:
    """Every module that is installed here but is not in the serving image."""
    return _missing_in("requirements/serve.txt")


@pytest.fixture(scope="session")
def not_trained() -> frozenset[str]:
    """Every module that is installed here but is not in the training image."""
    return _missing_in("requirements/train.txt")


def _missing_in(lock: str) -> frozenset[str]:
    locked = re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
    there = {*locked, "secom"}
    return frozenset(
        module
        for module, distributions in packages_distributions().items()
        if not any(_canonical(name) in there for name in distributions)
    )


def _canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _without(absent: frozenset[str], code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, ",".join(sorted(absent)), code],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def project(tmp_path):
    """A copy of the four packages and their contracts, to break them in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    return tmp_path


def test_import_contracts_are_kept():
    """Imports point at the domain, and the domain knows no framework."""
    checked = _lint_imports(ROOT)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("secom_core/planted.py", "import components", "Imports point at the domain"),
        ("serving/planted.py", "import components", "Imports point at the domain"),
        ("secom_core/planted.py", "import mlflow", "The domain knows no framework"),
        (
            "serving/predictor/planted.py",
            "import sklearn",
            "The predictor needs no training library",
        ),
        (
            "secom_core/contract.py",
            "import secom_core.dataset",
            "A bundle is read without what is stored or trained",
        ),
    ],
)
def test_contract_notices_import(project, module, line, broken):
    """An import against the direction of the arrows breaks the contract that forbids it."""
    with (project / module).open("a") as file:
        file.write(f"\n{line}\n")

    checked = _lint_imports(project)

    assert f"{broken} BROKEN" in checked.stdout


def test_serving_image_lacks_training_libraries(not_served):
    """What must not weigh on the serving image is not among its locked requirements."""
    heavy = {"sklearn", "scipy", "xgboost", "mlflow", "kfp", "onnx", "matplotlib", "jinja2"}

    assert heavy <= not_served


@pytest.mark.parametrize(
    "package",
    ["errors", "contract", "store", "bundle", "record", "signing"],
)
def test_domain_of_serving_imports_with_its_image_alone(package, not_served):
    """Reading, judging and fetching a bundle needs nothing but what the serving image holds."""
    imported = _without(not_served, f"import secom_core.{package}")

    assert imported.returncode == 0, imported.stderr


def test_serving_imports_with_its_image_alone(not_served):
    """Every module of the predictor imports where nothing that trains is installed."""
    imported = _without(
        not_served,
        "import pkgutil, importlib, serving.predictor as predictor\n"
        "for module in pkgutil.walk_packages(predictor.__path__, 'serving.predictor.'):\n"
        "    importlib.import_module(module.name)\n"
        "import serving.metrics",
    )

    assert imported.returncode == 0, imported.stderr


def test_monitor_imports_with_its_image_alone(not_trained):
    """The monitor runs from the training image, which holds nothing that serves."""
    imported = _without(not_trained, "import pipelines.cluster_cli, pipelines.monitor")

    assert {"kserve", "orjson"} <= not_trained
    assert imported.returncode == 0, imported.stderr


@pytest.mark.parametrize("verb", ["serve", "ship", "predict"])
def test_command_runs_with_serving_image_alone(verb, not_served):
    """A command of the serving image explains itself where nothing that trains is installed."""
    helped = _without(
        not_served,
        f"import sys\nsys.argv += [{verb!r}, '--help']\nfrom pipelines.cli import main\nmain()",
    )

    assert helped.returncode == 0, helped.stderr
    assert f"secom {verb}" in helped.stdout


def test_absent_module_is_noticed():
    """The stand-in for an image really lacks what it is told to lack."""
    imported = _without(frozenset({"json"}), "import json")

    assert "No module named 'json'" in imported.stderr
