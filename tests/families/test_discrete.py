"""Families of counts and categories, against sums and closed forms at 80 digits of the very same floats."""

import math
from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.divergence import entropy, kl_divergence
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.statistic import Deviation, LogChoose, LogFactorial, LogPower, Power
from bitsapart.values.errors import UsageError


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with mp.workdps(80):
        yield


GAPS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 0.3, 0.5, 0.7, 1.5, 1e6)
PROBABILITIES = (1e-18, 1e-10, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9, 1 - 2**-50)


def mpf(*values):
    return [mp.mpf(float(value)) for value in values]


def x_log_ratio(p, q):
    return mp.mpf(0) if p == 0 else p * mp.log(p / q)


def trial_kl(p, q):
    return x_log_ratio(p, q) + x_log_ratio(1 - p, 1 - q)


def logarithmic_kl(p, q):
    length, other = -mp.log1p(-p), -mp.log1p(-q)
    return mp.log(other / length) + p / ((1 - p) * length) * mp.log(p / q)


def zeta_kl(s, t):
    return mp.log(mp.zeta(t) / mp.zeta(s)) - (t - s) * mp.zeta(s, derivative=1) / mp.zeta(s)


def binomial_log(n, p, x):
    n, p, x = mpf(n, p, x)
    return mp.loggamma(n + 1) - mp.loggamma(x + 1) - mp.loggamma(n - x + 1) + x * mp.log(p) + (n - x) * mp.log1p(-p)


def negative_binomial_log(r, p, x):
    r, p, x = mpf(r, p, x)
    return mp.loggamma(x + r) - mp.loggamma(x + 1) - mp.loggamma(r) + r * mp.log(p) + x * mp.log1p(-p)


def poisson_log(rate, x):
    rate, x = mpf(rate, x)
    return x * mp.log(rate) - rate - mp.loggamma(x + 1)


def by_odds(p, gap):
    """The probability whose odds are 1 + gap times those of p."""
    odds = mp.mpf(p) / (1 - mp.mpf(p)) * (1 + mp.mpf(gap))
    return float(odds / (1 + odds))


def from_one(s, gap):
    return 1.0 + (s - 1.0) * (1.0 + gap)


def scaled(rate, gap):
    return rate * (1.0 + gap)


SAME_FAMILY = {
    "Bernoulli": (ba.Bernoulli, trial_kl, by_odds, PROBABILITIES),
    "Geometric": (ba.Geometric, lambda p, q: trial_kl(p, q) / p, by_odds, PROBABILITIES),
    "Logarithmic": (ba.Logarithmic, logarithmic_kl, by_odds, (*PROBABILITIES, 0.99, 0.9999)),
    "Zeta": (ba.Zeta, zeta_kl, from_one, (1 + 1e-6, 1.01, 1.5, 3.0, 8.0, 50.0)),
    "Poisson": (ba.Poisson, lambda p, q: x_log_ratio(p, q) - p + q, scaled, (1e-300, 1e-5, 1.0, 30.0, 1e9)),
    "Binomial": (lambda p: ba.Binomial(10**9, p), lambda p, q: 10**9 * trial_kl(p, q), by_odds, PROBABILITIES),
    "NegativeBinomial": (
        lambda p: ba.NegativeBinomial(2.5, p),
        lambda p, q: trial_kl(p, q) * 2.5 / p,
        by_odds,
        PROBABILITIES,
    ),
}


@pytest.mark.parametrize("name", SAME_FAMILY)
def test_divergence_within_a_family_has_all_digits(name):
    member, truth, moved, parameters = SAME_FAMILY[name]
    seen = 0
    for first in parameters:
        for gap in GAPS:
            second = moved(first, gap)
            for a, b in ((first, second), (second, first)):
                wanted = truth(*mpf(a, b)) if a != b and b > 0.0 and second != 1.0 else mp.mpf(0)
                # what a float cannot hold, or no gap
                if wanted < 1e-290 or a == 1.0 or b == 1.0:
                    continue
                seen += 1
                found = kl_divergence(member(a), member(b))
                assert abs(mp.mpf(float(found.value)) - wanted) <= 1e-13 * wanted, (a, b)
                assert found.kind == "exact"
    assert seen > 40


