"""Health and metadata in the forms in which kserve asks for them."""

from __future__ import annotations

from typing import NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from serving.predictor.framework import (
    DataPlane,
    InferenceModel,
    ModelRepository,
    UnsupportedProtocol,
)
from serving.predictor.model import MODEL_NAME, Predictor


class Served(InferenceModel):
    """What kserve keeps in its registry: readiness, inputs and outputs.

    Parameters
    ----------
    predictor : Predictor
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__(MODEL_NAME)
        self._predictor = predictor
        self.ready = True

    def get_input_types(self) -> list[dict[str, object]]:
        """Return the inputs."""
        return self._predictor.inputs

    def get_output_types(self) -> list[dict[str, object]]:
        """Return the outputs."""
        return self._predictor.outputs

    def load(self) -> bool:
        """Leave readiness as it is: kserve would make a model ready by loading it."""
        return bool(self.ready)

    async def __call__(self, *_request: object, **_options: object) -> NoReturn:
        """Refuse: inference is answered in front of kserve; only V1 would come here."""
        raise UnsupportedProtocol("V1")  # noqa: EM101 - a protocol's name, not a message


class ServedDataPlane(DataPlane):
    """Health and metadata, with what kserve leaves out.

    Parameters
    ----------
    predictor : Predictor
    registry : ModelRepository
        Holds a `Served`.
    """

    def __init__(self, predictor: Predictor, registry: ModelRepository) -> None:
        super().__init__(registry)
        self._version = predictor.version

    def metadata(self) -> dict[str, object]:
        """Describe the server."""
        return {**super().metadata(), "extensions": ["binary_tensor_data"]}

    async def model_metadata(self, model_name: str) -> dict[str, object]:
        """Describe a model; its one version is the bundle's digest."""
        return {
            **await super().model_metadata(model_name),
            "platform": "onnxruntime",
            "versions": [self._version],
        }

    async def ready(self) -> bool:
        """Whether the server takes requests: not while it stops."""
        return bool(await self.model_ready(MODEL_NAME))


async def say_why(_request: Request, error: HTTPException) -> JSONResponse:
    """Put FastAPI's own refusals into the protocol's form."""
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
