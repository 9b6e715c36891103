"""What this server uses of kserve, imported with care.

kserve parses `sys.argv` when it is imported, so that `secom serve --workers x` would end in its
usage message. And it imports pandas and a client of Kubernetes' API, 90 MB and most of a second,
for functions that no predictor calls. Everything else in this package takes kserve's names from
here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeAlias

Message: TypeAlias = Any
"""A generated protobuf message; grpcio and kserve ship no types."""
Context: TypeAlias = Any
"""A gRPC call's context."""


class _SpareClass:
    """Stands for a class that kserve names and no predictor makes an instance of."""

    def __init__(self, *_args: object, **_options: object) -> None:
        message = (
            "kserve was imported for serving, without pandas and its client of Kubernetes' API. "
            "Import kserve before serving.predictor to have them."
        )
        raise ImportError(message)


class _SpareModule(ModuleType):
    def __getattr__(self, name: str) -> type[_SpareClass]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _SpareClass


@contextmanager
def _import_of_kserve() -> Iterator[None]:
    ours = sys.argv
    sys.argv = ours[:1]
    spares = {
        name: _SpareModule(name)
        for name in ("kserve.api.kserve_client", "pandas")
        if name not in sys.modules
    }
    sys.modules.update(spares)
    try:
        yield
    finally:
        sys.argv = ours
        for name in spares:
            del sys.modules[name]


with _import_of_kserve():
    from kserve import ModelServer
    from kserve.errors import ModelNotFound, ModelNotReady, ServerNotReady, UnsupportedProtocol
    from kserve.logging import configure_logging
    from kserve.model import InferenceModel
    from kserve.model_repository import ModelRepository
    from kserve.model_server import app
    from kserve.protocol.dataplane import DataPlane
    from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
    from kserve.protocol.grpc.servicer import InferenceServicer
    from kserve.protocol.rest.server import RESTServer

__all__ = [
    "Context",
    "DataPlane",
    "InferenceModel",
    "InferenceServicer",
    "Message",
    "ModelNotFound",
    "ModelNotReady",
    "ModelRepository",
    "ModelServer",
    "RESTServer",
    "ServerNotReady",
    "UnsupportedProtocol",
    "app",
    "configure_logging",
    "pb",
]
