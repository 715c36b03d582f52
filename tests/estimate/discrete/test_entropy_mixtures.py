"""The two mixtures of priors, NSB and Pitman-Yor: against mpmath, published values and simulated posteriors."""

import math

import numpy as np
import pytest
from mixture_references import NSB, PITMAN_YOR
from scipy import special

from bitsapart.estimate.discrete.dirichlet_posterior import entropy_moments, log_rising, stirling_rest
from bitsapart.estimate.discrete.nsb import nsb, nsb_posterior
from bitsapart.estimate.discrete.pitman_yor import (
    HEAVY_TAILS,
    Sample,
    digamma_from_one,
    pitman_yor,
    pitman_yor_posterior,
)
from bitsapart.estimate.discrete.quadrature import averages


def sample_of(counts: list[int]) -> Sample:
    values, times = np.unique(counts, return_counts=True)
    return Sample(values[:, None].astype(float), times.astype(float), float(sum(counts)), float(len(counts)))


@pytest.mark.parametrize(("counts", "outcomes", "mean", "sd"), NSB)
def test_nsb_is_the_integral(counts: list[int], outcomes: int, mean: float, sd: float) -> None:
    found = nsb_posterior(counts, outcomes)
    assert float(found[0]) == pytest.approx(mean, rel=2e-13)
    assert float(found[1]) == pytest.approx(sd, rel=1e-11)


@pytest.mark.parametrize(
    # examples in the documentation of the Fortran package ndd, whose quadrature is good to five or nine digits
    ("counts", "outcomes", "mean", "digits"),
    [(NSB[3][0], 100, 2.8060922529931225, 1e-5), (NSB[4][0], 20, 2.623634344888532, 1e-9)],
)
def test_nsb_is_what_others_find(counts: list[int], outcomes: int, mean: float, digits: float) -> None:
    assert float(nsb(counts, outcomes)) == pytest.approx(mean, abs=digits)


@pytest.mark.parametrize("outcomes", [2, 10, 1000, 10**6])
def test_nsb_of_one_row_is_the_prior(outcomes: int) -> None:
    """One row says nothing of the entropy: the average of E[H | c, b] over a flat expected entropy.

    With x the expected entropy before data, log K at most: L(b) = 1/K whatever b, so that the mean is that of
    psi(K b + 2) - (b + 1) psi(b + 2) / (K b + 1) - (K - 1) b psi(b + 1) / (K b + 1) over x.
    """

    def value(u: float) -> tuple[float, float]:
        b = math.exp(u)
        mean = special.digamma(outcomes * b + 2.0) - (b + 1.0) / (outcomes * b + 1.0) * special.digamma(b + 2.0)
        mean -= (outcomes - 1.0) * b / (outcomes * b + 1.0) * special.digamma(b + 1.0)
        slope = outcomes * b * special.polygamma(1, outcomes * b + 1.0) - b * special.polygamma(1, b + 1.0)
        return float(mean), float(slope)

    points = np.linspace(-40.0, 25.0, 4001)
    means, slopes = np.array([value(u) for u in points]).T
    assert np.sum(slopes) * (points[1] - points[0]) == pytest.approx(math.log(outcomes), rel=1e-9)
    assert float(nsb([1], outcomes)) == pytest.approx(np.sum(means * slopes) / np.sum(slopes), rel=1e-9)


def test_nsb_between_one_row_and_a_billion() -> None:
    rng = np.random.default_rng(1)
    p = 1.0 / np.arange(1, 1001)
    p /= p.sum()
    truth = -float(p @ np.log(p))
    for n in (10**6, 10**9):
        mean, sd = nsb_posterior(rng.multinomial(n, p))
        assert abs(float(mean) - truth) < 4.0 * float(sd) + 5e-4 * 10**6 / n
        assert float(sd) == pytest.approx(math.sqrt((p @ np.log(p) ** 2 - truth**2) / n), rel=0.02)
    assert float(nsb([10**9], 10**6)) < 2e-9
    assert float(nsb(np.full(4, 250_000_000), 10**6)) == pytest.approx(math.log(4.0), abs=1e-7)


@pytest.mark.parametrize(("counts", "mean", "sd"), PITMAN_YOR)
def test_pitman_yor_is_the_integral(counts: list[int], mean: float, sd: float) -> None:
    found = pitman_yor_posterior([*counts, 0])
    assert float(found[0]) == pytest.approx(mean, rel=1e-12)
    assert float(found[1]) == pytest.approx(sd, rel=1e-11)


@pytest.mark.parametrize(
    # The tests of DiscreteEntropy.jl (2.674) and of the authors' MATLAB package. Both take exp(-10 / (1 - g)) as the
    # density of (a, d), not of (h, g), and cut the integral off six standard deviations of a from its peak, at ``end``.
    ("counts", "end", "expected", "digits"),
    [
        ([1, 2, 3, 2, 1], 21.0765, 2.674, 6e-4),
        ([2, 2, 1, 1], 29.9808, 3.067407634404604, 2e-6),
        ([5, 3, 2, 1], 10.5243, 1.894590969625430, 2e-6),
    ],
)
def test_published_pitman_yor_values(counts: list[int], end: float, expected: float, digits: float) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(25)
    a, d = end * (nodes + 1.0) / 2.0, (nodes + 1.0) / 2.0
    u, v = np.log(a), np.log(d / (1.0 - d))
    by_mass, by_tail = digamma_from_one(a)[:, None], -digamma_from_one(-d)
    slopes = np.log(special.polygamma(1, a + 1.0) * a)[:, None] + np.log(special.polygamma(1, 1.0 - d) * (1.0 - d) * d)
    logs = sample_of(counts).log_density(u, v) - slopes + np.log(by_mass + by_tail)
    density = np.exp(logs - logs.max()) * weights[:, None] * weights
    mean = sample_of(counts).moments(u, v)[0]
    assert np.sum(density * mean) / density.sum() == pytest.approx(expected, abs=digits)
    assert HEAVY_TAILS == 10.0