@pytest.mark.parametrize("name", SAME_FAMILY)
def test_equal_members_are_0_apart(name):
    member, _, _, parameters = SAME_FAMILY[name]
    for first in parameters:
        assert kl_divergence(member(first), member(first)).value == 0.0


@pytest.mark.parametrize("rate", [0.1, 3.0, 50.0, 1e4, 1e9, 1e15])
def test_log_probability_of_poisson(rate):
    for z in (-3.0, -1.0, 0.0, 0.5, 1.0, 4.0):
        x = max(0.0, round(rate + z * math.sqrt(rate)))
        found, wanted = float(ba.Poisson(rate).log_density(x)), poisson_log(rate, x)
        assert abs(found - wanted) <= 5e-16 * (4.0 + abs(found))


@pytest.mark.parametrize(
    ("n", "p"), [(10, 0.3), (1000, 1e-3), (1000, 0.5), (10**6, 0.999), (10**9, 0.3), (10**9, 1e-8), (10**9, 1 - 1e-9)]
)
def test_log_probability_of_binomial(n, p):
    for z in (-3.0, -1.0, 0.0, 0.5, 1.0, 4.0):
        x = min(n, max(0, round(n * p + z * math.sqrt(n * p * (1 - p)))))
        found, wanted = float(ba.Binomial(n, p).log_density(x)), binomial_log(n, p, x)
        assert abs(found - wanted) <= 5e-16 * (4.0 + abs(found))


@pytest.mark.parametrize(
    ("r", "p"), [(1e-6, 0.3), (0.5, 0.1), (2.5, 0.9), (30.0, 0.01), (1e9, 0.5), (1e9, 1e-9), (0.3, 1e-12)]
)
def test_log_probability_of_negative_binomial(r, p):
    mean = r * (1 - p) / p
    for z in (-1.0, 0.0, 0.5, 1.0, 4.0):
        x = max(0, round(mean + z * math.sqrt(mean / p)))
        found, wanted = float(ba.NegativeBinomial(r, p).log_density(x)), negative_binomial_log(r, p, x)
        assert abs(found - wanted) <= 5e-16 * (4.0 + abs(found))


def test_log_probability_outside_of_the_support():
    assert ba.Binomial(3, 0.5).log_density([-1.0, 1.5, 4.0]).tolist() == [-math.inf] * 3
    assert ba.Zeta(2.0).log_density(0.0) == -math.inf
    assert np.isnan(ba.Poisson(1.0).log_density(np.nan))
    assert ba.Categorical([0.5, 0.0, 0.5]).log_density([0, 1, 2, 3]).tolist() == pytest.approx(
        [-math.log(2), -math.inf, -math.log(2), -math.inf]
    )


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_trials_that_are_certain(p):
    for member in (ba.Bernoulli(p), ba.Binomial(4, p)):
        assert entropy(member).value == 0.0
        assert member.log_density(p * (4 if isinstance(member, ba.Binomial) else 1)) == 0.0
    assert float(kl_divergence(ba.Bernoulli(p), ba.Bernoulli(0.25)).value) == pytest.approx(
        -math.log(0.25 if p else 0.75), rel=1e-15
    )
    assert kl_divergence(ba.Bernoulli(0.25), ba.Bernoulli(p)).value == math.inf
    assert kl_divergence(ba.Binomial(7, p), ba.Binomial(9, p)).value == (math.inf if p else 0.0)


def test_probabilities_at_the_ends_of_the_range_of_floats():
    assert float(kl_divergence(ba.Bernoulli(5e-324), ba.Bernoulli(0.5)).value) == pytest.approx(math.log(2))
    assert float(kl_divergence(ba.Bernoulli(1.0), ba.Bernoulli(5e-324)).value) == pytest.approx(744.44, abs=0.01)
    assert float(kl_divergence(ba.Geometric(1e-300), ba.Geometric(2e-300)).value) == pytest.approx(
        1 - math.log(2), rel=1e-14
    )


