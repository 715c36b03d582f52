import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.built.product import total
from bitsapart.families.found import Found
from bitsapart.values.errors import UsageError

P = [ba.Normal(0.0, 1.0), ba.Poisson(1.5), ba.Gamma(2.0, 1.0)]
Q = [ba.Normal(0.5, 2.0), ba.Poisson(2.0), ba.Gamma(3.0, 1.5)]


def nats(p, q):
    return ba.kl_divergence(p, q, unit="nat").value


def test_entropy_and_divergence_are_sums_over_entries():
    p, q = ba.Product(P), ba.Product(Q)
    assert nats(p, q) == pytest.approx(sum(nats(one, other) for one, other in zip(P, Q, strict=True)), rel=1e-15)
    assert p.entropy("nat").value == pytest.approx(sum(part.entropy("nat").value for part in P), rel=1e-14)
    x = p.sample(5, seed=1)
    expected = sum(part.log_density(x[:, i]) for i, part in enumerate(P))
    np.testing.assert_allclose(p.log_density(x), expected, rtol=1e-15)
    assert p.log_density([0.0, 0.5, 1.0]) == -np.inf


def test_equal_draws_count_as_often_as_they_occur():
    p, q = ba.Normal(0.0, 1.0), ba.Normal(1e-8, 1.0)
    assert nats(ba.Product([p] * 1000), ba.Product([q] * 1000)) == pytest.approx(1000 * 5e-17, rel=1e-12)
    assert ba.Product([p] * 3).entropy("nat").value == pytest.approx(3 * p.entropy("nat").value, rel=1e-15)
    draws = ba.Product([p] * 3).sample(20_000, seed=2)
    np.testing.assert_allclose(np.corrcoef(draws.T), np.eye(3), atol=0.03)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.1, 5)), min_size=1, max_size=5), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_normal_entries_are_a_diagonal_normal(parameters, seed):
    mean, sd = np.array(parameters).T
    product = ba.Product([ba.Normal(m, s) for m, s in parameters])
    normal = ba.MultivariateNormal(mean, np.diag(sd**2))
    root = np.random.default_rng(seed).normal(size=(len(mean), len(mean) + 2))
    other = ba.MultivariateNormal(0.5 * mean, (root @ root.T + root @ root.T) / 2)
    assert nats(product, other) == pytest.approx(nats(normal, other), rel=1e-11)
    assert nats(other, product) == pytest.approx(nats(other, normal), rel=1e-9)
    assert nats(product, normal) < 1e-28


@pytest.mark.parametrize("gap", [1e-2, 1e-6, 1e-10])
def test_mean_field_is_exact_near_independence(gap):
    # KL(P || product of its marginals) = -log(1 - r^2) / 2
    p = ba.MultivariateNormal([0.0, 0.0], [[1.0, gap], [gap, 1.0]])
    found = ba.kl_divergence(p, ba.Product([ba.Normal(0.0, 1.0)] * 2), unit="nat")
    assert found.value == pytest.approx(-0.5 * math.log1p(-gap * gap), rel=1e-14)
    assert found.kind == "exact"


def test_total_correlation_of_a_normal_against_any_entries():
    p = ba.MultivariateNormal([0.0, 1.0], [[2.0, 0.5], [0.5, 1.0]])
    q = ba.Product([ba.Laplace(0.0, 1.0), ba.StudentT(3.0, 0.0, 1.0)])
    draws = p.sample(200_000, seed=3)
    terms = p.log_density(draws) - q.log_density(draws)
    assert abs(nats(p, q) - terms.mean()) < 4.0 * terms.std() / math.sqrt(terms.size)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (ba.NormalGamma(0.0, 1.5, 3.0, 2.0), ba.Product([ba.Normal(0.0, 1.0), ba.Gamma(2.0, 1.0)])),
        (ba.NormalInverseGamma(0.0, 1.5, 3.0, 2.0), ba.Product([ba.Normal(0.0, 1.0), ba.InverseGamma(2.0, 1.0)])),
    ],
    ids=["normal-gamma", "normal-inverse-gamma"],
)
def test_conjugate_priors_against_independent_ones(p, q):
    for one, other in ((p, q), (q, p)):
        draws = one.sample(200_000, seed=4)
        terms = one.log_density(draws) - other.log_density(draws)
        assert abs(nats(one, other) - terms.mean()) < 4.0 * terms.std() / math.sqrt(terms.size)


