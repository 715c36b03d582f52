"""Forward fits: closed forms, the account in bits, its intervals, and projections of formulas."""

import math

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.no_minimiser import NoMinimiserError

BIT = math.log(2.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def by_name(found):
    return {one.name: one.value for one in found.parameters}


# parameters


@pytest.mark.parametrize(
    ("name", "sample", "truth"),
    [
        ("normal", scipy.stats.norm(3, 2), {"mean": 3, "sd": 2}),
        ("gamma", scipy.stats.gamma(2.5, scale=2), {"shape": 2.5, "rate": 0.5}),
        ("beta", scipy.stats.beta(2, 5), {"a": 2, "b": 5}),
        ("exponential", scipy.stats.expon(scale=3), {"rate": 1 / 3}),
        ("lognormal", scipy.stats.lognorm(0.7, scale=math.exp(1)), {"log_mean": 1, "log_sd": 0.7}),
        ("inverse-gaussian", scipy.stats.invgauss(1.5, scale=2), {"mean": 3, "shape": 2}),
        ("inverse-gamma", scipy.stats.invgamma(3, scale=2), {"shape": 3, "scale": 2}),
        ("weibull", scipy.stats.weibull_min(1.7, scale=5), {"shape": 1.7, "scale": 5}),
        ("gumbel", scipy.stats.gumbel_r(5, 3), {"location": 5, "scale": 3}),
        ("student", scipy.stats.t(4, 5, 2), {"df": 4, "location": 5, "scale": 2}),
        ("logistic", scipy.stats.logistic(3, 2), {"location": 3, "scale": 2}),
        ("cauchy", scipy.stats.cauchy(-1, 3), {"location": -1, "scale": 3}),
        ("laplace", scipy.stats.laplace(5, 3), {"location": 5, "scale": 3}),
        ("generalized-normal", scipy.stats.gennorm(3, 1, 2), {"location": 1, "scale": 2, "shape": 3}),
        ("von-mises", scipy.stats.vonmises(2, 1), {"location": 1, "concentration": 2}),
        ("poisson", scipy.stats.poisson(3), {"rate": 3}),
        ("negative-binomial", scipy.stats.nbinom(3, 0.3), {"r": 3, "p": 0.3}),
        ("logarithmic", scipy.stats.logser(0.6), {"p": 0.6}),
    ],
)
def test_parameters_are_recovered_within_their_errors(name, sample, truth):
    found = ba.fit(sample.rvs(4000, random_state=rng(7)), name)
    values = by_name(found)
    for parameter, expected in truth.items():
        one = values[parameter]
        assert one.low < one.value < one.high
        # four standard errors
        assert abs(one.value - expected) < 2.1 * (one.high - one.low), parameter
        assert one.high - one.low < 0.7 * abs(expected)
    assert found.misfit.low == 0.0
    assert found.certificate.residual < 1e-5


@pytest.mark.parametrize(
    ("name", "family", "sample", "fixed", "loc"),
    [
        ("gamma", scipy.stats.gamma, scipy.stats.gamma(0.3, scale=7), ("shape", "rate"), True),
        ("weibull", scipy.stats.weibull_min, scipy.stats.weibull_min(0.6, scale=0.01), ("shape", "scale"), True),
        ("student", scipy.stats.t, scipy.stats.t(3, 100, 0.2), ("df", "location", "scale"), False),
        ("logistic", scipy.stats.logistic, scipy.stats.logistic(-50, 9), ("location", "scale"), False),
        ("beta", scipy.stats.beta, scipy.stats.beta(0.4, 3), ("a", "b"), True),
    ],
)
def test_no_likelihood_of_scipy_is_larger(name, family, sample, fixed, loc):
    x = sample.rvs(1500, random_state=rng(3))
    if name == "beta":
        found = scipy.stats.beta.fit(x, floc=0, fscale=1)
    else:
        found = family.fit(x, floc=0) if loc else family.fit(x)
    ours = ba.fit(x, name).distribution
    theirs = family(*found).logpdf(x).mean()
    assert ours.log_density(x).mean() >= theirs - 1e-9


def test_normal_near_a_billion_keeps_its_digits():
    noise = rng(1).normal(size=20_000)
    x = 1e9 + 1e-3 * noise
    exact = [mpmath.mpf(float(value)) for value in x[:2000]]
    with mpmath.workdps(40):
        mean = mpmath.fsum(exact) / 2000
        sd = mpmath.sqrt(mpmath.fsum((value - mean) ** 2 for value in exact) / 2000)
    found = ba.fit(x[:2000], "normal").distribution
    assert float(found.sd) == pytest.approx(float(sd), rel=1e-13)
    assert float(found.mean) == pytest.approx(float(mean), abs=1.5e-7)


def test_gamma_of_shape_a_million_has_a_stable_gap():
    x = rng(2).gamma(1e6, 3e-6, 2000)
    with mpmath.workdps(50):
        exact = [mpmath.mpf(float(value)) for value in x]
        mean = mpmath.fsum(exact) / 2000
        gap = mpmath.log(mean) - mpmath.fsum(mpmath.log(value) for value in exact) / 2000
        shape = mpmath.findroot(lambda a: mpmath.log(a) - mpmath.digamma(a) - gap, 1 / (2 * gap))
    assert float(ba.fit(x, "gamma").distribution.shape) == pytest.approx(float(shape), rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_a_moved_and_stretched_sample_has_a_moved_and_stretched_fit(location, scale, seed):
    x = rng(seed).normal(size=60)
    for name in ("normal", "laplace", "logistic"):
        plain, moved = ba.fit(x, name), ba.fit(location + scale * x, name)
        one, other = (list(by_name(found).values()) for found in (plain, moved))
        tolerance = 1e-5 * scale + 1e-9 * abs(location)
        assert other[0].value == pytest.approx(location + scale * one[0].value, abs=tolerance)
        assert other[1].value == pytest.approx(scale * one[1].value, abs=tolerance)
        assert moved.entropy.value == pytest.approx(plain.entropy.value + math.log2(scale), abs=1e-4)
        assert moved.misfit.value == pytest.approx(plain.misfit.value, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=40))
def test_the_poisson_fit_is_the_mean_whatever_the_counts(counts):
    found = ba.fit(np.array(counts), "poisson")
    assert float(found.distribution.rate) == pytest.approx(np.mean(counts), rel=1e-14, abs=1e-300)
    assert found.misfit.value >= 0.0
    assert found.entropy.value >= 0.0
    assert found.cross_entropy.value == found.entropy.value + found.divergence.value


def test_huge_and_tiny_values():
    noise = rng(5).normal(size=100)
    for size in (1e300, 1e-300):
        found = ba.fit(noise * size, "normal").distribution
        assert float(found.sd) == pytest.approx(noise.std() * size, rel=1e-12)


def test_uniform_and_pareto_are_extremes_and_say_so():
    x = rng(6).uniform(2.0, 3.0, 300)
    found = ba.fit(x, "uniform")
    values = by_name(found)
    assert (values["low"].value, values["high"].value) == (x.min(), x.max())
    assert values["low"].low < 2.0 < values["low"].high
    assert math.isinf(found.parameter_error.value)
    assert any("beyond the extremes" in note for note in found.notes)
    assert found.misfit.low == 0.0
    assert found.misfit.high < 0.2
    x = rng(6).pareto(3.0, 500) + 1.0
    pareto = ba.fit(x, "pareto").distribution
    assert float(pareto.scale) == x.min()
    assert float(pareto.shape) == pytest.approx(1.0 / np.log(x / x.min()).mean(), rel=1e-12)


def test_parameters_held_fixed():
    x = rng(8).standard_t(5, 3000) * 2 + 3
    held = ba.fit(x, "student", fixed={"df": 5})
    assert by_name(held)["df"].kind == "exact"
    assert float(held.distribution.df) == 5.0
    _, location, scale = scipy.stats.t.fit(x, fdf=5)
    assert float(held.distribution.location) == pytest.approx(location, abs=1e-3)
    assert float(held.distribution.scale) == pytest.approx(scale, abs=1e-3)
    weibull = ba.fit(np.abs(x), "weibull", fixed={"shape": 2.0}).distribution
    assert float(weibull.scale) == pytest.approx(math.sqrt((x**2).mean()), rel=1e-12)
    normal = ba.fit(x, "normal", fixed={"mean": 3.0}).distribution
    assert float(normal.sd) == pytest.approx(math.sqrt(((x - 3.0) ** 2).mean()), rel=1e-9)
    moved = ba.fit(1e6 + x, "laplace", fixed={"location": 1e6 + 3.0}).distribution
    assert float(moved.scale) == pytest.approx(np.abs(x - 3.0).mean(), rel=1e-9)


def test_multivariate_normal_is_mean_and_covariance():
    x = 1e6 + rng(9).normal(size=(800, 3)) @ rng(10).normal(size=(3, 3))
    found = ba.fit(x, "multivariate-normal")
    np.testing.assert_allclose(found.distribution.mean, x.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.distribution.covariance, np.cov(x.T, bias=True), rtol=1e-8, atol=1e-9)
    assert found.dimension == 3
    assert found.misfit.low == 0.0
    assert found.misfit.high < 0.2
    assert len(found.parameters) == 12
    # nine free parameters
    assert found.parameter_error.value == pytest.approx(9 / (2 * 800) / BIT, rel=0.2)


def test_simplex_and_directions_and_categories():
    x = rng(11).dirichlet([1.0, 2.0, 3.0], 1500)
    found = ba.fit(x, "dirichlet")
    np.testing.assert_allclose(found.distribution.concentration, [1.0, 2.0, 3.0], rtol=0.15)
    v = scipy.stats.vonmises_fisher([0.0, 0.6, 0.8], 5.0).rvs(1500, random_state=rng(12))
    vmf = ba.fit(v, "von-mises-fisher").distribution
    direction, concentration = scipy.stats.vonmises_fisher.fit(v)
    np.testing.assert_allclose(vmf.direction, direction, atol=1e-12)
    assert float(vmf.concentration) == pytest.approx(concentration, rel=1e-6)
    c = rng(13).integers(0, 4, 500)
    np.testing.assert_allclose(ba.fit(c, "categorical").distribution.p, np.bincount(c) / 500, rtol=1e-13)
    m = rng(14).multinomial(10, [0.2, 0.3, 0.5], 300)
    np.testing.assert_allclose(ba.fit(m, "multinomial").distribution.p, m.sum(axis=0) / 3000, rtol=1e-13)


def test_no_minimiser_says_why():
    for name in ("normal", "gamma", "student", "uniform", "laplace", "pareto"):
        with pytest.raises(NoMinimiserError, match="do not vary"):
            ba.fit(np.full(12, 3.0), name)
    with pytest.raises(NoMinimiserError, match="singular"):
        ba.fit(np.repeat(rng(1).normal(size=(30, 1)), 2, axis=1), "multivariate-normal")


def test_a_limit_of_the_family_is_named():
    # less spread than any Poisson: a negative binomial is one only in the limit
    x = rng(15).binomial(10, 0.5, 2000)
    found = ba.fit(x, "negative-binomial")
    assert any("without bound" in note for note in found.notes)
    assert by_name(found)["r"].low is None


# the account


def test_the_account_of_a_right_family():
    found = ba.fit(rng(16).gamma(3.0, 2.0, 4000), "gamma")
    truth = scipy.stats.gamma(3.0, scale=2.0).entropy() / BIT
    assert found.entropy.low < truth < found.entropy.high
    assert found.parameter_error.value == pytest.approx(2 / (2 * 4000) / BIT, rel=0.1)
    assert found.parameter_error.low < found.parameter_error.value < found.parameter_error.high
    assert found.misfit.low == 0.0
    assert found.misfit.high < 0.03
    assert found.divergence.value == found.misfit.value + found.parameter_error.value
    assert found.cross_entropy.value == found.entropy.value + found.divergence.value
    assert found.certificate.proved
    assert found.certificate.gap < 1e-20


def test_the_cross_entropy_is_that_of_new_rows():
    """The mean loss of the rows that were fitted, corrected for optimism, against many new rows."""
    new = rng(99).gamma(3.0, 2.0, 200_000)
    claimed, true = [], []
    for seed in range(200):
        x = rng(seed).gamma(3.0, 2.0, 50)
        found = ba.fit(x, "normal")
        claimed.append(found.cross_entropy.value)
        true.append(-found.distribution.log_density(new).mean() / BIT)
    error = np.std(np.subtract(claimed, true)) / math.sqrt(200)
    assert abs(np.mean(claimed) - np.mean(true)) < 3.5 * error + 0.01


def test_the_misfit_of_a_wrong_family_is_seen():
    x = rng(18).exponential(1.0, 5000)
    found = ba.fit(x, "normal")
    # KL of an exponential from the normal of its mean and variance
    truth = (0.5 * math.log(2 * math.pi * math.e) - 1.0) / BIT
    assert 0.0 < found.misfit.low < truth < found.misfit.high


@pytest.mark.parametrize(
    ("sample", "family", "misfit"),
    [
        (scipy.stats.norm(0, 1), "normal", 0.0),
        (scipy.stats.t(5), "normal", 0.046848672673 / BIT),
        (scipy.stats.expon(), "normal", (0.5 * math.log(2 * math.pi * math.e) - 1.0) / BIT),
        (scipy.stats.laplace(), "laplace", 0.0),
    ],
    ids=["normal", "student", "exponential", "laplace"],
)
def test_intervals_hold_their_truths_as_often_as_they_say(sample, family, misfit):
    reps, n = 160, 400
    truths = {"mean": sample.mean(), "sd": sample.std(), "location": 0.0, "scale": 1.0}
    held = {"misfit": 0, "entropy": 0}
    for seed in range(reps):
        found = ba.fit(sample.rvs(n, random_state=rng(1000 + seed)), family)
        held["misfit"] += found.misfit.low <= misfit <= found.misfit.high
        held["entropy"] += found.entropy.low <= sample.entropy() / BIT <= found.entropy.high
        for name, one in by_name(found).items():
            held[name] = held.get(name, 0) + (one.low <= truths[name] <= one.high)
    for name, times in held.items():
        assert times / reps > 0.88, name


def test_intervals_of_counts_hold_their_truths():
    reps, n = 150, 300
    wrong = ba.kl_divergence(ba.NegativeBinomial(4.0, 0.5), ba.Poisson(4.0)).value
    held = {"poisson": 0, "misfit": 0, "wrong": 0}
    for seed in range(reps):
        found = ba.fit(rng(seed).poisson(4.0, n), "poisson")
        held["poisson"] += by_name(found)["rate"].low <= 4.0 <= by_name(found)["rate"].high
        held["misfit"] += found.misfit.low <= 0.0
        found = ba.fit(rng(seed).negative_binomial(4.0, 0.5, n), "poisson")
        held["wrong"] += found.misfit.low <= wrong <= found.misfit.high
    assert min(held.values()) / reps > 0.88


def test_rounded_values_are_told():
    x = np.round(rng(18).normal(10.0, 12.0, 5000))
    found = ba.fit(x, "normal")
    assert any("rounded to multiples of 1:" in note for note in found.notes)
    truth = scipy.stats.norm(10, 12).entropy() / BIT
    assert found.entropy.value == pytest.approx(truth, abs=0.05)
    assert found.misfit.high < 0.02


def test_values_with_an_atom_have_no_entropy_and_say_so():
    x = np.where(rng(19).random(500) < 0.3, 0.0, rng(20).normal(size=500))
    found = ba.fit(x, "normal")
    assert math.isnan(found.entropy.value)
    assert found.misfit.kind == "unknown"
    assert any("values repeat" in note for note in found.notes)
    assert float(found.distribution.mean) == pytest.approx(x.mean(), rel=1e-12)


def test_a_large_sample_is_read_in_one_pass_and_agrees_with_a_small_one():
    x = rng(21).normal(3.0, 2.0, 300_000)
    found = ba.fit(x, "normal")
    assert float(found.distribution.mean) == pytest.approx(x.mean(), rel=1e-13)
    assert float(found.distribution.sd) == pytest.approx(x.std(), rel=1e-13)
    truth = scipy.stats.norm(3, 2).entropy() / BIT
    assert found.entropy.low < truth < found.entropy.high
    assert found.parameter_error.value == pytest.approx(2 / (2 * 300_000) / BIT, rel=0.05)


def test_pictures():
    found = ba.fit(rng(22).normal(size=500), "normal").picture
    assert len(found.x) == len(found.fitted) > 100
    assert len(found.edges) == len(found.heights) + 1
    assert np.sum(np.diff(found.edges) * found.heights) == pytest.approx(1.0, abs=0.01)
    counts = ba.fit(rng(22).poisson(3.0, 500), "poisson").picture
    assert sum(counts.target) == pytest.approx(1.0)
    assert not counts.edges
    assert ba.fit(rng(22).normal(size=(50, 2)), "multivariate-normal").picture.x == ()


# projections of formulas


@pytest.mark.parametrize(
    ("df", "sd", "nats"),
    [
        (3.0, 1.7320508075688772, 0.194767105675),
        (5.0, 1.2909944487358056, 0.046848672673),
        (10.0, 1.1180339887498949, 0.009247815886),
    ],
)
def test_student_to_normal(df, sd, nats):
    found = ba.fit(ba.StudentT(df, 0.0, 1.0), "normal")
    assert float(found.distribution.mean) == pytest.approx(0.0, abs=1e-14)
    assert float(found.distribution.sd) == pytest.approx(sd, rel=1e-13)
    assert found.divergence.value == pytest.approx(nats / BIT, abs=1e-11)
    assert found.parameter_error.value == 0.0
    assert found.certificate.proved
    assert found.n == 0


@pytest.mark.parametrize("df", [1.0, 2.0])
def test_heavy_tails_have_no_closest_normal(df):
    with pytest.raises(NoMinimiserError, match=r"E x.* is (infinite|undefined)"):
        ba.fit(ba.StudentT(df, 0.0, 1.0), "normal")


def test_a_support_that_is_not_covered_has_no_minimiser():
    with pytest.raises(NoMinimiserError, match="every member on numbers from 0 to inf"):
        ba.fit(ba.Normal(0.0, 1.0), "gamma")
    with pytest.raises(NoMinimiserError, match="out to infinity"):
        ba.fit(ba.Normal(0.0, 1.0), "uniform")
    with pytest.raises(NoMinimiserError, match="E x is infinite"):
        ba.fit(ba.Zeta(1.5), "geometric")


def test_a_member_is_its_own_closest():
    for member in (ba.Normal(3.0, 2.0), ba.StudentT(4.0, 1.0, 2.0), ba.Poisson(3.0)):
        found = ba.fit(member, type(member))
        assert found.distribution == member
        assert found.divergence.value == 0.0


def test_a_search_over_nodes_finds_the_member_that_it_is():
    found = ba.fit(ba.Cauchy(0.0, 1.0), "student").distribution
    assert float(found.df) == pytest.approx(1.0, abs=1e-8)
    weibull = ba.fit(ba.Exponential(2.0), "weibull").distribution
    assert float(weibull.shape) == pytest.approx(1.0, abs=1e-8)
    assert float(weibull.scale) == pytest.approx(0.5, abs=1e-8)


def test_projections_far_from_0():
    near, far = (ba.fit(ba.Normal(at, 1.0), "gumbel") for at in (0.0, 1e6))
    assert far.divergence.value == pytest.approx(near.divergence.value, abs=1e-9)
    laplace = ba.fit(ba.Normal(1e6, 1.0), "laplace").distribution
    assert float(laplace.scale) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-9)


