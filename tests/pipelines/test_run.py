import json
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from secom_core import bundle, dataset
from tests.test_no_pickle import is_pickle

QUICK = "secom run --data synthetic --search quick"


def said(ran, name):
    """What a run says of its champion, bundle, report or log in its last lines."""
    return re.search(rf"^{name} +(.+)$", ran.out, re.MULTILINE)[1]


def artifact(ran, state, name):
    """An artifact of a run, such as `select/comparison`."""
    return next((state.parent / said(ran, "log")).parent.glob(f"*/{name}"))


def digest_in(ran, state):
    """The challenger's digest, by the bundle that went to the gate."""
    return bundle.read(artifact(ran, state, "select/challenger/bundle")).digest


def processes_of(folder):
    """Command lines of all processes that have to do with a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environ = path.with_name("environ").read_bytes().decode(errors="replace")
            there = str(path.with_name("cwd").readlink())
        except OSError:
            continue  # it has ended
        if any(str(folder) in text for text in (line, environ, there)):
            found.append(line)
    return found


def until(condition, *, seconds=60):
    """Wait for a condition to hold, or fail."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to that")


def test_a_run_ends_with_families_verdict_champion_and_paths(first, state):
    """A newcomer reads what was compared, what was decided, and where to look."""
    assert first.code == 0, first.out + first.err
    for family in ("forest", "xgboost", "mlp", "logistic", "reference"):
        assert re.search(rf"^  {family} +0\.\d+ \[0\.\d+, [01]\.\d+\]", first.out, re.MULTILINE)
    assert "Verdict: PROMOTED" in first.out
    assert said(first, "champion") == bundle.read(state / "champion").digest
    assert (state.parent / said(first, "report")).is_file()


def test_a_run_is_quiet_in_a_pipe(first):
    """Bars are for terminals; what is printed is the result."""
    assert first.err == ""


def test_champion_answers_as_the_gate_heard_it(state):
    """What lies in the state folder is the bundle, verified, with its run's lineage."""
    champion = bundle.read(state / "champion")

    champion.check_golden()
    assert champion.is_synthetic
    assert champion.run_id


def test_no_file_of_a_bundle_is_a_pickle(state):
    """Whoever loads a bundle runs no code of whoever wrote it."""
    files = list((state / "champion").iterdir())

    assert len(files) >= 8
    assert [path.name for path in files if is_pickle(path.read_bytes())] == []


def test_the_twins_report_says_that_it_is_synthetic(state):
    """Nobody mistakes made-up figures for the line's."""
    assert "SYNTHETIC" in (state / "report.html").read_text(encoding="utf-8").upper()


def test_nothing_is_left_running(state):
    """Store and stages end with the run."""
    until(lambda: processes_of(state) == [], seconds=10)


