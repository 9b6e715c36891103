"""The sides of the comparison: how each is started. All alike: one process, one thread."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.models import Served

OURS, STOCK, FLOOR, MLSERVER = "ours", "sklearnserver-like", "floor", "MLServer 1.7.1"
NOTHING = "nothing"
RECORDING = "ours, recording"
_MODULE = (sys.executable, "-m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A server that can be started."""

    name: str
    command: tuple[str, ...]
    http_port: int
    grpc_port: int | None
    is_binary: bool

    @property
    def model(self) -> str:
        """Address of the model."""
        return f"http://127.0.0.1:{self.http_port}/v2/models/secom"


def ours(served: Served) -> Side:
    """Return `secom serve`."""
    http, grpc = _free_port(), _free_port()
    ports = ("--http-port", str(http), "--grpc-port", str(grpc))
    return Side(
        name=OURS,
        command=(*_MODULE, "pipelines.cli", "serve", "--bundle", str(served.bundle), *ports),
        http_port=http,
        grpc_port=grpc,
        is_binary=True,
    )


def recording(served: Served, folder: Path) -> Side:
    """Return `secom serve` that writes every scored unit into a folder, which has room for all."""
    side = ours(served)
    options = ("--record", str(folder), "--record-max-bytes", str(2**36))
    return replace(side, name=RECORDING, command=(*side.command, *options))


def stock(served: Served) -> Side:
    """Return KServe's stock server on the pipeline."""
    http, grpc = _free_port(), _free_port()
    ports = (f"--http_port={http}", f"--grpc_port={grpc}")
    return Side(
        name=STOCK,
        command=(*_MODULE, "tests.benchmarks.stock_kserve", str(served.pickle), *ports),
        http_port=http,
        grpc_port=grpc,
        is_binary=True,
    )


def floor(served: Served) -> Side:
    """Return the bare floor on the bundle's graph."""
    http = _free_port()
    return Side(
        name=FLOOR,
        command=(*_MODULE, "tests.benchmarks.floor", str(served.bundle), str(http)),
        http_port=http,
        grpc_port=None,
        is_binary=True,
    )


def mlserver(served: Served, python: Path) -> Side:
    """Return MLServer on the pipeline; its REST takes JSON only."""
    http, grpc = _free_port(), _free_port()
    folder = served.pickle.parent
    settings = {
        "debug": False,
        "host": "127.0.0.1",
        "http_port": http,
        "grpc_port": grpc,
        "metrics_port": _free_port(),
        "parallel_workers": 0,  # answers in the one process
        "use_structured_logging": False,
    }
    model = {
        "name": "secom",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.pkl", "extra": {"predict_fn": "predict_proba"}},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    return Side(
        name=MLSERVER,
        command=(str(python.with_name("mlserver")), "start", str(folder)),
        http_port=http,
        grpc_port=grpc,
        is_binary=False,
    )


def nothing() -> Side:
    """Return a server that always gives the same answer."""
    http = _free_port()
    return Side(
        name=NOTHING,
        command=(*_MODULE, "tests.benchmarks.nothing", str(http)),
        http_port=http,
        grpc_port=None,
        is_binary=True,
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
