"""The exact expectation of additive estimators: sums over the binomial law against closed forms, to 1e-10."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, special, stats

from bitsapart.estimate.discrete.estimators import ESTIMATORS

CASES = [
    (20, np.array([0.5, 0.3, 0.15, 0.04, 0.01])),
    (75, 1.0 / np.arange(1, 41) / np.sum(1.0 / np.arange(1, 41))),
    (400, np.full(50, 0.02)),
]


def binomial_sum(name: str, n: int, p: np.ndarray) -> float:
    """sum_i E f(Bin(n, p_i), n)."""
    counts = np.arange(n + 1.0)
    term = ESTIMATORS[name].term
    assert term is not None
    return float(np.sum(stats.binom.pmf(counts, n, p[:, None]) * term(counts, float(n))))


def plug_in(n: int, p: np.ndarray) -> float:
    """log n - sum E[c log c] / n, with log c as the integral of (exp(-t) - exp(-c t)) / t."""

    def one(share: float) -> float:
        def integrand(t: float) -> float:
            return -math.exp(-t) * math.expm1((n - 1) * math.log1p(share * math.expm1(-t))) / t if t else 0.0

        pieces = [0.0, 1.0 / n, 0.1, 1.0, 5.0, 50.0]
        return share * sum(
            integrate.quad(integrand, *ends, epsabs=1e-14, epsrel=1e-13)[0] for ends in itertools.pairwise(pieces)
        )

    return math.log(n) - sum(one(share) for share in p)


def miller_madow(n: int, p: np.ndarray) -> float:
    """The plug-in's, and the expected number of outcomes seen over 2n."""
    return plug_in(n, p) + float(np.sum(1.0 - (1.0 - p) ** n)) / (2 * n)


def zhang(n: int, p: np.ndarray) -> float:
    """sum p sum_{k < n} (1 - p)^k / k: the entropy without the tail of its series."""
    k = np.arange(1.0, n)
    return float(np.sum(p[:, None] * (1.0 - p[:, None]) ** k / k))


def grassberger(n: int, p: np.ndarray) -> float:
    """Zhang's, log n for psi(n), and sum p of the integral of (1 - p - p x)^(n - 1) / (1 + x) over [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    x, weights = (nodes + 1.0) / 2.0, weights / 2.0
    tails = np.sum(weights * (1.0 - p[:, None] - p[:, None] * x) ** (n - 1) / (1.0 + x), axis=1)
    return zhang(n, p) + math.log(n) - float(special.digamma(n)) + float(np.sum(p * tails))


EXPECTATIONS: dict[str, Callable[[int, np.ndarray], float]] = {
    "plug_in": plug_in,
    "miller_madow": miller_madow,
    "zhang": zhang,
    "grassberger": grassberger,
}


@pytest.mark.parametrize("name", EXPECTATIONS)
@pytest.mark.parametrize(("n", "p"), CASES)
def test_the_binomial_sum_is_the_closed_form(name: str, n: int, p: np.ndarray) -> None:
    assert binomial_sum(name, n, p) == pytest.approx(EXPECTATIONS[name](n, p), abs=1e-10)


def test_every_additive_estimator_is_here() -> None:
    assert {name for name, estimator in ESTIMATORS.items() if estimator.additive} == set(EXPECTATIONS)


@pytest.mark.parametrize("name", EXPECTATIONS)
def test_the_estimator_itself_has_that_expectation(name: str) -> None:
    """Over all samples of seven rows: no sample of an odd size takes Grassberger's below 0."""
    n, p = 7, np.array([0.6, 0.25, 0.1, 0.05])
    samples = np.array([c for c in itertools.product(range(n + 1), repeat=p.size) if sum(c) == n], dtype=float)
    chances = np.exp(special.gammaln(n + 1) - special.gammaln(samples + 1).sum(axis=1) + samples @ np.log(p))
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    shift = 1.0 / (2 * n) if name == "miller_madow" else 0.0
    assert float(chances @ ESTIMATORS[name](samples)) + shift == pytest.approx(EXPECTATIONS[name](n, p), abs=1e-10)


def test_bias_of_zhang_falls_exponentially_and_that_of_the_plug_in_as_one_over_n() -> None:
    p = np.array([0.4, 0.3, 0.2, 0.1])
    truth = -float(p @ np.log(p))
    assert truth - zhang(200, p) == pytest.approx(0.0, abs=1e-10)
    assert 2 * 200 * (truth - plug_in(200, p)) == pytest.approx(p.size - 1, rel=0.02)
