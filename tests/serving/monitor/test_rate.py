from hypothesis import given
from hypothesis import strategies as st

from serving.monitor.rate import Bucket
from tests.serving.monitor.clocks import Clock


def test_what_does_not_fit_waits_until_it_does():
    """The answer says for how long, and nothing is taken meanwhile."""
    clock = Clock()
    bucket = Bucket(10, per_second=2, clock=clock)

    assert bucket.take(10) == 0
    assert bucket.take(4) == 2
    clock.seconds = 2
    assert bucket.take(4) == 0


@given(
    asked=st.lists(st.tuples(st.floats(0, 100, allow_nan=False), st.integers(1, 10)), max_size=50)
)
def test_no_span_lets_through_more_than_size_and_rate(asked):
    """However requests are spread, the long run has the steady rate."""
    clock = Clock()
    bucket = Bucket(10, per_second=2, clock=clock)
    n_through = 0

    for pause, n in asked:
        clock.seconds += pause
        n_through += n if bucket.take(n) == 0 else 0

    assert n_through <= 10 + 2 * clock.seconds + 1e-6
