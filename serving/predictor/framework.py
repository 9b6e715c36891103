"""What this server uses of kserve, imported without letting it read our command line.

kserve parses `sys.argv` when it is imported, so that `secom serve --workers x` would end in its
usage message. Everything else in this package takes kserve's names from here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

Message: TypeAlias = Any
"""A generated protobuf message; grpcio and kserve ship no types."""
Context: TypeAlias = Any
"""A gRPC call's context."""


@contextmanager
def _own_command_line() -> Iterator[None]:
    ours = sys.argv
    sys.argv = ours[:1]
    try:
        yield
    finally:
        sys.argv = ours


with _own_command_line():
    from kserve import ModelServer
    from kserve.errors import (
        ModelNotFound,
        ModelNotReady,
        ServerNotReady,
        UnsupportedProtocol,
    )
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
