"""The floor: ASGI, orjson and ONNX Runtime on a bundle's graph, without checks or metrics."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import orjson
import uvicorn

from secom_core import bundle

_JSON_SIZE = b"inference-header-content-length"
_OUTPUTS = (("risk", "FP64", 8), ("flagged", "BOOL", 1))


class Floor:
    """Answers V2 inference, JSON or binary as asked, and believes every word of the client's."""

    def __init__(self, folder: Path) -> None:
        opened = bundle.read(folder)
        self._session = opened.session
        self._threshold = opened.operating_point.threshold

    async def __call__(self, scope, receive, send) -> None:
        """Answer one request."""
        headers, body = [], b"{}"
        if scope["method"] == "POST":
            json_size = dict(scope["headers"]).get(_JSON_SIZE)
            body = await _body(receive)
            if json_size is None:
                body = self._json(body)
            else:
                body, size = self._binary(body, int(json_size))
                headers = [(_JSON_SIZE, b"%d" % size)]
        kind = b"application/octet-stream" if headers else b"application/json"
        headers += [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _json(self, body: bytes) -> bytes:
        tensor = orjson.loads(body)["inputs"][0]
        readings = np.array(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
        outputs = [
            {"name": name, "datatype": datatype, "shape": [len(readings)], "data": values.tolist()}
            for (name, datatype, _), values in zip(_OUTPUTS, self._judge(readings), strict=True)
        ]
        return orjson.dumps({"model_name": "secom", "outputs": outputs})

    def _binary(self, body: bytes, json_size: int) -> tuple[bytes, int]:
        tensor = orjson.loads(body[:json_size])["inputs"][0]
        readings = np.frombuffer(body, np.float64, offset=json_size).reshape(tensor["shape"])
        n_units = len(readings)
        outputs = [
            {
                "name": name,
                "datatype": datatype,
                "shape": [n_units],
                "parameters": {"binary_data_size": n_units * width},
            }
            for name, datatype, width in _OUTPUTS
        ]
        head = orjson.dumps({"model_name": "secom", "outputs": outputs})
        values = [values.tobytes() for values in self._judge(readings)]
        return b"".join([head, *values]), len(head)

    def _judge(self, readings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        risk = bundle.risk_of(self._session, readings)
        return risk, risk >= self._threshold


async def _body(receive) -> bytes:
    pieces = []
    while True:
        event = await receive()
        pieces.append(event["body"])
        if not event.get("more_body"):
            return b"".join(pieces)


def main(folder: str, port: str) -> None:
    """Serve the bundle in `folder` on the loopback."""
    uvicorn.run(
        Floor(Path(folder)),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