def test_binomial_of_more_trials():
    found = kl_divergence(ba.Binomial(5, 0.3), ba.Binomial(7, 0.4))
    assert float(found.value) == pytest.approx(0.5511337009, abs=1e-10)
    assert (found.kind, found.method) == ("exact", "finite sum")
    assert kl_divergence(ba.Binomial(7, 0.3), ba.Binomial(5, 0.4)).value == math.inf
    mixed = kl_divergence(ba.Binomial([5, 5, 7], 0.3), ba.Binomial([7, 5, 5], 0.4))
    wanted = [0.5511337009313023, 5 * float(trial_kl(*mpf(0.3, 0.4))), math.inf]
    assert mixed.value.tolist() == pytest.approx(wanted, rel=1e-14)


def negative_binomial_kl(r, p, s, q):
    """By the sum over x, as far as it has 30 digits."""
    mean = r * (1 - p) / p
    terms = range(int(mean + 30 * math.sqrt(mean / p) + 80 / p))
    weights = [mp.exp(negative_binomial_log(r, p, x)) for x in terms]
    r, p, s, q, mean = *mpf(r, p, s, q), mpf(r)[0] * (1 - mpf(p)[0]) / mpf(p)[0]
    rise = mp.fsum(w * (mp.loggamma(x + s) - mp.loggamma(x + r)) for x, w in zip(terms, weights, strict=True))
    fixed = mp.loggamma(r) - mp.loggamma(s) + s * mp.log(q) - r * mp.log(p)
    return -(rise + fixed + mean * (mp.log1p(-q) - mp.log1p(-p)))


@pytest.mark.parametrize(
    ("r", "p", "s", "q"),
    [
        (3.0, 0.3, 3.001, 0.3003),
        (3.0, 0.3, 3.0 * (1 + 1e-8), 0.3 * (1 + 1e-8)),
        (3.0, 0.3, 3.0 * (1 + 1e-12), 0.3),
        (0.5, 0.5, 5.0, 0.2),
        (20.0, 0.6, 2.0, 0.3),
    ],
)
def test_negative_binomial_of_another_number_of_successes(r, p, s, q):
    found = kl_divergence(ba.NegativeBinomial(r, p), ba.NegativeBinomial(s, q))
    wanted = negative_binomial_kl(r, p, s, q)
    error = abs(mp.mpf(float(found.value)) - wanted)
    assert error <= 1e-13 * wanted
    assert error <= found.error
    assert found.kind == "bound"


def test_negative_binomial_close_to_poisson_claims_no_more_digits_than_it_has():
    r, s = 1e4, 1.1e4
    found = kl_divergence(ba.NegativeBinomial(r, r / (r + 2.0)), ba.NegativeBinomial(s, s / (s + 2.0)))
    wanted = negative_binomial_kl(r, r / (r + 2.0), s, s / (s + 2.0))
    assert abs(mp.mpf(float(found.value)) - wanted) <= found.error
    assert found.error <= 1e-6 * found.value


