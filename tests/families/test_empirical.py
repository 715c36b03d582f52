"""Tables of values with weights."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.divergence import entropy, kl_divergence
from bitsapart.families.statistic import Deviation, LogFactorial, Power
from bitsapart.values.errors import UsageError

values = st.lists(st.sampled_from([-2.5, -1.0, 0.0, -0.0, 0.25, 1.0, 3.0, 1e300]), min_size=1, max_size=12)


@given(values)
@settings(max_examples=60, deadline=None)
def test_a_sample_is_the_table_of_its_counts(sample):
    counts = {x: sample.count(x) for x in sample}
    table = ba.Empirical(list(counts), list(counts.values()))
    assert ba.Empirical(sample) == table
    assert ba.Empirical(sample[::-1]) == table
    shares = [Fraction(count, len(sample)) for count in counts.values()]
    assert float(entropy(table).value) == pytest.approx(-math.fsum(s * math.log(s) for s in shares), abs=1e-15)
    assert np.exp(table.log_density(list(counts))) == pytest.approx([float(share) for share in shares], rel=1e-15)
    assert table.log_density(0.125) == -math.inf


@given(values)
@settings(max_examples=60, deadline=None)
def test_its_distribution_function_counts(sample):
    table, array = ba.Empirical(sample), np.array(sample)
    for x in (-3.0, -1.0, 0.0, 0.1, 3.0, 1e301):
        assert table.cdf(x) == pytest.approx(np.mean(array <= x), abs=1e-15)
        assert table.survival(x) == pytest.approx(np.mean(array > x), abs=1e-15)
    for u in (0.05, 0.32, 0.77, 1.0):
        assert table.cdf(table.quantile(u)) >= u - 1e-15
        assert table.quantile(u) in sample
        assert table.survival(table.upper_quantile(u)) <= u + 1e-15
        assert table.upper_quantile(u) in sample
    assert table.quantile(1.0) == max(sample)
    assert table.upper_quantile(0.0) == max(sample)
    assert np.isin(table.sample(20, seed=1), array).all()


def test_values_are_sorted_and_merged():
    table = ba.Empirical([3, 1, 1, 2], [1, 2, 3, 0])
    assert table.values.tolist() == [1.0, 3.0]
    assert table.weights.tolist() == [5.0, 1.0]
    assert table.support.points == (1.0, 3.0)


def test_divergence_of_two_tables():
    p = ba.Empirical([0, 1, 5.5])
    assert float(kl_divergence(p, ba.Empirical([0, 1, 5.5, 7], [1, 1, 1, 1])).value) == pytest.approx(math.log(4 / 3))
    assert kl_divergence(p, ba.Empirical([0, 1])).value == math.inf
    gap = 1e-9
    close = kl_divergence(ba.Empirical([0, 1]), ba.Empirical([0, 1], [1 + gap, 1 - gap]))
    assert float(close.value) == pytest.approx(0.5 * gap**2, rel=1e-9)


def test_counts_against_a_formula():
    found = kl_divergence(ba.Empirical([0, 1, 2], [25, 50, 25]), ba.Binomial(2, 0.5))
    assert found.value <= found.error < 1e-30
    table = ba.Empirical([0, 1, 1, 3])
    assert float(kl_divergence(table, ba.DiscreteUniform(0, 3)).value) == pytest.approx(0.5 * math.log(2), rel=1e-14)
    assert kl_divergence(table, ba.Bernoulli(0.5)).value == math.inf
    assert kl_divergence(ba.Empirical([0.5]), ba.Poisson(1.0)).value == math.inf
    assert kl_divergence(table, ba.Normal(0.0, 1.0)).value == math.inf
    rates = kl_divergence(table, ba.Poisson([1.0, 2.0])).value
    wanted = [-entropy(table).value - np.mean(ba.Poisson(r).log_density([0, 1, 1, 3])) for r in (1.0, 2.0)]
    assert rates == pytest.approx(wanted, rel=1e-13)


def test_moments_are_sums():
    table = ba.Empirical([0, 1, 3], [1, 2, 1])
    assert (float(table.mean), float(table.variance)) == (1.25, 1.1875)
    assert float(table.moment(LogFactorial())) == pytest.approx(0.25 * math.log(6))
    centred = table.moment(Deviation(np.array([0.0, 1.0]), 2.0))
    assert centred.tolist() == pytest.approx([2.75, 1.25])
    batch = ba.Empirical([0, 1, 3], [[1, 2, 1], [0, 0, 1]])
    assert batch.moment(Power(2.0)).tolist() == pytest.approx([2.75, 9.0])


def test_a_batch_has_one_set_of_values():
    batch = ba.Empirical([3, 1, 1], [[1, 2, 3], [0, 1, 0]])
    assert batch.batch_shape == (2,)
    assert batch.values.tolist() == [1.0, 3.0]
    assert batch.log_density([1.0, 3.0]).tolist() == pytest.approx([math.log(5 / 6), -math.inf])
    assert batch.log_density([[3.0]]).shape == (1, 2)
    assert batch.quantile(0.9).tolist() == [3.0, 1.0]
    assert batch.upper_quantile(0.1).tolist() == [3.0, 1.0]
    assert batch.cdf(2.0).tolist() == pytest.approx([5 / 6, 1.0])
    assert batch.sample(5, seed=0).shape == (5, 2)
    assert batch[1].values.tolist() == [1.0, 3.0]
    assert entropy(batch[1]).value == 0.0
    assert batch.broadcast_to((3, 2)).batch_shape == (3, 2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([],), "one or more finite numbers"),
        (([1, math.nan],), "one or more finite numbers"),
        ((["a"],), "finite numbers"),
        (([[1, 2]],), "one row of numbers"),
        (([1, 2], [0, 0]), "do not all vanish"),
        (([1, 2], [1, -1]), "0 or more"),
        (([1, 2], [1, 2, 3]), "2 values have weights of shape"),
    ],
)
def test_tables_that_are_none(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        ba.Empirical(*arguments)
