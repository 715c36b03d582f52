"""Intervals hold the truth as often as they say, from the null hypothesis to far from it, and are no wider than needed.

Fixed seeds; the bounds are three standard errors of the repeats. The broad table is tests/simulation/coverage.py.
"""

import math

import numpy as np
import pytest

import bitsapart as ba
from bitsapart.estimate.divergence import account, divergence_with_prior, js_divergence, kl_divergence
from bitsapart.estimate.rows import rows_to_decide

REPEATS = 250


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
]


@pytest.mark.parametrize(("outcomes", "nats", "n", "m"), CELLS)
def test_intervals_hold_the_truth(outcomes, nats, n, m):
    p = 1.0 / np.sqrt(np.arange(1, outcomes + 1))
    p = p / p.sum()
    q = tilted(p, nats)
    own, kl = float(ba.entropy(p, unit="nat")), float(ba.kl_divergence(p, q, unit="nat"))
    truth = np.array([own, kl, own + kl, float(ba.js_divergence(p, q, unit="nat"))])
    rng = np.random.default_rng([outcomes, n, m])
    rows = []
    for _ in range(REPEATS):
        x, y = rng.multinomial(n, p), rng.multinomial(m, q)
        found = account(x, y, 0.95)
        four = found.entropy, found.divergence, found.cross_entropy, js_divergence(x, y, 0.95)
        rows.append([(e.low, e.high, e.value) for e in four])
    low, high, value = np.moveaxis(np.array(rows), 2, 0)
    too_high, too_low = np.mean(low > truth + 1e-12, axis=0), np.mean(high < truth - 1e-12, axis=0)
    assert np.all(1.0 - too_high - too_low > 0.95 - 3 * math.sqrt(0.05 * 0.95 / REPEATS)), (too_high, too_low)
    assert np.all(np.maximum(too_high, too_low) < 0.025 + 3.5 * math.sqrt(0.025 / REPEATS))
    if nats >= 0.1:
        assert np.all(np.mean(high - low, axis=0) < 1.3 * 2 * 1.96 * value.std(axis=0))
    if math.isfinite(value[:, 1].max()):
        sd = value.std(axis=0) / math.sqrt(REPEATS)
        assert np.all(np.abs(value.mean(axis=0) - truth)[[0, 2]] < 4 * sd[[0, 2]] + 1e-3 / n)


def test_simultaneous_level_holds():
    """At a level of 1 - 0.05/50, about 1 in 1000 misses."""
    p = np.full(20, 0.05)
    q = tilted(p, 0.02)
    rng = np.random.default_rng(21)
    misses = 0
    for _ in range(2000):
        found = kl_divergence(rng.multinomial(3000, p), rng.multinomial(3000, q), 0.999)
        misses += not found.low <= 0.02 <= found.high
    assert misses <= 8


def test_low_end_of_infinite_is_a_bound():
    """Rare outcomes that the reference lacks by chance: over all samples the low end is seldom above the truth."""
    p = np.array([0.5, 0.3, 0.1, 0.05, 0.05])
    q = np.array([0.55, 0.4, 0.046, 0.002, 0.002])
    rng = np.random.default_rng(22)
    truth, infinite, above = float(ba.kl_divergence(p, q, unit="nat")), 0, 0
    for _ in range(600):
        found = kl_divergence(rng.multinomial(800, p), rng.multinomial(800, q), 0.95)
        infinite += math.isinf(found.value)
        above += found.low > truth
    assert infinite > 100
    assert above <= 0.025 * 600 + 3 * math.sqrt(0.025 * 600)


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


@pytest.mark.parametrize("nats", [0.002, 0.012, 0.03])
def test_rows_to_decide_is_right_to_a_factor_of_two(nats):
    p = 1.0 / np.arange(1, 11)
    p = p / p.sum()
    q = tilted(p, nats)
    rng = np.random.default_rng(24)
    many = 10**12
    few = 400
    tolerance = 0.007
    # a sample whose bias-corrected estimate is the truth: counts in proportion, the bias made negligible by more rows
    needed = rows_to_decide(np.round(many * p), np.round(many * q), tolerance, 0.95)
    assert needed is None
    scale = 1.0 + np.linspace(-0.2, 0.2, 401)
    candidates = [(few * p, few * tilted(p, nats * s + 9 / few)) for s in scale]
    values = [kl_divergence(x, y, 0.95).value for x, y in candidates]
    x, y = candidates[int(np.argmin(np.abs(np.array(values) - nats)))]
    needed = rows_to_decide(x, y, tolerance, 0.95)

    def settled(rows):
        found = [kl_divergence(rng.multinomial(rows, p), rng.multinomial(rows, q), 0.95) for _ in range(60)]
        return np.mean([e.low > tolerance or e.high < tolerance for e in found])

    assert settled(needed // 2) < 0.5
    assert settled(needed * 2) > 0.5