@pytest.mark.parametrize(
    ("member", "log", "values"),
    [
        (ba.Poisson(5.0), lambda x: poisson_log(5.0, x), range(120)),
        (ba.Binomial(60, 0.3), lambda x: binomial_log(60, 0.3, x), range(61)),
        (ba.NegativeBinomial(2.5, 0.4), lambda x: negative_binomial_log(2.5, 0.4, x), range(250)),
        (ba.Geometric(0.4), lambda x: negative_binomial_log(1.0, 0.4, x), range(250)),
        (ba.Logarithmic(0.6), lambda x: x * mp.log(0.6) - mp.log(-mp.log1p(-mp.mpf(0.6)) * x), range(1, 250)),
        (ba.Bernoulli(0.3), lambda x: binomial_log(1, 0.3, x), range(2)),
        (ba.DiscreteUniform(3, 8), lambda _: -mp.log(6), range(3, 9)),
    ],
)
def test_entropy_and_moments_are_sums(member, log, values):
    weights = {x: mp.exp(log(x)) for x in values}
    wanted = -mp.fsum(w * mp.log(w) for w in weights.values())
    assert float(entropy(member).value) == pytest.approx(float(wanted), rel=2e-15)
    for statistic in (Power(), Power(2.0), Deviation(1.7, 2.0)):
        wanted = float(mp.fsum(w * float(statistic(np.float64(x))) for x, w in weights.items()))
        assert float(member.moment(statistic)) == pytest.approx(wanted, rel=1e-13)
    assert float(member.variance) == pytest.approx(float(member.moment(Deviation(float(member.mean), 2.0))), rel=1e-12)


def test_entropy_of_many_counts():
    # Poisson: log(2 pi e r) / 2 - 1 / (12 r) - 1 / (24 r^2) - ...
    for rate in (1e6, 1e9, 1e15):
        wanted = 0.5 * math.log(2 * math.pi * math.e * rate) - 1 / (12 * rate)
        assert float(entropy(ba.Poisson(rate)).value) == pytest.approx(wanted, rel=1e-14)
    variance = 1e9 * 0.3 * 0.7
    wanted = 0.5 * math.log(2 * math.pi * math.e * variance)
    assert float(entropy(ba.Binomial(10**9, 0.3)).value) == pytest.approx(wanted, rel=1e-9)


def test_moments_of_zeta():
    s = mp.mpf(2.5)
    member = ba.Zeta(2.5)
    first = -mp.zeta(s, derivative=1) / mp.zeta(s)
    second = mp.zeta(s, derivative=2) / mp.zeta(s)
    assert float(member.moment(LogPower())) == pytest.approx(float(first), rel=1e-15)
    assert float(member.moment(LogPower(2.0))) == pytest.approx(float(second), rel=1e-14)
    assert float(member.moment(Power())) == pytest.approx(float(mp.zeta(1.5) / mp.zeta(s)), rel=1e-14)
    assert member.moment(Power(2.0)) == math.inf
    assert ba.Zeta(1.5).moment(LogFactorial()) == math.inf
    assert member.moment(LogFactorial()) is None
    assert float(entropy(member).value) == pytest.approx(float(s * first + mp.log(mp.zeta(s))), rel=1e-14)


@given(st.floats(-18.0, 0.0), st.floats(-10.0, 3.0))
@settings(max_examples=50, deadline=None)
def test_moments_and_members_are_inverse(log_p, log_more):
    p = 10.0**log_p * 0.999
    for member in (ba.Bernoulli(p), ba.Geometric(p), ba.Binomial(12, p), ba.NegativeBinomial(2.5, p)):
        again = type(member).from_moments([member.moment(Power())], **member.fixed_parameters())
        assert float(again.p) == pytest.approx(p, rel=1e-13)
        natural = type(member).from_natural(
            [term.coefficient for term in member.natural()], **member.fixed_parameters()
        )
        assert float(natural.p) == pytest.approx(p, rel=1e-12)
    mean = 1.0 + 10.0**log_more
    found = ba.Logarithmic.from_moments([np.float64(mean)])
    assert float(found.moment(Power())) - 1.0 == pytest.approx(mean - 1.0, rel=1e-11, abs=3e-16)
    found = ba.Zeta.from_moments([np.float64(10.0**log_more)])
    assert float(found.moment(LogPower())) == pytest.approx(10.0**log_more, rel=1e-12)


def test_members_of_a_batch_of_moments():
    means = np.array([1.0 + 1e-9, 1.5, 3.0, 100.0])
    assert ba.Logarithmic.from_moments([means]).mean == pytest.approx(means, rel=1e-12)
    logs = np.array([1e-9, 0.1, 1.0, 100.0])
    assert ba.Zeta.from_moments([logs]).moment(LogPower()) == pytest.approx(logs, rel=1e-12)


