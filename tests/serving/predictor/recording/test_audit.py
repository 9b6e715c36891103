import numpy as np
import pytest

from serving.predictor.recording.audit import Audit

IDS = [f"unit-{number}" for number in range(20_000)]
PASSES = np.zeros(len(IDS), dtype=bool)


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_share_of_unflagged_units_is_marked(share):
    """Within four standard errors of what was asked for."""
    marks = Audit(share, seed=0).marks(IDS, PASSES)

    assert abs(marks.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(IDS))


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (1.0, True)])
def test_none_or_all_can_be_marked(share, expected):
    """The ends of the range mean what they say."""
    assert set(Audit(share, seed=0).marks(IDS[:500], PASSES[:500]).tolist()) == {expected}


def test_flagged_units_are_never_marked():
    """They are inspected anyway."""
    flagged = np.arange(len(IDS)) % 2 == 0

    marks = Audit(1.0, seed=0).marks(IDS, flagged)

    np.testing.assert_array_equal(marks, ~flagged)


def test_a_unit_is_marked_alike_alone_and_among_others():
    """Replicas agree, and so do a single request and a long one."""
    audit = Audit(0.5, seed=7)

    alone = [audit.marks([name], PASSES[:1]).item() for name in IDS[:200]]

    np.testing.assert_array_equal(audit.marks(IDS[:200], PASSES[:200]), alone)


def test_another_seed_marks_other_units():
    """Who knows last quarter's marks does not know this one's."""
    one, other = (Audit(0.5, seed=seed).marks(IDS, PASSES) for seed in (0, 1))

    assert 0.48 < np.mean(one == other) < 0.52
