"""Several families on one sample: held-out bits, paired differences, and those that cannot take part."""

import math

import numpy as np
import pytest
import scipy.stats

import bitsapart as ba


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def names(found):
    return [candidate.family for candidate in found.candidates]


def test_the_right_family_comes_first_and_the_price_of_others_is_known():
    x = rng(1).gamma(3.0, 2.0, 3000)
    found = ba.fit(x, ["normal", "gamma", "exponential"])
    assert isinstance(found, ba.FitComparison)
    assert names(found)[0] == "Gamma"
    assert found.best.family == "Gamma"
    truth = scipy.stats.gamma(3.0, scale=2.0)
    own = truth.entropy() / math.log(2.0)
    best, *others = found.candidates
    assert best.above_best.value == 0.0
    assert best.held_out.low < own < best.held_out.high
    assert found.entropy.low < own < found.entropy.high
    normal = next(candidate for candidate in others if candidate.family == "Normal")
    price = ba.kl_divergence(ba.Gamma(3.0, 0.5), ba.Normal(6.0, math.sqrt(12.0))).value
    assert normal.above_best.low < price < normal.above_best.high
    assert normal.above_best.low > 0.0
    values = [candidate.held_out.value for candidate in found.candidates]
    assert values == sorted(values)
    assert normal.held_out.value - best.held_out.value == pytest.approx(normal.above_best.value, abs=1e-9)


def test_pairing_is_sharper_than_two_intervals():
    found = ba.fit(rng(2).standard_t(6, 3000), ["logistic", "student"])
    last = found.candidates[-1]
    assert last.above_best.high - last.above_best.low < 0.6 * (last.held_out.high - last.held_out.low)


def test_held_out_bits_are_those_of_the_folds():
    """By hand, with the same folds."""
    x = rng(3).normal(size=100)
    found = ba.fit(x, ["normal", "laplace"], folds=4, seed=5)
    fold = np.random.default_rng(5).permutation(np.arange(100) % 4)
    losses = np.empty(100)
    for k in range(4):
        rest = x[fold != k]
        losses[fold == k] = -scipy.stats.norm(rest.mean(), rest.std()).logpdf(x[fold == k])
    normal = next(candidate for candidate in found.candidates if candidate.family == "Normal")
    assert normal.held_out.value == pytest.approx(losses.mean() / math.log(2.0), rel=1e-12)


def test_candidates_outside_the_support_are_listed_with_the_reason():
    found = ba.fit(rng(4).normal(size=300), ["gamma", "normal", "beta"])
    assert names(found)[0] == "Normal"
    for candidate in found.candidates[1:]:
        assert candidate.fits == ()
        assert candidate.held_out is None
        assert "cannot be fitted" in candidate.note


def test_whole_numbers_are_for_discrete_families():
    found = ba.fit(rng(5).poisson(3.0, 800), ["normal", "poisson", "geometric"])
    assert names(found)[:2] == ["Poisson", "Geometric"]
    assert "not compared: it has a density" in found.candidates[-1].note
    # alone, a density may be fitted to them
    assert ba.fit(rng(5).poisson(3.0, 800), ["normal", "laplace"]).candidates[0].fits


def test_counts_are_cross_validated_as_rows():
    counts = {0: 30, 1: 60, 2: 70, 3: 40, 4: 20, 5: 9}
    rows = np.repeat(list(counts), list(counts.values()))
    one, other = (ba.fit(target, ["poisson", "geometric"]) for target in (counts, rows))
    assert names(one) == names(other)
    assert one.candidates[0].held_out.value == pytest.approx(other.candidates[0].held_out.value, abs=1e-12)


def test_a_held_out_row_can_be_impossible():
    found = ba.fit(rng(6).uniform(0.0, 1.0, 200), ["uniform", "normal"])
    assert names(found)[0] == "Normal"
    uniform = found.candidates[1]
    assert math.isinf(uniform.held_out.value)
    assert "impossible" in uniform.note
    assert uniform.fits[0].family == "Uniform"


def test_weights_count_in_the_choice():
    x = np.concatenate([rng(7).normal(size=400), rng(8).standard_cauchy(400)])
    weights = np.repeat([1.0, 0.0], 400)
    assert names(ba.fit(x, ["normal", "cauchy"], weights=weights))[0] == "Normal"
    assert names(ba.fit(x, ["normal", "cauchy"], weights=1.0 - weights))[0] == "Cauchy"


def test_no_family_at_all():
    with pytest.raises(ba.UsageError, match=r"Gamma cannot be fitted.*Poisson cannot be fitted"):
        ba.fit(np.array([-1.5, 2.0, 3.0]), ["gamma", "poisson"])


def test_several_families_for_a_formula_are_ranked_by_divergence():
    found = ba.fit(ba.Gamma(2.0, 1.0), ["normal", "lognormal", "weibull"])
    values = [candidate.fits[0].divergence.value for candidate in found.candidates]
    assert values == sorted(values)
    assert names(found)[0] == "Weibull"
    assert all(candidate.held_out is None for candidate in found.candidates)


def test_both_directions_side_by_side():
    found = ba.fit(ba.StudentT(3.0, 0.0, 1.0), "normal", direction="both")
    forward, reverse = found.candidates[0].fits
    assert (forward.direction, reverse.direction) == ("forward", "reverse")
    assert forward.distribution.sd > reverse.distribution.sd
    assert reverse.divergence.value == pytest.approx(0.040695455202 / math.log(2.0), abs=1e-9)
    # where one has no minimiser, the other is there, and the reason
    only = ba.fit(ba.StudentT(2.0, 0.0, 1.0), "normal", direction="both").candidates[0]
    assert [fit.direction for fit in only.fits] == ["reverse"]
    assert "E x^2 is infinite" in only.note