def test_mlflow_knows_the_run_its_families_and_the_champion(first, state):
    """An ML engineer finds the run with a child a family, and the registered champion."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{state.resolve() / 'mlflow.db'}")
    version = client.get_model_version_by_alias("secom", "champion")
    runs = client.search_runs([client.get_experiment_by_name("secom").experiment_id])
    families = {run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags}

    assert version.tags["bundle"] == said(first, "champion")
    assert families == {"forest", "xgboost", "mlp", "logistic", "reference"}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_every_fit_is_timed(first, state):
    """The seconds of every fit are kept, so that two cores can be held to their work."""
    compared = json.loads(artifact(first, state, "select/comparison").read_text(encoding="utf-8"))
    looked_back = json.loads(artifact(first, state, "report/hindsight").read_text("utf-8"))

    seconds = [each for found in compared["evidence"] for each in found["fit_seconds"]]
    assert len(seconds) == 5 * 4  # quick: one fit a family and window
    assert len(looked_back["fit_seconds"]) == 2 + 10
    assert np.all(np.array(seconds) > 0)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Files with a private key, its public key, and the public key of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    own, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (folder / "private.pem").write_bytes(
        own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    for name, key in {"public.pem": own, "other.pem": other}.items():
        public = key.public_key()
        (folder / name).write_bytes(
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    return folder


@pytest.fixture(scope="module")
def again(typed, first, keys):  # noqa: ARG001 - that one comes first
    """A second run with the same data and seed, which signs what it promotes."""
    return typed(QUICK, SECOM_SIGN_KEY=str(keys / "private.pem"))


def test_a_second_run_gives_the_same_digest_and_the_recorded_verdict(first, again, state):
    """Same data, code and seed: same bundle, and a holdout judges it once."""
    assert again.code == 0
    assert digest_in(again, state) == digest_in(first, state)
    assert said(again, "champion") == said(first, "champion")
    assert "that verdict stands" in again.out


@pytest.mark.usefixtures("again")
def test_a_signed_champion_is_served_to_who_asks_for_its_signature(state, keys, typed):
    """The key's owner signed it at promotion; under another key it never loads."""
    signed = bundle.read(state / "champion", verify_key=keys / "public.pem")
    refused = typed("secom serve --http-port 0", SECOM_VERIFY_KEY=str(keys / "other.pem"))

    assert (signed.path / "manifest.sig").is_file()
    assert refused.code == 2
    assert "other.pem" in refused.err


def test_another_seed_says_why_the_champion_stays_or_goes(typed, again, state):
    """A second challenger on one holdout is held to more, and reads so."""
    other = typed("secom run --data synthetic --search quick --seed 1")

    assert other.code == 0
    assert digest_in(other, state) != digest_in(again, state)
    assert "challenger number 2 on this holdout" in other.out
    assert re.search(r"Verdict: (PROMOTED|KEPT)", other.out)


def test_a_run_of_the_past_knows_of_no_later_unit(typed, tmp_path):
    """With --until, everything is done as if the later units had not been made yet."""
    state = tmp_path / "state"
    ended = typed(f"{QUICK} --until 0.5 --state {state}")
    units = dataset.read_units(artifact(ended, state, "ingest/units"))

    assert ended.code == 0, ended.err
    assert units.digest == dataset.twin(seed=0).window(slice(0, 784)).digest


def test_a_failing_stage_gives_its_reason(typed, tmp_path):
    """What the store or a stage refuses is told in its own words, and the log is named."""
    state = tmp_path / "state"
    ended = typed(f"{QUICK} --state {state}", MLFLOW_TRACKING_URI="http://127.0.0.1:1")

    assert ended.code == 2
    assert "ingest: MLflow at http://127.0.0.1:1 failed" in ended.err
    assert "Traceback" not in ended.err
    assert Path(re.search(r"in (\S+log\.txt)", ended.err)[1]).is_file()
    assert not (state / "champion").exists()


@pytest.fixture
def started(environ, tmp_path):
    """A run that has begun to train, in a state folder of its own; and that folder."""
    state = tmp_path / "state"
    with subprocess.Popen(
        [*QUICK.split(), "--state", state],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: any("train" in log.read_text() for log in state.glob("runs/*/log.txt")))
        yield process, state
        process.kill()


def test_interrupted_a_run_ends_all_and_says_so(started):
    """Ctrl-C leaves no process, and the state can be used again."""
    process, state = started
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    until(lambda: processes_of(state) == [], seconds=10)
    assert not (state / "report.html").exists()


def test_killed_a_run_takes_its_processes_along(started):
    """Even kill -9 leaves neither store nor stage behind."""
    process, state = started
    process.kill()
    process.wait()

    until(lambda: processes_of(state) == [], seconds=20)


def test_a_second_run_in_one_state_folder_is_refused(started, typed):
    """Two runs would pull the store from under each other."""
    _, state = started

    ended = typed(f"{QUICK} --state {state}")

    assert ended.code == 2
    assert f"another run is using {state}" in ended.err
