"""The measures of distributions that are formulas: values, laws, and one sentence where there is no answer."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.orders import _by_terms, renyi_divergence
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate

P, Q = ba.Normal(0.0, 1.0), ba.Normal(1.0, 2.0)
CONTINUOUS = [
    P,
    Q,
    ba.StudentT(3.0, 0.5, 1.0),
    ba.Laplace(0.0, 1.0),
    ba.Logistic(1.0, 0.5),
    ba.Mixture([0.4, 0.6], ba.Normal([-2.0, 1.0], [0.5, 1.0])),
    ba.Uniform(-1.0, 1.0),
    ba.Gamma(2.0, 1.0),
]
DISCRETE = [ba.Poisson(3.0), ba.Geometric(0.3), ba.Binomial(7, 0.4), ba.DiscreteUniform(0, 5), ba.Poisson(3.5)]
PAIRS = st.one_of(*(st.tuples(st.sampled_from(some), st.sampled_from(some)) for some in (CONTINUOUS, DISCRETE)))
TIMES = settings(max_examples=40, deadline=None)


@TIMES
@given(PAIRS)
def test_bounds_and_symmetry(pair):
    p, q = pair
    kl, js = ba.kl_divergence(p, q).value, ba.js_divergence(p, q).value
    hellinger, variation = ba.hellinger_distance(p, q).value, ba.total_variation(p, q).value
    assert kl >= 0.0
    assert (kl == 0.0) == (p == q)
    assert 0.0 <= js <= 1.0 + 1e-12
    assert js == pytest.approx(ba.js_divergence(q, p).value, rel=1e-12, abs=1e-15)
    assert 0.0 <= hellinger <= 1.0 + 1e-15
    assert hellinger == pytest.approx(ba.hellinger_distance(q, p).value, rel=1e-11, abs=1e-8)
    # Le Cam's and Pinsker's inequalities
    assert hellinger**2 <= variation + 1e-12
    assert variation <= hellinger * math.sqrt(2.0 - hellinger**2) + 1e-12
    assert variation <= math.sqrt(kl * math.log(2.0) / 2.0) + 1e-12


@TIMES
@given(PAIRS)
def test_the_identity_of_cross_entropy(pair):
    p, q = pair
    crossed, own, kl = ba.cross_entropy(p, q), ba.entropy(p), ba.kl_divergence(p, q)
    assert crossed.value == (math.inf if math.isinf(kl.value) else pytest.approx(own.value + kl.value, abs=1e-12))
    related = ba.relate(p, q)
    assert related.cross_entropy.value == pytest.approx(crossed.value, rel=1e-15)
    assert related.reverse_divergence.value == ba.kl_divergence(q, p).value


@TIMES
@given(PAIRS)
def test_renyi_never_falls_with_its_order(pair):
    values = [ba.renyi_divergence(*pair, alpha).value for alpha in (0.0, 0.25, 0.5, 0.9, 1.0, 1.5, 2.0)]
    for one, more in itertools.pairwise(values):
        assert more >= one * (1.0 - 1e-9) - 1e-12


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9, 0.999, 1.001, 1.3, 2.0, 5.0])
def test_renyi_of_normals_both_ways(alpha):
    # van Erven & Harremoes 2014, eq. 10
    with mp.workdps(40):
        a = mp.mpf(alpha)
        spread = a * 4 + (1 - a)
        true = a / (2 * spread) + mp.log(mp.sqrt(spread) / (mp.mpf(2) ** a)) / (1 - a)
    closed, integrated = renyi_divergence(P, Q, alpha), _by_terms(P, Q, alpha)
    assert float(closed.value) == pytest.approx(float(true), rel=2e-13)
    assert abs(float(closed.value) - float(true)) <= float(closed.error)
    assert float(integrated.value) == pytest.approx(float(true), rel=1e-13)


def test_renyi_above_1_is_infinite_where_the_power_has_no_integral():
    found = ba.renyi_divergence(ba.Normal(0.0, 2.0), ba.Normal(0.0, 1.0), 2.0)
    assert found.value == math.inf
    assert "infinite" in found.note
    many = ba.renyi_divergence(ba.Normal(0.0, [1.0, 2.0]), ba.Normal(0.0, 1.0), 2.0)
    assert many.value.tolist() == [0.0, math.inf]
    assert ba.renyi_divergence(ba.StudentT(3.0, 0.0, 1.0), ba.Normal(0.0, 1.0), 1.5).value == math.inf


def test_close_pairs():
    p, q = ba.Normal(0.0, 1.0), ba.Normal(1e-7, 1.0)
    square = 1e-14
    assert ba.js_divergence(p, q, unit="nat").value == pytest.approx(square / 8.0, rel=1e-7)
    assert ba.squared_hellinger(p, q).value == pytest.approx(square / 8.0, rel=1e-7)
    assert ba.renyi_divergence(p, q, 0.3, unit="nat").value == pytest.approx(0.3 * square / 2.0, rel=1e-7)
    assert ba.total_variation(p, q).value == pytest.approx(1e-7 / math.sqrt(2.0 * math.pi), rel=1e-8)


def test_distributions_apart():
    p = ba.Uniform(0.0, 1.0)
    for q in (ba.Uniform(2.0, 3.0), ba.Poisson(1.0)):
        assert ba.js_divergence(p, q).value == 1.0
        assert ba.hellinger_distance(p, q).value == 1.0
        assert ba.total_variation(p, q).value == 1.0
        assert ba.bhattacharyya_coefficient(p, q).value == 0.0
        assert ba.bhattacharyya_distance(p, q).value == math.inf
        assert ba.renyi_divergence(p, q, 0.5).value == math.inf


def test_uniforms_that_overlap():
    p, q = ba.Uniform(0.0, 1.0), ba.Uniform(0.5, 1.5)
    assert ba.js_divergence(p, q).value == pytest.approx(0.5)
    assert ba.total_variation(p, q).value == pytest.approx(0.5)
    assert ba.squared_hellinger(p, q).value == pytest.approx(0.5)
    assert ba.renyi_divergence(p, q, 0.0).value == pytest.approx(1.0)
    weighted = ba.js_divergence(p, q, weights=[0.25, 0.75])
    assert weighted.value == pytest.approx(0.5 * -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75)))
    assert ba.js_divergence(p, q, weights=[1.0, 0.0]).value == 0.0


def test_whole_numbers_agree_with_arrays():
    x = np.arange(60.0)
    p, q = ba.Poisson(3.0), ba.Binomial(20, 0.2)
    arrays = [np.exp(side.log_density(x)) for side in (p, q)]
    for measure in (ba.js_divergence, ba.hellinger_distance, ba.total_variation, ba.bhattacharyya_distance):
        assert measure(p, q).value == pytest.approx(measure(*arrays, normalize=True), rel=1e-11)
    for alpha in (0.0, 0.5, 0.8):
        assert ba.renyi_divergence(p, q, alpha).value == pytest.approx(ba.renyi_divergence(*arrays, alpha), rel=1e-9)
    assert ba.renyi_divergence(q, p, 2.0).value == pytest.approx(
        ba.renyi_divergence(arrays[1], arrays[0], 2.0, normalize=True), rel=1e-11
    )
    for alpha in (0.5, 2.0):
        assert ba.renyi_entropy(p, alpha).value == pytest.approx(ba.renyi_entropy(arrays[0], alpha), rel=1e-11)
    assert ba.renyi_entropy(q, 0.0).value == pytest.approx(math.log2(21.0))


def test_renyi_entropy_of_a_density():
    assert ba.renyi_entropy(P, 2.0, unit="nat").value == pytest.approx(math.log(2.0 * math.sqrt(math.pi)), rel=1e-13)
    assert ba.renyi_entropy(ba.Uniform(0.0, 8.0), 0.0).value == pytest.approx(3.0)
    assert ba.renyi_entropy(P, 1.0).value == ba.entropy(P).value


def test_jeffreys_and_the_distance_of_jensen_and_shannon():
    both = ba.kl_divergence(P, Q).value + ba.kl_divergence(Q, P).value
    assert ba.jeffreys_divergence(P, Q).value == pytest.approx(both)
    assert ba.jeffreys_divergence(ba.Uniform(0.0, 1.0), P).value == math.inf
    assert ba.js_distance(P, Q).value == pytest.approx(math.sqrt(ba.js_divergence(P, Q).value))


def test_vectors_have_an_interval_that_holds_the_truth():
    p, q = (ba.MultivariateNormal([x, 0.0], np.eye(2)) for x in (0.0, 1.0))
    found = ba.squared_hellinger(p, q)
    assert found.low <= -math.expm1(-1.0 / 8.0) <= found.high
    assert found.kind == "exact"
    assert 0.0 < ba.js_divergence(p, q).value < 1.0
    drawn = ba.squared_hellinger(ba.Mixture([1.0], [p]), q)
    assert drawn.low <= -math.expm1(-1.0 / 8.0) <= drawn.high
    assert drawn.kind == "confidence"


def test_every_answer_is_an_estimate():
    for found in (
        ba.js_divergence(P, Q),
        ba.hellinger_distance(P, Q),
        ba.renyi_entropy(P, 2),
        ba.total_variation(P, Q),
    ):
        assert isinstance(found, Estimate)
        assert found.low <= found.value <= found.high
    assert ba.js_divergence(ba.Normal(np.zeros(3), 1.0), Q).shape == (3,)


def test_a_relation_prints_and_batches():
    said = str(ba.relate(P, Q))
    assert "= cross-entropy     H(P, Q)     2.68642 bits" in said
    assert "shape (2,)" in str(ba.relate(ba.Normal([0.0, 1.0], 1.0), Q))
    assert ba.relate(ba.Normal([0.0, 1.0], 1.0), Q).cross_entropy.shape == (2,)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ba.js_divergence(P, Q, P), "takes two"),
        (lambda: ba.js_divergence(P, Q, weights=[0.5, 0.6]), "sum to 1"),
        (lambda: ba.renyi_divergence(P, Q, math.inf), "finite order"),
        (lambda: ba.renyi_divergence(P, Q, -1.0), "at least 0"),
        (lambda: ba.kl_divergence(P, Q, axis=0), "leave it out"),
        (lambda: ba.js_divergence(P, [0.5, 0.5]), "no distribution"),
        (lambda: ba.tsallis_entropy(P, 2.0), "measures of distributions"),
        (lambda: ba.chi_squared_divergence(P, Q), "measures of distributions"),
        (lambda: ba.js_divergence(P, ba.MultivariateNormal([0.0], [[1.0]])), "cannot be compared"),
    ],
)
def test_errors_say_what_is_wrong(call, sentence):
    with pytest.raises(UsageError, match=sentence):
        call()
