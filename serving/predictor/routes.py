"""Which REST path goes where."""

from __future__ import annotations

from serving.predictor.errors import MethodError, NotOfferedError
from serving.predictor.model import MODEL_NAME
from serving.predictor.tensors import quoted

MODEL = f"/v2/models/{MODEL_NAME}"
INFER = f"{MODEL}/infer"
OPEN = frozenset(
    ("/", "/v2/health/live", "/v2/health/ready", f"{MODEL}/ready", "/metrics"),
)
"""What probes and Prometheus ask."""
_VERSIONS = f"{MODEL}/versions/"


def without_version(path: str, version: str) -> str:
    """Return `path` without the version it may name.

    Raises
    ------
    NotOfferedError
        If it names another version than `version`, the one that is served.
    """
    if not path.startswith(_VERSIONS):
        return path
    named, slash, rest = path.removeprefix(_VERSIONS).partition("/")
    if named != version:
        message = (
            f"no version {quoted(named)} of {MODEL_NAME}: the one that is served is {version}."
        )
        raise NotOfferedError(message)
    return f"{MODEL}{slash}{rest}"


def require_reading(method: str, path: str) -> None:
    """Let only what reads through to kserve's routes.

    Its repository calls would let anybody unload the model.

    Raises
    ------
    NotOfferedError
        If another model is asked, or one is to be loaded or unloaded.
    MethodError
        If the method is not GET.
    """
    parts = path.split("/")
    if len(parts) == 5 and parts[:3] == ["", "v2", "models"] and parts[4] == "infer":
        message = f"no model {quoted(parts[3])}: the one that is served is {MODEL_NAME}."
        raise NotOfferedError(message)
    if path.startswith("/v2/repository"):
        message = f"{MODEL_NAME} is the one model that is served: nothing can be (un)loaded."
        raise NotOfferedError(message)
    if method != "GET":
        message = f"{quoted(path)} takes GET, got {method}; inference is at {INFER}."
        raise MethodError(message, allowed="GET")