@pytest.mark.parametrize(
    ("family", "moment", "fixed", "reason"),
    [
        (ba.Bernoulli, 1.5, {}, "not between 0 and 1"),
        (ba.Binomial, 4.5, {"n": 4}, "not between 0 and n"),
        (ba.Geometric, math.inf, {}, "infinite"),
        (ba.NegativeBinomial, -1.0, {"r": 2.0}, "negative"),
        (ba.Logarithmic, 1.0, {}, "not above 1"),
        (ba.Zeta, 0.0, {}, "not above 0"),
        (ba.Zeta, math.nan, {}, "does not exist"),
    ],
)
def test_moments_that_no_member_has(family, moment, fixed, reason):
    with pytest.raises(NoMinimiserError, match=reason):
        family.from_moments([np.float64(moment)], **fixed)


@pytest.mark.parametrize(
    "member",
    [
        ba.Bernoulli(0.3),
        ba.Binomial(7, 0.4),
        ba.Categorical([0.2, 0.0, 0.3, 0.5]),
        ba.Geometric(0.3),
        ba.NegativeBinomial(2.5, 0.4),
        ba.Logarithmic(0.7),
        ba.Zeta(2.5),
        ba.DiscreteUniform(-2, 5),
    ],
)
def test_distribution_functions_are_sums_of_probabilities(member):
    low = float(np.min(member.support.low))
    x = low + np.arange(40.0)
    summed = np.cumsum(np.exp(member.log_density(x)))
    assert member.cdf(x) == pytest.approx(summed, rel=1e-12)
    assert member.survival(x) == pytest.approx(1.0 - summed, abs=1e-13)
    assert member.cdf(low - 0.5) == 0.0
    assert member.survival(low - 0.5) == 1.0
    assert member.cdf(x + 0.5) == pytest.approx(summed, rel=1e-12)
    for u in (0.01, 0.33, 0.6, 0.95):
        lower, upper = member.quantile(u), member.upper_quantile(u)
        assert member.cdf(lower) >= u > member.cdf(lower - 1.0)
        assert member.survival(upper) <= u < member.survival(upper - 1.0)
    draws = member.sample(4000, seed=1)
    share = np.mean(draws == x[np.argmax(member.log_density(x))])
    assert share == pytest.approx(math.exp(np.max(member.log_density(x))), abs=0.04)


def test_zeta_reaches_further_than_it_can_be_summed():
    assert ba.Zeta(2.0).upper_quantile(1e-9) == pytest.approx(6 / math.pi**2 * 1e9, rel=1e-6)
    assert ba.Zeta(2.0).quantile(1.0) == math.inf
    assert ba.Zeta(2.0).cdf(0.0) == 0.0


def test_categorical():
    p, q = ba.Categorical([0.5, 0.5]), ba.Categorical([0.25, 0.25, 0.5])
    assert float(kl_divergence(p, q).value) == pytest.approx(math.log(2), rel=1e-15)
    assert kl_divergence(q, p).value == math.inf
    inside = kl_divergence(ba.Categorical([0.5, 0.25, 0.25]), ba.Categorical([0.5, 0.0, 0.5]))
    assert inside.value == math.inf
    assert inside.note == "support: P has mass where Q has none"
    batch = ba.Categorical([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    assert entropy(batch).value[1] == 0.0
    assert batch.mean.tolist() == pytest.approx([1.3, 0.0])
    assert batch.variance.tolist() == pytest.approx([0.61, 0.0])
    assert batch.sample(5, seed=2)[:, 1].tolist() == [0.0] * 5
    assert batch.moment(LogChoose(2.0)).tolist() == pytest.approx([0.3 * math.log(2), 0.0])


@pytest.mark.parametrize("gap", [1e-2, 1e-6, 1e-12])
def test_categorical_close_to_another(gap):
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.2, 0.3, 0.5]) + gap * np.array([0.1, 0.1, -0.2])
    a, b = mpf(*p), mpf(*q)
    total, other = mp.fsum(a), mp.fsum(b)
    wanted = mp.fsum(x / total * mp.log((x / total) / (y / other)) for x, y in zip(a, b, strict=True))
    found = kl_divergence(ba.Categorical(p), ba.Categorical(q))
    assert float(found.value) == pytest.approx(float(wanted), rel=1e-13)
    many = kl_divergence(ba.Multinomial(1000, p), ba.Multinomial(1000, q))
    assert float(many.value) == pytest.approx(1000 * float(wanted), rel=1e-13)


