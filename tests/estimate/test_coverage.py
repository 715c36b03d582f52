"""Intervals hold the truth as often as they say, from the null hypothesis to far from it, and are no wider than needed.

Fixed seeds; the bounds are three standard errors of the repeats. The broad table is tests/simulation/coverage.py.
"""

import math

import numpy as np
import pytest

import bitsapart as ba
from bitsapart.estimate.conditional_entropy import conditional_entropy
from bitsapart.estimate.cross_entropy import cross_entropy
from bitsapart.estimate.divergence import divergence_with_prior
from bitsapart.estimate.jensen_shannon import js_divergence
from bitsapart.estimate.kl_divergence import kl_divergence as kl_rows
from bitsapart.estimate.mutual_information import mutual_information

REPEATS = 2000


def tilted(p, nats):
    """The exponential tilt of p, in a fixed direction, at this divergence."""
    direction = np.cos(np.arange(p.size) * 2.4)
    low, high = 0.0, 30.0
    q = p
    for _ in range(60):
        middle = (low + high) / 2.0
        q = p * np.exp(middle * direction)
        q = q / q.sum()
        low, high = (middle, high) if ba.kl_divergence(p, q, unit="nat") < nats else (low, middle)
    return q if nats else p


CELLS = [
    (2, 0.0, 500, 500),
    (10, 0.0, 5000, 500),
    (100, 0.0, 5000, 5000),
    (2, 0.001, 5000, 5000),
    (30, 0.005, 500, 5000),
    (100, 0.01, 5000, 5000),
    (10, 0.1, 500, 500),
    (10, 0.5, 5000, 5000),
    (100, 0.3, 100_000, 100_000),
    (100, 0.05, 300, 6000),  # a third of P's outcomes were seen once or not at all
]


@pytest.mark.parametrize(("outcomes", "nats", "n", "m"), CELLS)
def test_intervals_hold_the_truth(outcomes, nats, n, m):
    p = 1.0 / np.sqrt(np.arange(1, outcomes + 1))
    p = p / p.sum()
    q = tilted(p, nats)
    own, kl = float(ba.entropy(p, unit="nat")), float(ba.kl_divergence(p, q, unit="nat"))
    truth = {kl_rows: kl, cross_entropy: own + kl, js_divergence: float(ba.js_divergence(p, q, unit="nat"))}
    rng = np.random.default_rng([outcomes, n, m])
    repeats = REPEATS if outcomes < 100 else REPEATS // 4
    x, y = rng.multinomial(n, p, repeats), rng.multinomial(m, q, repeats)
    for function, true in truth.items():
        found = function(x, y, unit="nat")
        sure = found.kind == "confidence"
        assert sure.mean() > 0.9
        above, below = found.low[sure] > true + 1e-12, found.high[sure] < true - 1e-12
        noise = math.sqrt(0.05 * 0.95 / repeats)
        assert np.mean(above | below) < 0.05 + 3 * noise, function
        assert max(above.mean(), below.mean()) < 0.025 + 3.5 * math.sqrt(0.025 / repeats) + 0.005, function
        if nats >= 0.1:
            assert np.mean((found.high - found.low)[sure]) < 1.3 * 2 * 1.96 * found.value[sure].std()


@pytest.mark.parametrize(("shape", "dependence", "n"), [((2, 3), 0.0, 200), ((6, 5), 0.6, 400), ((8, 8), 0.0, 300)])
def test_intervals_of_tables_hold_the_truth(shape, dependence, n):
    base = np.outer(*(1.0 / np.arange(2.0, size + 2.0) for size in shape))
    table = base * np.exp(dependence * np.cos(np.arange(base.size) * 2.4).reshape(shape))
    table = table / table.sum()
    drawn = np.random.default_rng([*shape, n]).multinomial(n, table.ravel(), 1000).reshape(1000, *shape)
    exact = {mutual_information: ba.mutual_information, conditional_entropy: ba.conditional_entropy}
    for function, measure in exact.items():
        found, true = function(drawn, unit="nat"), float(measure(table, unit="nat"))
        assert set(found.kind) == {"confidence"}
        held = (found.low <= true + 1e-12) & (true - 1e-12 <= found.high)
        assert held.mean() > 0.95 - 3 * math.sqrt(0.05 * 0.95 / 1000), function


def test_low_ends_hold_where_nothing_else_is_known():
    """Far fewer rows than outcomes: a bound, and seldom above the truth."""
    p = 1.0 / np.arange(1, 2001)
    p = p / p.sum()
    rng = np.random.default_rng(25)
    x, y = rng.multinomial(300, p, 400), rng.multinomial(300, p, 400)
    found = kl_rows(x, y)
    assert set(found.kind) == {"bound"}
    assert np.mean(found.low > 0.0) < 0.05 + 3 * math.sqrt(0.05 / 400)
    assert np.mean(js_divergence(x, y).low > 0.0) < 0.025 + 3 * math.sqrt(0.025 / 400)


def test_simultaneous_level_holds():
    """At a level of 1 - 0.05/50, about 1 in 1000 misses."""
    p = np.full(20, 0.05)
    q = tilted(p, 0.02)
    rng = np.random.default_rng(21)
    found = kl_rows(rng.multinomial(3000, p, 4000), rng.multinomial(3000, q, 4000), level=0.999, unit="nat")
    assert np.sum((found.low > 0.02) | (found.high < 0.02)) <= 13


def test_low_end_of_infinite_is_a_bound():
    """Rare outcomes that the reference lacks by chance: over all samples the low end is seldom above the truth."""
    p = np.array([0.5, 0.3, 0.1, 0.05, 0.05])
    q = np.array([0.55, 0.4, 0.046, 0.002, 0.002])
    rng = np.random.default_rng(22)
    found = kl_rows(rng.multinomial(800, p, 2000), rng.multinomial(800, q, 2000), unit="nat")
    assert np.isinf(found.value).sum() > 300
    assert np.mean(found.low > float(ba.kl_divergence(p, q, unit="nat"))) < 0.025 + 3 * math.sqrt(0.025 / 2000)


def test_prior_interval_holds_the_code_length():
    p, q = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.6, 0.3, 0.1, 0.0])
    m = 2000
    code = np.append(q[:3] * m, 0.5) / (m + 0.5)
    truth = float(ba.kl_divergence(p, code, unit="nat"))
    rng = np.random.default_rng(23)
    held = 0
    for _ in range(400):
        found = divergence_with_prior(rng.multinomial(1500, p), rng.multinomial(m, q), 0.5, 0.95)
        held += found.low <= truth <= found.high
    assert held / 400 > 0.95 - 3 * math.sqrt(0.05 * 0.95 / 400)
