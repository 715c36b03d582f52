"""The descent that is watched: it falls at every step, and ends at the fit."""

from itertools import pairwise

import numpy as np
import pytest

import bitsapart as ba


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


TARGETS = [
    (rng(1).normal(1e3, 2.0, 500), "normal"),
    (rng(2).gamma(3.0, 2.0, 500), "gamma"),
    (rng(3).poisson(3.0, 500), "poisson"),
    (rng(4).standard_t(4, 500), "student"),
    (ba.StudentT(3.0, 0.0, 1.0), "normal"),
    (ba.Gamma(2.0, 1.0), "lognormal"),
    (ba.Binomial(10, 0.3), "poisson"),
]


@pytest.mark.parametrize(("target", "family"), TARGETS, ids=[f"{i}-{family}" for i, (_, family) in enumerate(TARGETS)])
def test_it_falls_to_the_fit(target, family):
    found = ba.fit(target, family, trace=True)
    values = [step.divergence for step in found.trace]
    assert 3 < len(values) <= 301
    assert all(later < earlier for earlier, later in pairwise(values))
    assert values[0] > values[-1] + 0.01
    assert values[-1] == pytest.approx(found.divergence.value, abs=1e-6)
    ends = [one.value.value for one in found.parameters]
    assert found.trace[-1].parameters == pytest.approx(ends, rel=2e-2, abs=2e-2)


def test_there_is_no_trace_unless_it_is_asked_for():
    assert ba.fit(rng(1).normal(size=50), "normal").trace == ()


def test_it_begins_where_it_is_told():
    x = rng(5).normal(3.0, 2.0, 300)
    for start in ({"mean": 10.0, "sd": 1.0}, ba.Normal(10.0, 1.0)):
        first = ba.fit(x, "normal", trace=True, start=start).trace[0]
        assert first.parameters == pytest.approx((10.0, 1.0))


def test_the_divergence_along_the_way_is_the_divergence():
    target = ba.StudentT(5.0, 1.0, 2.0)
    for step in ba.fit(target, "normal", trace=True).trace[::4]:
        assert step.divergence == pytest.approx(ba.kl_divergence(target, ba.Normal(*step.parameters)).value, abs=1e-9)


def test_reverse():
    target = ba.StudentT(3.0, 0.0, 1.0)
    found = ba.fit(target, "normal", direction="reverse", trace=True)
    values = [step.divergence for step in found.trace]
    assert all(later < earlier for earlier, later in pairwise(values))
    assert values[-1] == pytest.approx(found.divergence.value, abs=1e-6)
    middle = found.trace[len(values) // 2]
    assert middle.divergence == pytest.approx(ba.kl_divergence(ba.Normal(*middle.parameters), target).value, abs=1e-8)


def test_an_unnormalised_density_is_watched_too():
    found = ba.fit(lambda x: -(x**4), "normal", direction="reverse", dimension=1, trace=True)
    assert found.trace[-1].divergence == pytest.approx(found.divergence.value, abs=1e-6)


@pytest.mark.parametrize(
    ("family", "start", "words"),
    [
        ("normal", {"df": 3.0}, "start has 'df'"),
        ("normal", 3.0, "start should be a Normal"),
        ("normal", ba.Gamma(1.0, 1.0), "start should be a Normal"),
        ("uniform", None, "no gradient"),
        (["normal", "laplace"], None, "one family"),
    ],
)
def test_what_cannot_be_watched(family, start, words):
    with pytest.raises(ba.UsageError, match=words):
        ba.fit(rng(6).normal(size=50), family, trace=True, start=start)