def test_an_infinite_entry_is_the_reason():
    found = ba.kl_divergence(
        ba.Product([ba.Normal(0.0, 1.0), ba.Cauchy(0.0, 1.0)]), ba.Product([ba.Normal(0.0, 1.0)] * 2)
    )
    assert found.value == math.inf
    assert found.note.startswith("entry 1: ")
    found = ba.kl_divergence(ba.Product([ba.Cauchy(0.0, 1.0)] * 2), ba.MultivariateNormal([0.0, 0.0], np.eye(2)))
    assert (found.value, found.note) == (math.inf, "a variance of P is infinite or undefined")
    found = ba.kl_divergence(ba.Product([ba.Normal(0.0, 1.0)] * 2), ba.Product([ba.Gamma(1.0, 1.0)] * 2))
    assert found.value == math.inf
    assert found.note.startswith(
        "support: P has mass outside that of Q, which is vectors of length 2 of numbers from 0"
    )
    found = ba.kl_divergence(ba.Product([ba.Poisson(1.0)]), ba.Product([ba.Normal(0.0, 1.0)]))
    assert (found.value, found.method) == (math.inf, "support")


def test_a_sum_is_as_good_as_its_worst_term():
    exact, bound = (
        Found.of(1.0, "closed form", error=1e-15),
        Found.of(2.0, "quadrature", error=1e-10, kind="bound", n=7),
    )
    both = total([exact, bound, exact])
    assert (both.value, both.kind, both.method, both.n) == (4.0, "bound", "closed form + quadrature", 7)
    assert both.error == pytest.approx(1e-10 + 2e-15)
    infinite = total([bound, Found.of(np.inf, "moment rule", note="E x^2 is infinite")])
    assert (infinite.kind, infinite.error, infinite.note) == ("exact", 0.0, "entry 1: E x^2 is infinite")


def test_batches_of_parts_broadcast():
    p = ba.Product([ba.Normal([0.0, 1.0, 2.0], 1.0), ba.Poisson(1.5)])
    assert (p.batch_shape, p.event_shape, len(p)) == ((3,), (2,), 3)
    assert p.sample(4).shape == (4, 3, 2)
    assert p.covariance.shape == (3, 2, 2)
    q = ba.Product([ba.Normal(0.0, 1.0), ba.Poisson(1.5)])
    np.testing.assert_allclose(nats(p, q), [0.0, 0.5, 2.0], rtol=1e-15)
    assert p[0] == q
    assert hash(p[0]) == hash(q)
    assert p[1] != q
    assert q.broadcast_to((3,)).log_density([0.0, 1.0]).shape == (3,)
    # one draw a place: equal entries of a batch are independent
    draws = ba.Product([ba.Normal(0.0, 1.0)] * 2).broadcast_to((2,)).sample(5)
    assert np.unique(draws).size == draws.size


def test_it_prints_itself():
    assert repr(ba.Product([ba.Normal(0.0, 1.0)] * 3)) == "Product([Normal(mean=0, sd=1)] * 3)"
    assert repr(ba.Product(P[:2])) == "Product([Normal(mean=0, sd=1), Poisson(rate=1.5)])"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "give at least one distribution"),
        ([3.0], "part 0 should be a distribution; got 3.0"),
        ([ba.Product(P)], "part 0 should be a distribution of numbers"),
        ([ba.Normal([0.0, 1.0], 1.0), ba.Normal([0.0, 1.0, 2.0], 1.0)], "batches of parts should broadcast"),
    ],
)
def test_parts_that_do_not_fit(parts, words):
    with pytest.raises(UsageError, match=words):
        ba.Product(parts)


def test_different_lengths_cannot_be_compared():
    with pytest.raises(UsageError, match="cannot be compared"):
        ba.kl_divergence(ba.Product(P), ba.Product(Q[:2]))
