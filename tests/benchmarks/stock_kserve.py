"""KServe's stock server with a model that calls scikit-learn as KServe's sklearnserver does."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import kserve
from kserve.utils.utils import get_predict_input, get_predict_response


class SklearnModel(kserve.Model):
    """A pickled pipeline, asked for probabilities."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name)
        self._path = path

    def load(self) -> bool:
        """Read the pickle, which the benchmark has just written itself."""
        self._pipeline = pickle.loads(self._path.read_bytes())  # noqa: S301
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):  # noqa: ARG002 - kserve's signature
        """Answer as sklearnserver does with PREDICT_PROBA."""
        try:
            result = self._pipeline.predict_proba(get_predict_input(payload))
            return get_predict_response(payload, result, self.name)
        except Exception as exc:
            raise kserve.errors.InferenceError(str(exc)) from exc


if __name__ == "__main__":
    model = SklearnModel("secom", Path(sys.argv[1]))
    model.load()
    kserve.ModelServer().start([model])  # ports and the like come from the command line
