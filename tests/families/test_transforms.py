"""Affine, monotone and truncated images of distributions: densities, invariance of divergences, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import bitsapart as ba
from bitsapart.values.errors import UsageError

SOME = st.floats(-3.0, 3.0)
SCALE = st.floats(0.1, 10.0)
MAPS = ("exp", "expit", "softplus", "cube")


@settings(max_examples=25, deadline=None)
@given(SOME, SCALE, SOME, st.one_of(SCALE, SCALE.map(lambda s: -s)))
def test_divergences_do_not_see_an_affine_map(mean, sd, location, scale):
    p, q = ba.Logistic(0.0, 1.0), ba.Normal(mean, sd)
    moved = ba.kl_divergence(ba.Affine(p, location, scale), ba.Affine(q, location, scale))
    assert moved.value == ba.kl_divergence(p, q).value


@pytest.mark.parametrize("scale", [2.5, -2.5])
def test_affine_is_the_moved_distribution(scale):
    moved, known = ba.Affine(ba.Normal(1.0, 0.5), 3.0, scale), ba.Normal(3.0 + scale, 0.5 * abs(scale))
    x = np.linspace(-3.0, 9.0, 7)
    assert moved.log_density(x) == pytest.approx(known.log_density(x))
    assert moved.cdf(x) == pytest.approx(known.cdf(x))
    assert moved.survival(x) == pytest.approx(known.survival(x))
    assert moved.quantile(0.2) == pytest.approx(known.quantile(0.2))
    assert float(moved.mean) == pytest.approx(float(known.mean))
    assert float(moved.variance) == pytest.approx(float(known.variance))
    assert moved.entropy().value == pytest.approx(known.entropy().value)
    assert ba.kl_divergence(moved, known).value == pytest.approx(0.0, abs=1e-25)


@settings(max_examples=25, deadline=None)
@given(SOME, SCALE, st.sampled_from(MAPS))
def test_divergences_do_not_see_a_monotone_map(mean, sd, name):
    p, q = ba.Laplace(0.0, 1.0), ba.Normal(mean, sd)
    # both directly and by integration on the other side of the map
    assert ba.kl_divergence(ba.Transformed(p, name), ba.Transformed(q, name)).value == ba.kl_divergence(p, q).value


@pytest.mark.parametrize(
    ("base", "name", "known"),
    [
        (ba.Normal(0.5, 2.0), "exp", ba.LogNormal(0.5, 2.0)),
        (ba.LogNormal(0.5, 2.0), "log", ba.Normal(0.5, 2.0)),
        (ba.Normal(0.5, 2.0), "expit", ba.LogitNormal(0.5, 2.0)),
        (ba.Gamma(3.0, 2.0), "reciprocal", ba.InverseGamma(3.0, 2.0)),
        (ba.Exponential(1.0), 0.5, ba.Weibull(2.0, 1.0)),
        (ba.Weibull(2.0, 3.0), "square", ba.Exponential(1.0 / 9.0)),
        (ba.Uniform(-2.0, -1.0), "abs", ba.Uniform(1.0, 2.0)),
    ],
)
def test_images_that_are_families(base, name, known):
    image = ba.Transformed(base, name)
    u = np.array([0.01, 0.3, 0.5, 0.9])
    assert image.quantile(u) == pytest.approx(known.quantile(u), rel=1e-12)
    x = known.quantile(u)
    assert image.log_density(x) == pytest.approx(known.log_density(x), rel=1e-11)
    assert image.cdf(x) == pytest.approx(u)
    assert image.survival(x) == pytest.approx(1.0 - u)
    assert image.entropy().value == pytest.approx(known.entropy().value, rel=1e-11)
    assert ba.kl_divergence(image, known).value == pytest.approx(0.0, abs=1e-14)
    assert ba.kl_divergence(known, image).value == pytest.approx(0.0, abs=1e-14)


def test_q_is_pulled_back_to_the_base_of_p():
    p = ba.Transformed(ba.StudentT(5.0, 0.0, 1.0), "exp")
    found = ba.kl_divergence(p, ba.LogNormal(1.0, 2.0)).value
    assert found == ba.kl_divergence(ba.StudentT(5.0, 0.0, 1.0), ba.Normal(1.0, 2.0)).value


@pytest.mark.parametrize("name", ["abs", "square", 4, "reciprocal", "log", "sqrt", "logit"])
def test_a_map_that_is_not_one_to_one_is_refused(name):
    with pytest.raises(UsageError, match="one to one"):
        ba.Transformed(ba.Normal(0.0, 1.0), name)


def test_other_errors():
    with pytest.raises(UsageError, match="transform should be"):
        ba.Transformed(ba.Normal(0.0, 1.0), "sine")
    with pytest.raises(UsageError, match="other than 0"):
        ba.Affine(ba.Normal(0.0, 1.0), 1.0, 0.0)
    with pytest.raises(UsageError, match="with a density"):
        ba.Affine(ba.Poisson(1.0), 1.0, 2.0)
    with pytest.raises(UsageError, match="has no mass from"):
        ba.Truncated(ba.Exponential(1.0), -2.0, -1.0)


def test_batches_of_images():
    p = ba.Affine(ba.Gamma(np.array([1.0, 2.0, 3.0]), 1.0), 1.0, np.array([[1.0], [-2.0]]))
    assert p.batch_shape == (2, 3)
    assert p[1, 2].cdf(-1.0) == pytest.approx(p.cdf(-1.0)[1, 2])
    assert p.sample(4).shape == (4, 2, 3)
    found = ba.kl_divergence(ba.Transformed(ba.Laplace(np.zeros(2), 1.0), "cube"), ba.Cauchy(0.0, 1.0))
    assert found.shape == (2,)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.5, 2.0), (1.0, np.inf), (-np.inf, -0.5), (6.0, 7.0)])
def test_truncated_normals_are_those_of_scipy(low, high):
    p, known = ba.Truncated(ba.Normal(0.0, 1.0), low, high), stats.truncnorm(low, high)
    x = known.ppf([0.05, 0.3, 0.8])
    assert p.log_density(x) == pytest.approx(known.logpdf(x), rel=1e-9)
    assert p.cdf(x) == pytest.approx([0.05, 0.3, 0.8], rel=1e-8)
    assert p.quantile([0.05, 0.3, 0.8]) == pytest.approx(x, rel=1e-9)
    assert p.mean == pytest.approx(known.mean(), rel=1e-9)
    assert p.variance == pytest.approx(known.var(), rel=1e-6)
    square = known.var() + known.mean() ** 2
    entropy = 0.5 * math.log(2.0 * math.pi) + 0.5 * square + math.log(stats.norm.sf(low) - stats.norm.sf(high))
    assert p.entropy("nat").value == pytest.approx(entropy, rel=1e-7, abs=1e-9)


def test_divergence_of_nested_truncated_normals():
    # from E x, E x^2 and the masses: Burkardt 2014
    p, q = stats.truncnorm(0.0, 1.0), stats.truncnorm(-1.0, 1.0, loc=1.0)
    second = p.var() + p.mean() ** 2
    mass_p, mass_q = stats.norm.cdf(1.0) - 0.5, stats.norm.cdf(1.0) - stats.norm.cdf(-1.0)
    true = math.log(mass_q / mass_p) + 0.5 * (second - 2.0 * p.mean() + 1.0 - second)
    found = ba.kl_divergence(
        ba.Truncated(ba.Normal(0.0, 1.0), 0.0, 1.0), ba.Truncated(ba.Normal(1.0, 1.0), 0.0, 2.0), unit="nat"
    )
    assert found.value == pytest.approx(true, rel=1e-13)
    assert q.support() == (0.0, 2.0)


def test_a_narrow_truncation_is_nearly_uniform():
    high = 1.0 + 1e-10
    p = ba.Truncated(ba.Normal(0.0, 1.0), 1.0, high)
    assert p.entropy("nat").value == pytest.approx(math.log(high - 1.0), rel=1e-12)


def test_truncated_whole_numbers():
    p, q = ba.Truncated(ba.Poisson(3.0), 1.0), ba.Truncated(ba.Poisson(4.0), 1.0)
    assert p.mean == pytest.approx(3.0 / -math.expm1(-3.0))
    x = np.arange(1.0, 80.0)
    mass, other = np.exp(p.log_density(x)), np.exp(q.log_density(x))
    assert mass.sum() == pytest.approx(1.0)
    assert ba.kl_divergence(p, q, unit="nat").value == pytest.approx((mass * np.log(mass / other)).sum(), rel=1e-12)
    assert ba.kl_divergence(ba.Poisson(3.0), q).value == math.inf
    assert p.log_density(0.0) == -math.inf


def test_truncated_batches():
    p = ba.Truncated(ba.Normal(np.array([0.0, 1.0]), 1.0), 0.0, np.array([[1.0], [2.0], [np.inf]]))
    assert p.batch_shape == (3, 2)
    assert p[2, 1].mean == pytest.approx(p.mean[2, 1])
    inner = ba.kl_divergence(p, ba.Truncated(ba.Normal(0.0, 1.0), 0.0, 1.5))
    assert np.isinf(inner.value).tolist() == [[False, False], [True, True], [True, True]]


@pytest.mark.parametrize(
    "p",
    [
        ba.Affine(ba.Gamma(2.0, 1.0), 1.0, -3.0),
        ba.Transformed(ba.Normal(0.0, 1.0), "cube"),
        ba.Transformed(ba.Gamma(2.0, 1.0), "exp"),
        ba.Truncated(ba.Poisson(2.0), 1.0, 7.0),
        ba.Truncated(ba.Normal(0.0, 1.0), 1.0),
    ],
)
def test_they_are_values_that_print_and_are_written(p):
    again = type(p).from_document(p.to_document())
    assert again == p
    assert hash(again) == hash(p)
    assert repr(again) == repr(p)
    assert p.sample(3).shape == (3,)
