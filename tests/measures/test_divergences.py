"""Measures against mpmath, near equality, at extremes, and by the laws they obey."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitsapart.measures.entropy import entropy
from bitsapart.measures.jensen_shannon import js_divergence
from bitsapart.measures.kl_divergence import kl_contributions, kl_divergence
from bitsapart.measures.logarithm import log1pmx


def oracle_entropy(p):
    with mpmath.workdps(80):
        return float(-sum(mpmath.mpf(x) * mpmath.log(x) for x in map(float, p) if x > 0))


def oracle_kl(p, q):
    """KL of the exact float inputs, normalised in 80 digits."""
    with mpmath.workdps(80):
        p, q = [mpmath.mpf(float(x)) for x in p], [mpmath.mpf(float(x)) for x in q]
        P, Q = sum(p), sum(q)
        return float(sum(x / P * mpmath.log((x / P) / (y / Q)) for x, y in zip(p, q, strict=True) if x > 0))


def oracle_js(p, q):
    middle = [(mpmath.mpf(float(x)) + mpmath.mpf(float(y))) / 2 for x, y in zip(p, q, strict=True)]
    with mpmath.workdps(80):
        total = mpmath.mpf(0)
        for side in (p, q):
            weight = sum(mpmath.mpf(float(x)) for x in side)
            centre = sum((mpmath.mpf(float(x)) + mpmath.mpf(float(y))) / 2 for x, y in zip(p, q, strict=True))
            for x, m in zip(side, middle, strict=True):
                if x > 0:
                    share = mpmath.mpf(float(x)) / weight
                    total += share * mpmath.log(share / (m / centre)) / 2
        return float(total)


def nearby(eps, outcomes=200, seed=3):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(outcomes))
    q = p * (1.0 + eps * rng.standard_normal(outcomes))
    return p, q / q.sum()


@pytest.mark.parametrize("eps", [1e-1, 1e-3, 1e-6, 1e-7])
def test_kl_keeps_its_precision_near_equality(eps):
    p, q = nearby(eps)
    assert kl_divergence(p, q) == pytest.approx(oracle_kl(p, q), rel=1e-9)


@pytest.mark.parametrize("eps", [1e-1, 1e-3, 1e-6, 1e-9])
def test_js_keeps_its_precision_near_equality(eps):
    p, q = nearby(eps)
    with mpmath.workdps(80):
        exact = sum(
            (
                mpmath.mpf(float(x))
                * mpmath.log(2 * mpmath.mpf(float(x)) / (mpmath.mpf(float(x)) + mpmath.mpf(float(y))))
            )
            + (
                mpmath.mpf(float(y))
                * mpmath.log(2 * mpmath.mpf(float(y)) / (mpmath.mpf(float(x)) + mpmath.mpf(float(y))))
            )
            for x, y in zip(p, q, strict=True)
        )
    assert js_divergence(p, q) == pytest.approx(float(exact) / 2, rel=1e-12)


def test_js_against_its_definition():
    p, q = np.array([0.1, 0.0, 0.4, 0.5]), np.array([0.25, 0.25, 0.5, 0.0])
    assert js_divergence(p, q) == pytest.approx(oracle_js(p, q), rel=1e-14)


def test_kl_far_apart_and_at_the_edge_of_floats():
    assert kl_divergence([0.5, 0.5], [5e-324, 1.0]) == pytest.approx(oracle_kl([0.5, 0.5], [5e-324, 1.0]), rel=1e-14)
    assert kl_divergence([5e-324, 1.0], [0.5, 0.5]) == pytest.approx(math.log(2), rel=1e-14)
    assert kl_divergence([0.0, 1.0], [0.5, 0.5]) == pytest.approx(math.log(2), rel=1e-15)
    assert kl_divergence([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert kl_divergence([1.0, 0.0], [1.0, 0.0]) == 0.0


@pytest.mark.parametrize("rare", [1e-3, 1e-10, 1e-17, 1e-30])
def test_entropy_of_almost_certain_outcome(rare):
    with mpmath.workdps(80):
        r = mpmath.mpf(rare)
        exact = float(-r * mpmath.log(r) - (1 - r) * mpmath.log(1 - r))
    assert entropy([1.0 - rare, rare]) == pytest.approx(exact, rel=1e-12)


def test_entropy_values():
    assert entropy([1.0, 0.0]) == 0.0
    assert entropy(np.full(1000, 1e-3)) == pytest.approx(math.log(1000), rel=1e-14)
    p = np.random.default_rng(1).dirichlet(np.ones(50))
    assert entropy(p) == pytest.approx(oracle_entropy(p), rel=1e-13)


def test_last_axis_is_the_outcomes():
    p = np.random.default_rng(2).dirichlet(np.ones(4), size=(3, 5))
    q = np.random.default_rng(3).dirichlet(np.ones(4), size=(5,))
    assert entropy(p).shape == kl_divergence(p, q).shape == js_divergence(p, q).shape == (3, 5)
    assert kl_contributions(p, q).shape == (3, 5, 4)
    assert kl_divergence(p, q)[1, 2] == kl_divergence(p[1, 2], q[2])


def test_log1pmx_against_mpmath():
    for x in [-1.0, -0.9, -0.0999, -1e-5, -1e-300, 0.0, 1e-12, 0.05, 0.0999, 0.1001, 3.0, 1e10]:
        with mpmath.workdps(700):
            exact = float(mpmath.log(1 + mpmath.mpf(x)) - mpmath.mpf(x)) if x > -1 else -math.inf
        assert float(log1pmx(np.array(x))) == pytest.approx(exact, rel=3e-14)


weights = st.lists(st.integers(0, 1000), min_size=2, max_size=12)


def distribution(raw):
    p = np.asarray(raw, dtype=float)
    return p / p.sum()


pairs = (
    st.integers(2, 12)
    .flatmap(lambda k: st.tuples(*[st.lists(st.integers(0, 1000), min_size=k, max_size=k)] * 2))
    .filter(lambda two: sum(two[0]) > 0 and sum(two[1]) > 0)
)


@given(pairs)
@settings(max_examples=150, deadline=None)
def test_laws(two):
    p, q = map(distribution, two)
    kl, js = float(kl_divergence(p, q)), float(js_divergence(p, q))
    assert kl >= 0.0
    assert 0.0 <= js <= math.log(2)
    assert js == js_divergence(q, p)
    assert kl_divergence(p, p) == js_divergence(p, p) == 0.0
    assert math.isinf(kl) == bool(np.any((p > 0) & (q == 0)))
    assert kl_contributions(p, q).sum() == pytest.approx(kl, abs=1e-12)
    assert 0.0 <= entropy(p) <= math.log(p.size) + 1e-12
    order = np.random.default_rng(0).permutation(p.size)
    assert kl_divergence(p[order], q[order]) == pytest.approx(kl, rel=1e-12, abs=1e-15)
    merged = [np.append(x[2:], x[:2].sum()) for x in (p, q)]
    assert kl_divergence(*merged) <= kl + 1e-12
    assert js_divergence(*merged) <= js + 1e-12
