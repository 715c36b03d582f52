"""The test of equivalence: the interval turned round, size at the boundary, power, refusals."""

import math

import numpy as np
import pytest
from scipy import stats

from bitsapart.estimate.difference.equivalence import equivalence_test
from bitsapart.estimate.kl_divergence import kl_divergence
from bitsapart.values.errors import UsageError

TABLES = [
    ([600, 400], [580, 420]),
    ([60, 40], [50, 50]),
    ([3000, 2000, 900, 40], [2950, 2080, 850, 55]),
    ([40, 30, 20, 10, 5, 3], [35, 30, 22, 12, 8, 9]),
]


@pytest.mark.parametrize(("p", "q"), TABLES)
@pytest.mark.parametrize("level", [0.6, 0.9, 0.95, 0.999])
def test_it_is_the_upper_confidence_bound_turned_round(p, q, level):
    """The p-value of 'KL >= the bound at this level' is 1 - level, and less for a larger tolerance."""
    bound = kl_divergence(p, q, level=level, side="upper", unit="nat").high
    assert equivalence_test(p, q, bound, unit="nat").p_value == pytest.approx(1 - level, rel=1e-3)
    assert equivalence_test(p, q, 1.01 * bound, unit="nat").p_value < 1 - level
    assert equivalence_test(p, q, 0.99 * bound, unit="nat").p_value > 1 - level


def test_falls_with_the_tolerance_and_knows_units():
    p, q = TABLES[2]
    found = [equivalence_test(p, q, tolerance).p_value for tolerance in np.geomspace(1e-5, 10, 40)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.5
    assert found[-1] < 1e-12
    one, other = equivalence_test(p, q, 0.01), equivalence_test(p, q, 0.01 * math.log(2), unit="nat")
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6)
    assert one.statistic == pytest.approx(other.statistic / math.log(2))
    assert (one.hypothesis, other.hypothesis[-4:]) == ("KL(P || Q) >= 0.01 bits", "nats")


def test_two_outcomes_far_from_the_boundary_against_the_normal_law():
    """First-order normal test of KL >= tolerance, whose variance grows with the divergence that is supposed."""
    p, q = np.array([600_000, 400_000]), np.array([500_000, 500_000])
    share, other = p / p.sum(), q / q.sum()
    logs, ratio = np.log(share / other), share / other
    kl = float(np.sum(share * logs))
    variance = (np.sum(share * logs**2) - kl**2) / p.sum() + (np.sum(other * ratio**2) - 1) / q.sum()
    for sigmas in (1.0, 2.0, 3.0):
        tolerance = kl + sigmas * math.sqrt(variance)
        found = equivalence_test(p, q, tolerance, unit="nat").p_value
        assert found == pytest.approx(stats.norm.sf(sigmas * math.sqrt(kl / tolerance)), rel=0.08)


def at_boundary(outcomes, nats):
    """Uniform P and a tilt of it at this divergence."""
    p = np.full(outcomes, 1 / outcomes)
    direction = np.random.default_rng(outcomes).standard_normal(outcomes)
    low, high = 0.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2
        q = np.exp(middle * direction) / np.exp(middle * direction).sum()
        low, high = (middle, high) if np.sum(p * np.log(p / q)) < nats else (low, middle)
    return p, q


@pytest.mark.parametrize(("outcomes", "nats", "n"), [(2, 0.01, 2000), (10, 0.02, 1000), (50, 0.05, 3000)])
def test_size_at_the_boundary_and_power_within(outcomes, nats, n):
    p, q = at_boundary(outcomes, nats)
    rng = np.random.default_rng(9)
    repeats = 200
    found = equivalence_test(rng.multinomial(n, p, repeats), rng.multinomial(n, q, repeats), nats, unit="nat")
    assert np.mean(found.p_value <= 0.1) <= 0.1 + 3 * math.sqrt(0.09 / repeats)
    assert np.mean(found.p_value <= 0.5) > 0.2
    same = equivalence_test(rng.multinomial(n, p, 40), rng.multinomial(n, p, 40), nats, unit="nat")
    assert np.mean(same.p_value <= 0.05) > 0.8


def test_what_the_data_cannot_bound_is_never_equivalent():
    unseen = equivalence_test([50, 50, 1], [50, 50, 0], 0.5)
    assert (unseen.p_value, unseen.statistic) == (1.0, math.inf)
    assert equivalence_test([0, 0], [3, 4], 0.1).p_value == 1.0
    assert equivalence_test([5, 5, 5, 5], [1, 1, 1, 1], 0.5).method == "too few data"
    many = equivalence_test([[50, 50], [40, 60]], [50, 50], 0.5)
    assert many.shape == (2,)
    assert many[1].p_value == equivalence_test([40, 60], [50, 50], 0.5).p_value


@pytest.mark.parametrize("tolerance", [0.0, -1.0, math.inf, math.nan, "much", None])
def test_tolerance_is_checked(tolerance):
    with pytest.raises(UsageError, match="tolerance should be"):
        equivalence_test([5, 5], [5, 5], tolerance)
