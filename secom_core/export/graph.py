"""A small builder of ONNX graphs: the same calls in the same order give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from secom_core.bundle.manifest import OPERATOR_SETS

IR_VERSION = 10
"""Of ONNX 1.16, the first with tree ensembles in float64; ONNX Runtime reads it since 1.18."""

Attributes: TypeAlias = Mapping[str, int | list[int] | np.ndarray]

READINGS = "readings"
RISK = "risk"


class Graph:
    """Nodes and constants, named by the order in which they come."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def constant(self, values: np.ndarray) -> str:
        """Add a constant of `values`' shape and type; return its name."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(
        self,
        operator: str,
        *inputs: str,
        domain: str = "",
        output: str | None = None,
        attributes: Attributes = MappingProxyType({}),
    ) -> str:
        """Add a node of one output; return the output's name."""
        name = output or f"{operator}_{len(self._nodes)}"
        as_onnx: dict[str, Any] = {
            key: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
            for key, value in attributes.items()
        }
        self._nodes.append(
            helper.make_node(operator, list(inputs), [name], name, domain=domain, **as_onnx)
        )
        return name

    def to_bytes(self, *, n_sensors: int, properties: Mapping[str, str]) -> bytes:
        """Return the model that turns readings (n_units, n_sensors) into risks (n_units,)."""
        double = TensorProto.DOUBLE
        graph = helper.make_graph(
            self._nodes,
            "secom",
            [helper.make_tensor_value_info(READINGS, double, ["n_units", n_sensors])],
            [helper.make_tensor_value_info(RISK, double, ["n_units"])],
            self._constants,
        )
        model: ModelProto = helper.make_model(
            graph,
            producer_name="secom",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid(*pinned) for pinned in OPERATOR_SETS.items()],
        )
        helper.set_model_props(model, dict(properties))
        return model.SerializeToString(deterministic=True)
