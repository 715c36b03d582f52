"""Rows that would decide: laws, the interval's own verdict, and right within a factor of 2 by simulation."""

import math

import numpy as np
import pytest
import rows as simulation

from bitsapart.estimate.divergence import kl_in_nats
from bitsapart.estimate.rows import rows_to_decide

BITS = 0.01 * math.log(2)


def test_only_the_undecided_are_answered():
    for p, q in [([600, 400], [400, 600]), ([50_000, 50_000], [50_100, 49_900]), ([5], [5]), ([0, 0], [3, 4])]:
        assert rows_to_decide(p, q, BITS, 0.95) is None
    rng = np.random.default_rng(1)
    for _ in range(40):
        p, q = rng.multinomial(2000, np.full(20, 0.05), 2)
        found = kl_in_nats(p, q, 0.95)
        undecided = found.low <= BITS <= found.high
        assert (rows_to_decide(p, q, BITS, 0.95) is not None) == undecided


def test_more_rows_than_there_are_and_more_for_a_higher_level():
    p, q = [520, 480], [500, 500]
    found = [rows_to_decide(p, q, BITS, level) for level in (0.9, 0.95, 0.999)]
    assert found == sorted(found)
    assert found[0] > 1000


def test_rows_are_those_of_the_larger_side():
    many, few = (
        rows_to_decide([5200, 4800], [500, 500], BITS, 0.95),
        rows_to_decide([520, 480], [5000, 5000], BITS, 0.95),
    )
    assert min(many, few) > 10_000


def test_an_outcome_of_p_that_q_lacks_is_undecided():
    assert rows_to_decide([5000, 5000, 1], [5000, 5000, 0], BITS, 0.95) > 10_000


@pytest.mark.parametrize(
    ("outcomes", "times", "n"), [(2, 0.0, 1000), (2, 0.75, 20_000), (10, 1.5, 5000), (100, 0.25, 5000), (2, 2.0, 1000)]
)
def test_the_median_prediction_is_right_within_a_factor_of_two(outcomes, times, n):
    found = simulation.cell(outcomes, "uniform", times, n, 60, 4)
    assert found["open"] > 0.5
    assert 0.5 < found["ratio"] < 2.0
