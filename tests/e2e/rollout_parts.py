"""What roll-outs are tested with: tasks that promote, and a bundle that fails where it serves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from secom_core import bundle
from secom_core.bundle import Bundle, manifest
from tests.bundles import promoting
from tests.e2e.cluster import kubectl
from tests.e2e.release import Release
from tests.e2e.tasks import Task, start

TRACKING: Mapping[str, str] = {"MLFLOW_TRACKING_URI": "sqlite:////tmp/mlflow.db"}
"""A database of each task's own: these tests need no MLflow server."""

# As Kubeflow calls the stage, but that its inputs come from the store and the environment.
_PROMOTE = """
import os, pathlib, types
from components.promote import promote
from secom_core.store import Store, fetch_bundle
folder = pathlib.Path("/tmp/challenger")
fetch_bundle(Store.from_environment(os.environ), os.environ["CHALLENGER"], folder / "bundle")
verdict = pathlib.Path("/tmp/verdict.json")
verdict.write_text(os.environ["VERDICT"])
promote.python_func(
    challenger=types.SimpleNamespace(path=str(folder)),
    verdict=types.SimpleNamespace(path=str(verdict)),
    run_id=os.environ["RUN_ID"],
    inference_service=os.environ["SERVICE"],
)
"""


def start_promotion(
    release: Release, challenger: Bundle, champion: Bundle | None, *, run_id: str
) -> Task:
    """Start the stage that promotes, with a verdict that lets it."""
    environ = {
        **TRACKING,
        "CHALLENGER": challenger.digest,
        "VERDICT": json.dumps(promoting(challenger, champion).to_json()),
        "RUN_ID": run_id,
        "SERVICE": release.name,
    }
    return start(release.namespace, _PROMOTE, command=("python", "-c"), environ=environ)


def start_verb(release: Release, verb: str, *arguments: str) -> Task:
    """Start a verb of ours that rolls out."""
    scope = (f"--name={release.name}", f"--namespace={release.namespace}")
    return start(release.namespace, verb, *scope, *arguments, environ=TRACKING)


def kill_task(task: Task) -> None:
    """End a task's program so that it can tidy up nothing."""
    kubectl(
        "delete",
        "pods",
        f"--namespace={task.namespace}",
        f"--selector=job-name={task.name}",
        "--force",
        "--grace-period=0",
    )
    kubectl("delete", "job", task.name, f"--namespace={task.namespace}", "--ignore-not-found")


def write_unservable(honest: Bundle, folder: Path) -> Bundle:
    """Write a bundle that is complete and verified, and whose server refuses to start.

    Its golden requests expect other answers than it gives, as on a processor that computes
    otherwise.
    """
    shutil.copytree(honest.path, folder)
    (folder / manifest.LINEAGE).unlink()
    golden = json.loads((folder / manifest.GOLDEN).read_bytes())
    golden["risk"][0] += 0.001
    (folder / manifest.GOLDEN).write_bytes(manifest.to_json_bytes(golden))
    entries = {name: manifest.entry((folder / name).read_bytes()) for name in manifest.FILES}
    (folder / manifest.MANIFEST).write_bytes(manifest.to_bytes(entries))
    return bundle.read(folder)