def test_a_gamma_to_a_log_normal_by_mpmath():
    found = ba.fit(ba.Gamma(2.0, 1.0), "lognormal")
    with mpmath.workdps(30):
        m, v = mpmath.digamma(2), mpmath.polygamma(1, 2)
        entropy = 2 + mpmath.loggamma(2) + (1 - 2) * mpmath.digamma(2)
        cross = m + mpmath.log(mpmath.sqrt(2 * mpmath.pi * v)) + mpmath.mpf(1) / 2
        expected = float((cross - entropy) / mpmath.log(2))
    assert found.divergence.value == pytest.approx(expected, abs=1e-12)
    assert found.divergence.low <= expected <= found.divergence.high


def test_vectors():
    target = ba.MultivariateNormal([0.0, 1.0], [[1.0, 0.5], [0.5, 2.0]])
    assert ba.fit(target, "multivariate-normal").divergence.value == 0.0
    product = ba.Product([ba.Gamma(2.0, 1.0), ba.Normal(0.0, 1.0)])
    found = ba.fit(product, "multivariate-normal").distribution
    np.testing.assert_allclose(found.mean, [2.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(found.covariance, [[2.0, 0.0], [0.0, 1.0]], atol=1e-14)


def test_a_tail_that_rules_the_fit_is_told():
    found = ba.fit(rng(30).standard_t(2.2, 4000), "normal")
    assert any("Pareto k-hat" in note for note in found.notes)
    assert not any("Pareto k-hat" in note for note in ba.fit(rng(30).normal(size=4000), "normal").notes)
    assert not any("Pareto k-hat" in note for note in ba.fit(rng(30).exponential(size=4000), "gamma").notes)


# mixtures


@pytest.mark.parametrize(
    ("weights", "means", "sds", "mean", "sd", "nats"),
    [
        ([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5], 0.0, 2.06155281280883, 0.723553026545188),
        ([0.7, 0.3], [-2.0, 2.0], [0.5, 0.5], -0.8, 1.9, 0.724222106653749),
        ([0.5, 0.5], [-2.0, 2.0], [0.5, 1.0], 0.0, 2.15058131676066, 0.430439889890867),
        ([0.5, 0.5], [-1.0, 1.0], [1.0, 1.0], 0.0, 1.4142135623731, 0.00974276993314104),
    ],
)
def test_mixtures_to_a_normal(weights, means, sds, mean, sd, nats):
    target = ba.Mixture(weights, ba.Normal(means, sds))
    found = ba.fit(target, "normal")
    assert float(found.distribution.mean) == pytest.approx(mean, abs=1e-12)
    assert float(found.distribution.sd) == pytest.approx(sd, rel=1e-12)
    assert found.divergence.value * BIT == pytest.approx(nats, abs=1e-12)


def test_a_mixture_is_found_in_a_sample():
    x = np.concatenate([rng(31).normal(-2.0, 0.5, 1500), rng(32).normal(2.0, 1.0, 1500)])
    found = ba.fit(1e4 + x, "mixture")
    values = by_name(found)
    for name, truth in {
        "weights[0]": 0.5,
        "mean[0]": 1e4 - 2,
        "mean[1]": 1e4 + 2,
        "sd[0]": 0.5,
        "sd[1]": 1.0,
    }.items():
        assert values[name].low < truth < values[name].high, name
    assert found.parameter_error.value == pytest.approx(5 / (2 * 3000) / BIT, rel=0.3)
    assert found.misfit.low == 0.0
    assert found.certificate.residual < 1e-6
    from sklearn.mixture import GaussianMixture

    theirs = GaussianMixture(2, random_state=0, tol=1e-10, max_iter=1000).fit(x[:, np.newaxis]).score(x[:, np.newaxis])
    assert found.distribution.log_density(1e4 + x).mean() >= theirs - 1e-6


def test_three_components_and_one():
    x = np.concatenate([rng(33).normal(at, 0.5, 400) for at in (-4.0, 0.0, 4.0)])
    three = ba.fit(x, "mixture", components=3)
    np.testing.assert_allclose([by_name(three)[f"mean[{i}]"].value for i in range(3)], [-4.0, 0.0, 4.0], atol=0.15)
    one = by_name(ba.fit(x, "mixture", components=1))
    assert one["mean[0]"].value == pytest.approx(x.mean(), abs=1e-9)
    assert one["sd[0]"].value == pytest.approx(x.std(), rel=1e-9)


def test_a_mixture_is_closest_to_itself_and_found_from_another_family():
    target = ba.Mixture([0.3, 0.7], ba.Normal([-1.0, 2.0], [0.6, 1.0]))
    assert ba.fit(target, "mixture").divergence.value == 0.0
    near = ba.fit(ba.Mixture([0.4, 0.6], [ba.Logistic(-3.0, 0.2), ba.Normal(3.0, 1.0)]), "mixture")
    assert 0.0 < near.divergence.value < 0.02


# log densities


def test_a_log_density_in_one_dimension_is_integrated():
    found = ba.fit(lambda x: -(x**4), "normal", dimension=1)
    assert float(found.distribution.sd) == pytest.approx(math.sqrt(math.gamma(0.75) / math.gamma(0.25)), rel=1e-10)
    log_z = math.log(2.0 * math.gamma(1.25))
    assert found.diagnostics["log_normaliser"].value == pytest.approx(log_z / BIT, abs=1e-10)
    student = ba.fit(lambda x: -2.0 * np.log1p(x * x / 3.0), "normal", dimension=1)
    assert student.divergence.value == pytest.approx(0.194767105675 / BIT, abs=1e-9)
    far = ba.fit(lambda x: -0.5 * ((x - 1e6) / 2.0) ** 2, "normal", dimension=1, start=1e6).distribution
    assert float(far.sd) == pytest.approx(2.0, rel=1e-8)
    with pytest.raises(NoMinimiserError, match=r"E x\^2 is infinite"):
        ba.fit(lambda x: -1.5 * np.log1p(x * x / 2.0), "normal", dimension=1)
    with pytest.raises(ba.UsageError, match="dimension="):
        ba.fit(lambda x: -x * x, "normal")


def test_a_log_density_in_two_dimensions_is_weighed():
    precision = np.array([[1.0, 0.3], [0.3, 1.0]])
    found = ba.fit(lambda x: -0.5 * np.einsum("ni,ij,nj->n", x, precision, x), "multivariate-normal", dimension=2)
    np.testing.assert_allclose(found.distribution.covariance, np.linalg.inv(precision), atol=0.03)
    assert found.divergence.high < 1e-3
    assert found.diagnostics["khat"].value < found.diagnostics["khat_threshold"].value

    def heavy(x):
        return -1.5 * np.log1p((x * x).sum(axis=1))

    with pytest.raises(ba.UsageError, match="k-hat"):
        ba.fit(heavy, "multivariate-normal", dimension=2)
