"""What a pipeline does to readings, in terms that ONNX has; and what of it can be left out.

A fitted step becomes operations, each from a table (n_units, n_columns) to another. Every
operation knows which columns it reads when only some of its outputs are wanted, how to shrink to
those, and how to write itself into a graph.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Protocol, Self

import numpy as np

from secom_core.export.graph import Graph


class Operation(Protocol):
    """From a table of columns to another."""

    def columns_read(self, wanted: np.ndarray) -> np.ndarray:
        """Return the input columns, ascending, that can change the output columns `wanted`."""

    def restricted(self, carried: np.ndarray, wanted: np.ndarray) -> Operation | None:
        """Return the part from inputs `carried` to outputs `wanted`; None if it does nothing."""

    def widened(self, columns: np.ndarray, n_columns: int) -> Operation:
        """Return the same on a table of `n_columns`, of which it used to get `columns` alone."""

    def emit(self, graph: Graph, table: str) -> str:
        """Write nodes that work on the tensor named `table`; return the name of the result."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PerColumn(ABC):
    """Treats each column by itself; its fields are parameters of shape (n_columns,)."""

    def columns_read(self, wanted: np.ndarray) -> np.ndarray:
        """Return `wanted`: an output column reads the input column of the same place."""
        return wanted

    def restricted(self, carried: np.ndarray, wanted: np.ndarray) -> Self:  # noqa: ARG002 - alike
        """Return the same with the parameters of the columns carried."""
        return type(self)(
            **{field.name: getattr(self, field.name)[carried] for field in fields(self)}
        )

    def widened(self, columns: np.ndarray, n_columns: int) -> Self:
        """Return the same on a table of `n_columns`, of which it used to get `columns` alone.

        The columns between get the parameters of the first: nobody reads them.
        """
        wide = {}
        for field in fields(self):
            narrow = getattr(self, field.name)
            wide[field.name] = np.full(n_columns, narrow[0])
            wide[field.name][columns] = narrow
        return type(self)(**wide)

    @abstractmethod
    def emit(self, graph: Graph, table: str) -> str:
        """Write nodes of the same effect on the tensor named `table`; return the result's name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Impute(PerColumn):
    """Puts `fill` where a reading is NaN."""

    fill: np.ndarray

    def emit(self, graph: Graph, table: str) -> str:
        """Write it as a choice: the `Imputer` of ONNX Runtime knows no float64."""
        return graph.node("Where", graph.node("IsNaN", table), graph.constant(self.fill), table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip(PerColumn):
    """Moves what is below `low` or above `high` onto it."""

    low: np.ndarray
    high: np.ndarray

    def emit(self, graph: Graph, table: str) -> str:
        """Write it as maximum and minimum: the `Clip` of ONNX knows no limits by column."""
        raised = graph.node("Max", table, graph.constant(self.low))
        return graph.node("Min", raised, graph.constant(self.high))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centre(PerColumn):
    """Subtracts `mean`."""

    mean: np.ndarray

    def emit(self, graph: Graph, table: str) -> str:
        """Write one node."""
        return graph.node("Sub", table, graph.constant(self.mean))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale(PerColumn):
    """Divides by `scale`."""

    scale: np.ndarray

    def emit(self, graph: Graph, table: str) -> str:
        """Write one node."""
        return graph.node("Div", table, graph.constant(self.scale))

    def then(self, later: Dense) -> Dense:
        """Return this and `later` as one."""
        return Dense(weights=later.weights / self.scale[:, np.newaxis], bias=later.bias)


class Relu(PerColumn):
    """Raises what is below 0 to 0."""

    def emit(self, graph: Graph, table: str) -> str:
        """Write one node."""
        return graph.node("Relu", table)


class Tanh(PerColumn):
    """Squeezes numbers between -1 and 1."""

    def emit(self, graph: Graph, table: str) -> str:
        """Write one node."""
        return graph.node("Tanh", table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pick:
    """Keeps `columns`, in this order."""

    columns: np.ndarray

    def columns_read(self, wanted: np.ndarray) -> np.ndarray:
        """Return the columns that `wanted` are copies of."""
        return self.columns[wanted]

    def restricted(self, carried: np.ndarray, wanted: np.ndarray) -> None:
        """Return nothing: once only the wanted columns are carried, none is left to drop."""

    def widened(self, columns: np.ndarray, n_columns: int) -> Pick:  # noqa: ARG002 - alike
        """Return the same on a table of `n_columns`, of which it used to get `columns` alone."""
        return Pick(columns=columns[self.columns])

    def emit(self, graph: Graph, table: str) -> str:
        """Write one node."""
        return graph.node("Gather", table, graph.constant(self.columns), attributes={"axis": 1})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dense:
    """Table @ `weights` + `bias`; weights of shape (n_inputs, n_outputs), bias (n_outputs,)."""

    weights: np.ndarray
    bias: np.ndarray

    def columns_read(self, wanted: np.ndarray) -> np.ndarray:
        """Return the columns with a weight other than 0 in a wanted output."""
        return np.flatnonzero(self.weights[:, wanted].any(axis=1))

    def restricted(self, carried: np.ndarray, wanted: np.ndarray) -> Dense:
        """Return the weights between the two."""
        return Dense(weights=self.weights[np.ix_(carried, wanted)], bias=self.bias[wanted])

    def widened(self, columns: np.ndarray, n_columns: int) -> Dense:
        """Return the same on a table of `n_columns`, of which it used to get `columns` alone."""
        weights = np.zeros((n_columns, self.bias.size))
        weights[columns] = self.weights
        return Dense(weights=weights, bias=self.bias)

    def emit(self, graph: Graph, table: str) -> str:
        """Write one node."""
        return graph.node("Gemm", table, graph.constant(self.weights), graph.constant(self.bias))

    def then(self, later: Dense) -> Dense:
        """Return this and `later` as one."""
        return Dense(
            weights=self.weights @ later.weights, bias=self.bias @ later.weights + later.bias
        )
