from functools import partial
from threading import Barrier

import pytest

from serving.predictor.batch.workers import in_order, n_cores


def test_results_come_in_the_order_of_the_tasks():
    """Two tasks that wait for each other both run, and the first is given first."""
    both = Barrier(2)

    def task(value):
        both.wait(timeout=10)
        return value

    tasks = ((number, partial(task, -number)) for number in range(10))

    assert list(in_order(tasks, 2)) == [(number, -number) for number in range(10)]


def test_few_tasks_are_taken_ahead():
    """Whatever is not asked for yet is not read yet: memory does not grow with the input."""
    taken = []

    def tasks():
        for number in range(1000):
            taken.append(number)
            yield number, lambda: None

    results = in_order(tasks(), 2)
    next(results)

    assert len(taken) < 10
    results.close()


def test_failure_of_a_task_is_the_callers():
    """The error comes out where the result would have."""

    def fail():
        message = "no such unit"
        raise LookupError(message)

    results = in_order([(0, lambda: "fine"), (1, fail)], 1)

    assert next(results) == (0, "fine")
    with pytest.raises(LookupError, match="no such unit"):
        next(results)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None), ("nonsense", None)],
)
def test_cores_are_those_that_a_container_may_use(quota, expected, tmp_path):
    """A container's share of a large machine is what counts; without one, the machine's cores."""
    (tmp_path / "cpu.max").write_text(quota)

    unlimited = n_cores(tmp_path / "no such file")

    assert unlimited >= 1
    assert n_cores(tmp_path / "cpu.max") == (expected or unlimited)
