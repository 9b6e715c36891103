"""Contenders that were really fitted, and the bundles that they make."""

from dataclasses import replace

import pytest
from threadpoolctl import threadpool_limits

from secom_core import bundle, dataset, training
from secom_core.config import TrainingConfig
from secom_core.evidence import REFERENCE

FAST = (REFERENCE, "logistic")
"""Families that fit within seconds, one with trees and one without."""


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Fit with one thread a family, as a run does: on small windows more are slower."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def config():
    """What a run may vary, as it is unless somebody says otherwise."""
    return TrainingConfig()


@pytest.fixture(scope="session")
def narrow():
    """400 made-up units of 100 sensors, those that tell among them: fitted in no time."""
    units = dataset.twin(n_units=400, seed=0)
    kept = slice(60, 160)
    readings = units.readings[:, kept].copy()
    for array in (readings, units.is_fail, units.measured_at):
        array.flags.writeable = False
    return replace(units, readings=readings, sensors=units.sensors[kept])


@pytest.fixture(scope="session")
def contenders(twin, config):
    """A contender of each fast family, fitted on the twin."""
    return {family: training.fit_contender(family, twin, config) for family in FAST}


@pytest.fixture(scope="session")
def folders(contenders, tmp_path_factory):
    """The folder of each contender's bundle; copy it before you change anything in it."""
    parent = tmp_path_factory.mktemp("bundles")
    for family, contender in contenders.items():
        bundle.write(contender.parts, parent / family)
    return {family: parent / family for family in contenders}


@pytest.fixture(scope="session")
def bundles(folders):
    """Each contender's bundle, read as the gate and the server read it."""
    return {family: bundle.read(folder) for family, folder in folders.items()}
