"""Differential entropy: closed forms, laws of scale, and intervals that hold the truth by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from bitsapart.estimate.continuous import entropy_from_samples
from bitsapart.estimate.continuous.nearest_neighbours import entropy_terms
from bitsapart.estimate.continuous.spacings import spacing_terms
from bitsapart.values.errors import UsageError

LAWS = {"normal": stats.norm(), "uniform": stats.uniform(), "exponential": stats.expon(), "student": stats.t(3)}


@pytest.mark.parametrize("method", ["auto", "nearest_neighbours"])
@pytest.mark.parametrize("name", LAWS)
def test_one_column(name, method):
    law, repeats, n = LAWS[name], 200, 300
    truth = float(law.entropy())
    found = [
        entropy_from_samples(law.ppf(np.random.default_rng([seed, 4]).uniform(size=n)), method, unit="nat")
        for seed in range(repeats)
    ]
    misses = sum(not each.low <= truth <= each.high for each in found)
    assert misses <= 0.05 * repeats + 3.0 * math.sqrt(0.05 * 0.95 * repeats)
    # the best of Vasicek, Ebrahimi and Correa has 0.012 to 0.08 here
    assert abs(np.mean([each.value for each in found]) - truth) < 0.02


def test_several_columns(monkeypatch):
    """Correlated normals: log det in closed form."""
    root = np.array([[1.0, 0.6, 0.0], [0.0, 0.8, 0.3], [0.0, 0.0, 1.0]])
    truth = 1.5 * math.log(2.0 * math.pi * math.e) + math.log(0.8)
    found = []
    # the trees only turn an interval into a bound, and take most of the time
    monkeypatch.setattr("bitsapart.estimate.continuous.boosting.available", lambda: False)
    for seed in range(12):
        rows = np.random.default_rng(seed).normal(size=(500, 3)) @ root
        found.append(entropy_from_samples(rows, unit="nat"))
    assert abs(np.mean([each.value for each in found]) - truth) < 0.05
    assert sum(each.low <= truth <= each.high for each in found) >= 10


def test_spacings_are_unbiased_for_a_uniform_density():
    """E log of a sum of g spacings of n uniform values is psi(g) - psi(n + 1): the mean term is 0 but for chance."""
    terms = [spacing_terms(np.random.default_rng(seed).uniform(size=50), 3).mean() for seed in range(4000)]
    assert abs(np.mean(terms)) < 3.5 * np.std(terms) / math.sqrt(4000)
    assert np.std(terms) < 0.06


def test_neighbours_against_all_distances():
    x = np.random.default_rng(0).normal(size=(70, 3))
    rho = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, 4]
    volume = math.pi**1.5 / special.gamma(2.5)
    expected = special.digamma(70) - special.digamma(4) + math.log(volume) + 3.0 * np.mean(np.log(rho))
    assert math.isclose(entropy_terms(x, 4).mean(), expected, rel_tol=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(0, 100))
def test_a_factor_adds_its_logarithm(move, factor, seed):
    x = np.random.default_rng(seed).normal(size=100)
    for method in ("spacings", "nearest_neighbours"):
        here = entropy_from_samples(x, method, unit="nat").value
        there = entropy_from_samples(x * factor + move, method, unit="nat").value
        assert math.isclose(there, here + math.log(factor), rel_tol=1e-6, abs_tol=1e-6)


def test_sides():
    x = np.random.default_rng(1).normal(size=200)
    lower, upper = (entropy_from_samples(x, side=side) for side in ("lower", "upper"))
    assert (lower.high, upper.low, lower.kind) == (math.inf, -math.inf, "bound")
    assert lower.low < lower.value < upper.high


def test_hidden_dependence_is_a_bound():
    """A ring of three signs: no pair of columns shows it, so that only the high end holds."""
    x = np.random.default_rng(1).normal(size=(2000, 3))
    x[:, 2] *= np.sign(np.prod(x, axis=1))
    found = entropy_from_samples(x, unit="nat")
    truth = 1.5 * math.log(2.0 * math.pi * math.e) - math.log(2.0)
    assert (found.kind, found.low) == ("bound", -math.inf)
    assert truth < found.high


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        (np.random.default_rng(0).poisson(3, 99), {}, r"ba\.estimate\.entropy on the counts"),
        (np.r_[np.zeros(40), np.random.default_rng(0).normal(size=60)], {}, "is 0 in many rows, which then has"),
        (np.round(np.random.default_rng(0).normal(size=(99, 2)), 2), {}, "repeats values"),
        (np.random.default_rng(0).normal(size=(99, 2)), {"method": "spacings"}, "2 columns, and spacings are for one"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(x, options, words):
    with pytest.raises(UsageError, match=words):
        entropy_from_samples(x, **options)
