import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secom_core.errors import ConfigError
from secom_core.windows import Fold, Shares, timeline

cut_lines = st.builds(
    lambda n_units, first_window, holdout, n_folds: (
        n_units,
        Shares(first_window=first_window, holdout=holdout, n_folds=n_folds),
    ),
    st.integers(60, 3000),
    st.floats(0.1, 0.5),
    st.floats(0.1, 0.4),
    st.integers(1, 6),
)


def cut(line):
    """The time line of a drawn number of units and shares, where there is one."""
    try:
        return timeline(*line)
    except ConfigError:  # a window would be empty
        assume(condition=False)


def test_secom_is_cut_where_its_description_says():
    """Of 1,567 units the bundle is fitted on 1,096, has seen 1,254, and is judged on 313."""
    cuts = timeline(1567, Shares())

    assert (cuts.cut, cuts.fit.stop) == (1254, 1096)
    assert cuts.holdout == slice(1254, 1567)
    assert cuts.compared == slice(626, 1254)
    assert len(cuts.folds) == 4
    assert len(cuts.hindsight_folds) == 6


@given(line=cut_lines)
def test_folds_never_look_ahead(line):
    """A fold trains on every unit before those it predicts, and on none of these or later ones."""
    cuts = cut(line)

    assert all(fold.train == slice(0, fold.test.start) for fold in cuts.hindsight_folds)


@given(line=cut_lines)
def test_folds_predict_each_compared_unit_once(line):
    """Folds lie end to end from the first training window to the cut."""
    cuts = cut(line)

    stops = [cuts.compared.start, *(fold.test.stop for fold in cuts.folds)]
    assert [fold.test for fold in cuts.folds] == [slice(a, b) for a, b in pairwise(stops)]
    assert stops[-1] == cuts.compared.stop == cuts.cut
    assert all(a < b for a, b in pairwise(stops))


@given(line=cut_lines)
def test_hindsight_folds_go_on_to_the_end(line):
    """They begin with the folds of development, and predict every unit of the holdout once."""
    cuts = cut(line)

    later = cuts.hindsight_folds[len(cuts.folds) :]
    assert cuts.hindsight_folds[: len(cuts.folds)] == cuts.folds
    stops = [cuts.cut, *(fold.test.stop for fold in later)]
    assert [fold.test for fold in later] == [slice(a, b) for a, b in pairwise(stops)]
    assert stops[-1] == cuts.n_units


@given(line=cut_lines)
def test_holdout_is_disjoint_from_all_that_chooses_and_fits(line):
    """Development ends where the holdout begins; fitting and calibration lie in development."""
    cuts = cut(line)

    assert cuts.development == slice(0, cuts.cut)
    assert cuts.fit.stop == cuts.calibration.start < cuts.calibration.stop == cuts.cut
    assert cuts.holdout == slice(cuts.cut, cuts.n_units)


@given(line=cut_lines)
def test_windows_have_the_shares_that_were_asked_for(line):
    """Cuts lie where the shares say, to the unit."""
    n_units, shares = line
    cuts = cut(line)

    assert n_units - cuts.cut == math.floor(shares.holdout * n_units)
    assert cuts.compared.start == math.floor(shares.first_window * n_units)
    sizes = [fold.test.stop - fold.test.start for fold in cuts.folds]
    assert max(sizes) - min(sizes) <= 2


@pytest.mark.parametrize(
    "shares",
    [
        {"first_window": 0.0},
        {"first_window": -0.1},
        {"first_window": 0.8},
        {"first_window": math.nan},
        {"holdout": 0.0},
        {"holdout": -0.2},
        {"holdout": 0.6},
        {"holdout": 1.0},
        {"holdout": math.nan},
        {"first_window": math.inf, "holdout": -math.inf},
    ],
    ids=str,
)
def test_impossible_shares_are_refused(shares):
    """The message names both shares and the order in which they must stand."""
    with pytest.raises(ConfigError, match="0 < first_window < 1 - holdout < 1, got"):
        Shares(**shares)


@pytest.mark.parametrize("n_folds", [0, -1])
def test_comparison_without_folds_is_refused(n_folds):
    """Families are compared on one fold at least."""
    with pytest.raises(ConfigError, match=f"n_folds must be at least 1, got {n_folds}"):
        Shares(n_folds=n_folds)


@pytest.mark.parametrize("n_units", [0, 1, 4, 9])
def test_too_few_units_are_refused(n_units):
    """A window without units is refused here, not found out in the middle of a run."""
    with pytest.raises(ConfigError, match=f"{n_units} units are too few"):
        timeline(n_units, Shares())


def test_fewest_units_that_can_be_cut_are_cut():
    """Ten units make a time line with a unit in every window."""
    assert timeline(10, Shares()).folds == tuple(
        Fold(slice(0, start), slice(start, start + 1)) for start in (4, 5, 6, 7)
    )
