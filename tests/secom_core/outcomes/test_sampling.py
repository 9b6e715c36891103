import numpy as np
import pytest

from secom_core.outcomes import Board, join
from secom_core.outcomes.sampling import rolling_window, sample, scored_units
from secom_core.record import concatenate
from tests.secom_core.outcomes.made import BUNDLE, OTHER_BUNDLE, outcome, scored

N, N_FLAGGED = 100, 20
NAMES = [f"u{number}" for number in range(N)]
FLAGGED = np.arange(N) < N_FLAGGED


def weighed(records, outcomes, *, n_units=1_000):
    """The sample of all units that the first bundle judged."""
    joined = join(records, Board(outcomes))
    units = scored_units(records, joined, bundle=BUNDLE)
    window = rolling_window(records, joined, units, n_units=n_units)
    return sample(records, joined, window)


def test_flagged_units_stand_for_the_flagged_and_audited_ones_for_the_others():
    """Each weighs as many scored units of its kind as there are for each that was looked at."""
    records = scored(NAMES, flagged=FLAGGED, audited=np.isin(np.arange(N), [30, 50, 70, 99]))
    looked_at = [*range(10), 30, 50, 70, 99]

    found = weighed(records, [outcome(NAMES[number]) for number in looked_at])

    assert found.index.tolist() == looked_at
    assert found.weight.tolist() == [2.0] * 10 + [20.0] * 4
    assert (found.n_flagged, found.n_unflagged) == (20, 80)


def test_unit_that_nobody_drew_stands_for_nobody():
    """A customer's return is no sample of what went out."""
    records = scored(NAMES, flagged=FLAGGED, audited=np.arange(N) == 99)

    found = weighed(records, [outcome("u0"), outcome("u40", "fail"), outcome("u99")])

    assert found.index.tolist() == [0, 99]


@pytest.mark.parametrize("n_late", [0, 8])
def test_all_count_where_nearly_all_are_tested(n_late):
    """Final test of all makes every unit count, also while a few are late."""
    records = scored(NAMES, flagged=FLAGGED, audited=np.arange(N) == 50)

    found = weighed(
        records, [outcome(name) for name in NAMES if name not in NAMES[30 : 30 + n_late]]
    )

    assert len(found) == N - n_late
    assert found.weight[~found.flagged] == pytest.approx(80 / (80 - n_late))
    assert found.weight.sum() == pytest.approx(N)


def test_more_stand_behind_those_audited_when_few_were():
    """Where the audited share was changed, units weigh by the share at which they were drawn."""
    share = np.where(np.arange(N) < 60, 0.5, 0.1)
    records = scored(NAMES, flagged=FLAGGED, audited=np.isin(np.arange(N), [40, 99]), share=share)

    found = weighed(records, [outcome("u0"), outcome("u40"), outcome("u99")])

    assert found.weight[1:] == pytest.approx([80 * 2 / 12, 80 * 10 / 12])


def test_units_behind_the_newest_outcome_are_not_in_the_window():
    """Their outcomes are on the way, and they are no sign of anything yet."""
    records = scored(NAMES, flagged=FLAGGED, audited=np.arange(N) == 59)

    found = weighed(records, [outcome("u0"), outcome("u59")])

    assert (found.n_flagged, found.n_unflagged) == (20, 40)


def test_window_rolls():
    """It holds the last units up to the newest outcome."""
    records = scored(NAMES, flagged=FLAGGED, audited=np.arange(N) == 59)

    found = weighed(records, [outcome("u0"), outcome("u15"), outcome("u59")], n_units=50)

    assert (found.n_flagged, found.n_unflagged) == (10, 40)
    assert found.index.tolist() == [15, 59]


def test_final_test_that_is_later_than_inspection_is_waited_for():
    """Inspected units behind those tested so far do not make tested ones look picked."""
    flagged = np.arange(N) % 5 == 0
    tested = [outcome(NAMES[number]) for number in range(60)]
    inspected = [outcome(NAMES[number]) for number in range(60, N, 5)]

    found = weighed(scored(NAMES, flagged=flagged), tested + inspected)

    assert len(found) == 60
    assert found.weight == pytest.approx(1.0)


def test_unit_counts_once():
    """A unit that was scored again counts by the record of its outcome, or by the last one."""
    first = scored(["a", "b", "c"], hours=[1, 2, 3], flagged=[True, True, False])
    again = scored(["a", "b"], hours=[30, 31], audited=[True, False], seed=1)
    records = concatenate([first, again])
    joined = join(records, Board([outcome("a", hours=24)]))

    units = scored_units(records, joined, bundle=BUNDLE)

    assert records.record_id[units].tolist() == ["0-0", "0-2", "1-1"]


def test_unit_is_judged_by_the_bundle_that_had_the_last_word():
    """A unit that another bundle scored again is no longer the first one's."""
    first = scored(["a", "b"], hours=[1, 2])
    again = scored(["a"], hours=[3], bundle=OTHER_BUNDLE, seed=1)
    records = concatenate([first, again])
    joined = join(records, Board([outcome("a"), outcome("b")]))

    assert scored_units(records, joined, bundle=BUNDLE).tolist() == [1]
    assert scored_units(records, joined, bundle=OTHER_BUNDLE).tolist() == [2]


def test_sample_says_whom_nobody_stands_for():
    """Without inspected units, or without audited passes, figures of the line cannot be had."""
    records = scored(["a", "b"], flagged=[True, False], audited=[False, True])

    inspected, audited = weighed(records, [outcome("a")]), weighed(records, [outcome("b")])

    assert (inspected.lacks_flagged, inspected.lacks_unflagged_passes) == (False, True)
    assert (audited.lacks_flagged, audited.lacks_unflagged_passes) == (True, False)
    assert weighed(records, [outcome("b", "fail")]).lacks_unflagged_passes
