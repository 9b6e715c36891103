"""A recorder of the bundle that tests serve."""

from __future__ import annotations

import resource
import signal
from contextlib import contextmanager

import pytest

from serving.predictor.recording.recorder import Recorder
from serving.predictor.recording.settings import Recording
from tests.serving.predictor.recording.scoring import Clock


@pytest.fixture
def clock():
    """Stands still unless told otherwise."""
    return Clock()


@pytest.fixture
def folder(tmp_path):
    """Where segments go."""
    made = tmp_path / "records"
    made.mkdir()
    return made


@pytest.fixture
def make_recorder(served, folder, clock):
    """Build recorders into `folder`, each a server of its own; closed at the end."""
    made = []

    def make(**settings):
        writer = f"writer{len(made)}"
        recording = Recording(folder=folder, **settings)
        made.append(Recorder(recording, served, writer=writer, monotonic=clock))
        return made[-1]

    yield make
    for recorder in made:
        recorder.log.close()


@pytest.fixture
def limit_file_size():
    """Let no file of this process grow beyond some bytes: writes break off, as on a full disk."""

    @contextmanager
    def limited(n_bytes):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)

    return limited