def test_pitman_yor_at_the_ends() -> None:
    assert float(pitman_yor([1, 1, 1])) == math.inf
    assert float(pitman_yor([1])) == math.inf
    assert math.isnan(pitman_yor([0, 0]))
    one, many = float(pitman_yor([5])), float(pitman_yor([10**9]))
    assert 0.1 < one < 0.5
    assert 0.0 < many < 2e-9
    assert float(pitman_yor([10**15, 10**15])) == pytest.approx(math.log(2.0), rel=1e-12)
    assert 5.0 < float(pitman_yor([2] + [1] * 50)) < 20.0


def test_the_moments_of_a_beta_law() -> None:
    a = np.array([[0.3, 2.0, 40.0], [1.7, 0.5, 60.0]])
    mean, variance = entropy_moments(a, np.ones(2), special.digamma(a + 1.0))

    def moment(power: int, first: float, second: float) -> float:
        """The mean of H^power, by the double-exponential rule p = 1 / (1 + exp(-2 sinh s))."""
        s = np.linspace(-4.5, 4.5, 2001)
        logs = -np.logaddexp(0.0, -2.0 * np.sinh(s)), -np.logaddexp(0.0, 2.0 * np.sinh(s))
        entropy = -sum(np.exp(log) * log for log in logs)
        density = np.exp(first * logs[0] + second * logs[1] - special.betaln(first, second)) * 2.0 * np.cosh(s)
        return float(np.sum(density * entropy**power) * (s[1] - s[0]))

    for i, pair in enumerate(a.T):
        assert mean[i] == pytest.approx(moment(1, *pair), rel=1e-11)
        assert variance[i] == pytest.approx(moment(2, *pair) - moment(1, *pair) ** 2, rel=1e-8)


def test_the_moments_of_a_pitman_yor_posterior() -> None:
    """By simulation: a Dirichlet law of the outcomes seen and the rest, and the rest broken up as sticks."""
    counts, a, d, draws, sticks = [6, 3, 1], 2.0, 0.2, 10_000, 200
    rng = np.random.default_rng(2)
    top = rng.dirichlet([c - d for c in counts] + [a + len(counts) * d], size=draws)
    entropy = special.entr(top).sum(axis=1)
    left, own = np.ones(draws), np.zeros(draws)
    for k in range(1, sticks + 1):
        part = left * rng.beta(1.0 - d, a + len(counts) * d + k * d, size=draws)
        own += special.entr(part)
        left -= part
    entropy += top[:, -1] * own
    assert left.mean() < 1e-3
    mean, variance = sample_of(counts).moments(np.array([math.log(a)]), np.array([math.log(d / (1.0 - d))]))[:, 0, 0]
    assert float(entropy.mean()) == pytest.approx(mean, abs=4.0 * math.sqrt(variance / draws) + 0.004)
    assert float(entropy.var()) == pytest.approx(variance, rel=0.06)


def test_ratios_of_gamma_functions_keep_their_digits() -> None:
    for c, x in [(3.0, 0.5), (1.0, 1e-9), (40.0, 7.0), (7.0, 1e12), (0.2, 0.3)]:
        steps = np.arange(int(c))
        expected = np.sum(np.log(x + steps)) - c * math.log(c) + c if c >= 1.0 else None
        if expected is None:
            expected = math.lgamma(c + x) - math.lgamma(x) - c * math.log(c) + c
        assert float(log_rising(np.array(c), np.array(x))) == pytest.approx(expected, rel=1e-13, abs=1e-13)
    # a third of a count added to 1e15: c log c is 3.5e16 and the answer 11.5 - log Gamma(1/3)
    huge = float(log_rising(np.array(1e15), np.array(1.0 / 3.0)))
    expected = (1.0 / 3.0 - 0.5) * math.log(1e15) + 0.5 * math.log(2.0 * math.pi) - math.lgamma(1.0 / 3.0)
    assert huge == pytest.approx(expected, rel=1e-13)
    z = np.array([9.999999999, 10.0])
    assert stirling_rest(z)[0] == pytest.approx(stirling_rest(z)[1], rel=1e-9)


def test_digamma_next_to_one() -> None:
    x = np.array([1e-20, 0.124999, 0.125001, -0.124999, -0.125001, 0.4, -0.4, 5.0])
    expected = [math.pi**2 / 6.0 * 1e-20, *(special.digamma(1.0 + x[1:]) - special.digamma(1.0))]
    assert digamma_from_one(x) == pytest.approx(expected, rel=1e-13)


def test_the_quadrature_finds_a_narrow_slanted_peak_in_a_large_box() -> None:
    def density(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        a, b = (u[:, None] - 7.123) / 1e-3, (v - 3.3) / 0.1
        return -(a**2 - 1.9 * a * b + b**2) / (2.0 * (1.0 - 0.95**2))

    def values(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.stack([u[:, None] + 0.0 * v, 0.0 * u[:, None] + v])

    found, moved = averages(density, values, ((-50.0, 60.0), (-50.0, 20.0)))
    assert found == pytest.approx([7.123, 3.3, 1e-6], rel=1e-9)
    assert moved < 1e-12