def test_multinomial():
    member = ba.Multinomial(4, [0.2, 0.3, 0.5])
    values = np.array([(i, j, 4 - i - j) for i in range(5) for j in range(5 - i)], float)
    logs = member.log_density(values)
    assert math.fsum(np.exp(logs)) == pytest.approx(1.0, abs=1e-14)
    assert float(entropy(member).value) == pytest.approx(-math.fsum(np.exp(logs) * logs), rel=1e-14)
    assert member.log_density([1.0, 1.0, 1.0]) == -math.inf
    assert ba.Multinomial(2, [0.5, 0.5, 0.0]).log_density([[1, 1, 0], [1, 0, 1]]).tolist() == pytest.approx(
        [math.log(0.5), -math.inf]
    )
    assert kl_divergence(member, ba.Multinomial(5, [0.2, 0.3, 0.5])).value == math.inf
    assert kl_divergence(member, ba.Multinomial(4, [0.2, 0.8, 0.0])).value == math.inf
    draws = ba.Multinomial([4, 9], [0.2, 0.3, 0.5]).sample(3000, seed=3)
    assert draws.shape == (3000, 2, 3)
    assert (draws.sum(axis=-1) == [4, 9]).all()
    assert draws.mean(axis=0)[0] == pytest.approx(member.mean, abs=0.1)
    assert member.variance == pytest.approx(draws.var(axis=0)[0], rel=0.15)


def test_multinomial_of_two_outcomes_is_binomial():
    for n in (7, 10**9):
        assert float(entropy(ba.Multinomial(n, [0.3, 0.7])).value) == pytest.approx(
            float(entropy(ba.Binomial(n, 0.3)).value), rel=1e-13
        )


def test_discrete_uniform():
    p, q = ba.DiscreteUniform(0, 9), ba.DiscreteUniform(-5, 14)
    assert float(kl_divergence(p, q).value) == pytest.approx(math.log(2), rel=1e-15)
    assert kl_divergence(q, p).value == math.inf
    assert float(kl_divergence(ba.DiscreteUniform(1, 10**15), ba.DiscreteUniform(0, 10**15)).value) == pytest.approx(
        1e-15, rel=1e-13
    )
    with pytest.raises(UsageError, match="got low 5 and high 3 in row 2"):
        ba.DiscreteUniform([1, 2, 5], 3)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ba.Bernoulli(1.5), "from 0 to 1; got 1.5"),
        (lambda: ba.Binomial(2.5, 0.5), "whole number of 1 or more; got 2.5"),
        (lambda: ba.Geometric(0.0), "above 0"),
        (lambda: ba.Categorical([0.2, 0.3]), "sum to 1"),
        (lambda: ba.Zeta(1.0), "above 1"),
        (lambda: ba.Logarithmic(1.0), "between 0 and 1"),
    ],
)
def test_parameters_outside_of_their_domain(make, sentence):
    with pytest.raises(UsageError, match=sentence):
        make()


def test_batches_are_what_their_members_are():
    p = np.array([[0.1], [0.5], [0.99]])
    q = np.array([0.2, 0.5])
    for family in (ba.Bernoulli, ba.Geometric, ba.Logarithmic, lambda p: ba.NegativeBinomial([2.0, 3.0], p)):
        found = kl_divergence(family(p), family(q)).value
        assert found.shape == (3, 2)
        one = kl_divergence(family(p[2]), family(q[1])).value
        assert found[2, 1] == np.ravel(one)[-1]
