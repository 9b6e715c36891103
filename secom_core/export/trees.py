"""Tree ensembles, splits and leaves to the last bit.

The trees of scikit-learn and XGBoost see readings as float32, and a unit beside a threshold goes
the way that this rounding sends it: so readings are cast before they are compared, and splits are
kept in the precision in which they were learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from onnx import TensorProto

from secom_core.export.graph import Attributes, Graph

_COMPARISONS = {"<=": 0, "<": 1}
"""Codes of `BRANCH_LEQ` and `BRANCH_LT`."""

_SUM = 1
"""Code of the aggregate function."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """One binary tree; every array has an entry per node, and node 0 is the root.

    Parameters
    ----------
    yes, no : ndarray of int
        Node to go on to if the comparison holds, and if not; -1 at a leaf.
    column : ndarray of int
        What is compared; no matter at a leaf.
    split : ndarray of float64
        With what; no matter at a leaf.
    missing_is_yes : ndarray of bool
        Where NaN goes.
    leaf : ndarray of float64
        What a leaf adds to the answer; no matter elsewhere.
    """

    yes: np.ndarray
    no: np.ndarray
    column: np.ndarray
    split: np.ndarray
    missing_is_yes: np.ndarray
    leaf: np.ndarray

    @property
    def is_split(self) -> np.ndarray:
        """Whether each node is no leaf."""
        return self.yes >= 0

    def with_split(self) -> Tree:
        """Return a tree of the same answers whose root is no leaf, as ONNX wants it."""
        if self.is_split[0]:
            return self
        return Tree(
            yes=np.array([1, -1]),
            no=np.array([1, -1]),
            column=np.zeros(2, dtype=np.int64),
            split=np.zeros(2),
            missing_is_yes=np.zeros(2, dtype=bool),
            leaf=np.repeat(self.leaf[:1], 2),
        )


def tree_of_one_leaf(leaf: float) -> Tree:
    """Return a tree that adds `leaf` whatever the readings."""
    return Tree(
        yes=np.array([-1]),
        no=np.array([-1]),
        column=np.zeros(1, dtype=np.int64),
        split=np.zeros(1),
        missing_is_yes=np.zeros(1, dtype=bool),
        leaf=np.array([leaf]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trees:
    """Adds up what the trees say, in their order.

    Parameters
    ----------
    trees : tuple of Tree
    comparison : {"<=", "<"}
        "Reading, comparison, split" decides at each node.
    precision : {numpy.float64, numpy.float32}
        In which splits and leaves are kept, and leaves are added. Readings are float32 anyway.
    """

    trees: tuple[Tree, ...]
    comparison: str
    precision: type[np.floating]

    def columns_read(self, wanted: np.ndarray) -> np.ndarray:  # noqa: ARG002 - there is one output
        """Return the columns that a tree splits on."""
        return np.unique(np.concatenate([tree.column[tree.is_split] for tree in self.trees]))

    def restricted(self, carried: np.ndarray, wanted: np.ndarray) -> Self:  # noqa: ARG002 - as above
        """Return the same trees with columns counted among those carried."""
        trees = tuple(
            replace(tree, column=np.where(tree.is_split, np.searchsorted(carried, tree.column), 0))
            for tree in self.trees
        )
        return replace(self, trees=trees)

    def widened(self, columns: np.ndarray, n_columns: int) -> Self:  # noqa: ARG002 - trees pick
        """Return the same on a table of `n_columns`, of which it used to get `columns` alone."""
        trees = tuple(replace(tree, column=columns[tree.column]) for tree in self.trees)
        return replace(self, trees=trees)

    def emit(self, graph: Graph, table: str) -> str:
        """Write the ensemble between casts; the result is float64."""
        seen = graph.node("Cast", table, attributes={"to": TensorProto.FLOAT})
        is_double = self.precision is np.float64
        if is_double:
            seen = graph.node("Cast", seen, attributes={"to": TensorProto.DOUBLE})
        attributes = _attributes(self.trees, self.comparison, self.precision)
        total = graph.node("TreeEnsemble", seen, domain="ai.onnx.ml", attributes=attributes)
        if is_double:
            return total
        return graph.node("Cast", total, attributes={"to": TensorProto.DOUBLE})


def _attributes(trees: Sequence[Tree], comparison: str, precision: type[np.floating]) -> Attributes:
    """Lay the trees' nodes one behind the other, splits and leaves apart."""
    trees = [tree.with_split() for tree in trees]
    is_split = np.concatenate([tree.is_split for tree in trees])
    # A split is counted among the splits of all trees, a leaf among the leaves.
    place = np.where(is_split, np.cumsum(is_split), np.cumsum(~is_split)) - 1
    sizes = [tree.yes.size for tree in trees]
    starts = np.cumsum([0, *sizes[:-1]])
    offset = np.repeat(starts, sizes)[is_split]

    def of_splits(field: str) -> np.ndarray:
        return np.concatenate([getattr(tree, field) for tree in trees])[is_split]

    yes, no = of_splits("yes") + offset, of_splits("no") + offset
    leaf = np.concatenate([tree.leaf for tree in trees])[~is_split]
    split = of_splits("split").astype(precision)
    return {
        "aggregate_function": _SUM,
        "leaf_targetids": [0] * leaf.size,
        "leaf_weights": leaf.astype(precision),
        "n_targets": 1,
        "nodes_falseleafs": (~is_split[no]).astype(int).tolist(),
        "nodes_falsenodeids": place[no].tolist(),
        "nodes_featureids": of_splits("column").tolist(),
        "nodes_missing_value_tracks_true": of_splits("missing_is_yes").astype(int).tolist(),
        "nodes_modes": np.full(split.size, _COMPARISONS[comparison], dtype=np.uint8),
        "nodes_splits": split,
        "nodes_trueleafs": (~is_split[yes]).astype(int).tolist(),
        "nodes_truenodeids": place[yes].tolist(),
        "post_transform": 0,
        "tree_roots": place[starts].tolist(),
    }
