"""Reverse fits against closed forms and optima that were computed by another program (mpmath, 12 digits)."""

import numpy as np
import pytest
from scipy.special import logsumexp

import bitsapart as ba
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.fitting.reverse import reverse_fit
from bitsapart.values.errors import UsageError


def mixture(weights, means, sds):
    w, m, s = map(np.asarray, (weights, means, sds))
    return lambda x: logsumexp(np.log(w / s) - 0.5 * ((x[:, None] - m) / s) ** 2 - 0.5 * np.log(2.0 * np.pi), axis=1)


MIXTURES = {
    "A": ([0.5, 0.5], [-2, 2], [0.5, 0.5]),
    "B": ([0.7, 0.3], [-2, 2], [0.5, 0.5]),
    "C": ([0.5, 0.5], [-2, 2], [0.5, 1.0]),
    "D": ([0.5, 0.5], [-1, 1], [1.0, 1.0]),
}
OPTIMA = {
    "A": [
        ("minimum", -1.999800869102, 0.500398144956, 0.69305294166559),
        ("minimum", 1.999800869102, 0.500398144956, 0.69305294166559),
        ("minimum", 0.0, 1.736362464811, 1.8711965121688),
        ("saddle", -0.888958447375, 1.503706887129, 1.943616528933),
        ("saddle", 0.888958447375, 1.503706887129, 1.943616528933),
    ],
    "B": [
        ("minimum", -1.999870820063, 0.500264323330, 0.35661496851815),
        ("minimum", 1.999695548751, 0.500594464257, 1.2038259821607),
        ("saddle", 1.090747875798, 1.383302663397, 2.242573530719),
    ],
    "C": [
        ("minimum", 0.952795322600, 1.787866231149, 0.61919319856868),
        ("minimum", -1.985679269211, 0.518173854373, 0.68375292724063),
        ("saddle", -1.198200499961, 1.191288926099, 1.066835186204),
    ],
    "D": [("minimum", 0.0, 1.393732267360, 0.010887863870259)],
}


@pytest.mark.parametrize("case", MIXTURES)
def test_every_stationary_point_of_a_mixture_is_found(case):
    fit = reverse_fit(mixture(*MIXTURES[case]), ba.Normal, dimension=1)
    found = [
        (
            point.kind,
            float(point.distribution.mean),
            float(point.distribution.sd),
            point.divergence.to(ba.Unit.nat).value,
        )
        for point in fit.minima
    ]
    wanted = OPTIMA[case]
    assert len(found) == len(wanted)
    for kind, mean, sd, nats in wanted:
        near = [one for one in found if one[0] == kind and np.allclose(one[1:], (mean, sd, nats), rtol=0.0, atol=1e-9)]
        assert len(near) == 1, (kind, mean)
    best = min(nats for kind, _, _, nats in wanted if kind == "minimum")
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(best, abs=1e-11)
    assert fit.certificate.residual < 1e-12
    assert not fit.certificate.proved


def test_the_best_of_case_c_bridges_the_modes_and_is_said_to():
    fit = reverse_fit(mixture(*MIXTURES["C"]), ba.Normal, dimension=1)
    assert float(fit.distribution.sd) > 1.5
    assert any("spans 2 modes" in note for note in fit.notes)
    flags = [point.best for point in fit.minima]
    assert flags == [True, False, False]


def test_two_equal_minima_are_both_best():
    fit = reverse_fit(mixture(*MIXTURES["A"]), ba.Normal, dimension=1)
    assert [point.best for point in fit.minima] == [True, True, False, False, False]


@pytest.mark.parametrize(("shift", "scale"), [(1000.0, 1.0), (-3.0, 1e-3), (0.0, 1e5)])
def test_a_shifted_and_scaled_target_moves_the_fit(shift, scale):
    plain = mixture(*MIXTURES["B"])
    fit = reverse_fit(lambda x: plain((x - shift) / scale), ba.Normal, dimension=1, start=shift)
    assert float(fit.distribution.mean) == pytest.approx(shift - 1.999870820063 * scale, abs=1e-8 * scale)
    assert float(fit.distribution.sd) == pytest.approx(0.500264323330 * scale, rel=1e-8)
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(0.35661496851815, abs=1e-8)


@pytest.mark.parametrize(
    ("degrees", "sd", "nats"),
    [
        (1, 1.633978435, 0.182758308670),
        (2, 1.364989634, 0.073805344419),
        (3, 1.260219700, 0.040695455202),
        (5, 1.167377522, 0.018138893987),
        (10, 1.089759092, 0.005566393922),
    ],
)
@pytest.mark.parametrize("as_law", [True, False])
def test_a_student_target(degrees, sd, nats, as_law):
    target = ba.StudentT(float(degrees)) if as_law else lambda x: -0.5 * (degrees + 1) * np.log1p(x * x / degrees)
    fit = reverse_fit(target, "normal", dimension=None if as_law else 1)
    assert float(fit.distribution.sd) == pytest.approx(sd, abs=2e-9)
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(nats, abs=1e-11)


def test_a_kink_costs_no_accuracy():
    # E |z| sd = b sqrt(2/pi) sd: the optimum is sd = b sqrt(pi / 2), KL = log(2 b) - log(sd) - log(2 pi) / 2 + 1/2
    fit = reverse_fit(lambda x: -np.abs(x - 0.3) / 2.0, "normal", dimension=1)
    sd = 2.0 * np.sqrt(np.pi / 2.0)
    assert float(fit.distribution.sd) == pytest.approx(sd, rel=1e-12)
    expected = np.log(4.0) - np.log(sd) - 0.5 * np.log(2.0 * np.pi) - 0.5 + 1.0
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("structure", ["mean-field", "full"])
def test_the_funnel_in_two_dimensions(structure):
    def funnel(x):
        return -(x[:, 0] ** 2) / 18.0 - 0.5 * x[:, 1] ** 2 * np.exp(-x[:, 0]) - 0.5 * x[:, 0]

    fit = reverse_fit(funnel, "normal", dimension=2, structure=structure)
    nats = fit.divergence.to(ba.Unit.nat)
    assert nats.value == pytest.approx(0.5 * np.log(5.5), abs=1e-9)
    assert nats.low <= 0.5 * np.log(5.5) <= nats.high
    assert np.allclose(fit.distribution.variance, [18.0 / 11.0, np.exp(-9.0 / 11.0)], rtol=1e-9)


def test_a_correlated_normal_and_a_diagonal_one():
    rho = 0.9
    law = ba.MultivariateNormal([1.0, 2.0], [[1.0, rho], [rho, 1.0]])
    fit = reverse_fit(law, "normal", structure="mean-field")
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(0.8303656034108, abs=1e-11)
    assert np.allclose(fit.distribution.variance, 1.0 - rho**2, rtol=1e-9)
    assert np.allclose(fit.distribution.mean, [1.0, 2.0])


def test_two_modes_in_the_plane_give_two_minima_and_more():
    def target(x):
        return logsumexp([-2.0 * ((x - 2.0) ** 2).sum(axis=1), -2.0 * ((x + 2.0) ** 2).sum(axis=1)], axis=0)

    fit = reverse_fit(target, "normal", dimension=2)
    kinds = [point.kind for point in fit.minima]
    assert kinds[:2] == ["minimum", "minimum"]
    assert sorted(float(point.distribution.mean[0]) for point in fit.minima[:2]) == pytest.approx([-2.0, 2.0], abs=1e-4)
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(np.log(2.0), abs=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: -0.5 * x**2,
        lambda x: -0.5 * (x**2).sum(axis=1),
        lambda x: -0.5 * (x**2).sum(),
        lambda x: -0.5 * x[0] ** 2,
        lambda x: -0.5 * float(np.ravel(x)[0]) ** 2,
    ],
    ids=["elementwise", "points", "single points by a sum", "single points", "single numbers"],
)
def test_functions_may_be_called_in_several_ways(function):
    fit = reverse_fit(function, "normal", dimension=1)
    assert float(fit.distribution.sd) == pytest.approx(1.0, rel=1e-10)
    assert fit.divergence.value == pytest.approx(0.0, abs=1e-12)


def test_a_family_on_the_positive_numbers():
    # E log q - E log p for a log-normal against a gamma: log_sd = 1 / sqrt(shape)
    fit = reverse_fit(ba.Gamma(3.0, 2.0), "lognormal")
    assert float(fit.distribution.log_sd) == pytest.approx(1.0 / np.sqrt(3.0), rel=1e-9)
    assert float(fit.distribution.log_mean) == pytest.approx(np.log(1.5) - 1.0 / 6.0, rel=1e-9)


def test_a_member_of_the_family_is_found_again():
    assert reverse_fit(ba.Gamma(3.0, 2.0), "gamma").divergence.value == 0.0
    fit = reverse_fit(lambda x: 2.0 * np.log(x) - 2.0 * x, "gamma", dimension=1)
    assert np.allclose([fit.distribution.shape, fit.distribution.rate], [3.0, 2.0], rtol=1e-9)
    assert fit.divergence.value == pytest.approx(0.0, abs=1e-12)


def test_the_account_adds_up():
    fit = reverse_fit(mixture(*MIXTURES["D"]), "normal", dimension=1)
    assert fit.cross_entropy.value == fit.entropy.value + fit.divergence.value
    assert fit.entropy.value == pytest.approx(ba.entropy(fit.distribution).value)
    assert fit.direction == "reverse"
    assert [parameter.name for parameter in fit.parameters] == ["mean", "sd"]
    assert all(parameter.value.kind == "bound" for parameter in fit.parameters)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (lambda x: -x, "improper"),
        (lambda x: 0.0 * x, "improper"),
        (lambda x: -np.log1p(np.abs(x)), "improper"),
        (lambda x: np.log(x), "nan at x = -"),
        (lambda x: np.where(np.abs(x) < 1.0, np.inf, -(x**2)), r"\+infinite at x = "),
        (lambda x: np.full(x.shape, -np.inf), "start="),
        (lambda x: "no", "should give a number"),
        (3.0, "a target of a reverse fit"),
        (ba.Poisson(3.0), "whole numbers"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_one_sentence(target, words):
    with pytest.raises(UsageError, match=words) as caught:
        reverse_fit(target, "normal", dimension=1)
    assert "\n" not in str(caught.value)


def test_an_improper_density_in_the_plane():
    with pytest.raises(UsageError, match="improper"):
        reverse_fit(lambda x: -(x[:, 0] ** 2) - 0.5 * np.abs(x[:, 1]) ** 0.0, "normal", dimension=2)


def test_a_smaller_support_has_no_minimiser():
    with pytest.raises(NoMinimiserError, match="support"):
        reverse_fit(ba.Exponential(1.0), "normal")


def test_options_that_do_not_exist():
    with pytest.raises(UsageError, match="structure"):
        reverse_fit(ba.Normal(), structure="dense")
    with pytest.raises(UsageError, match="dimension="):
        reverse_fit(lambda x: -(x**2), "multivariate normal")
    with pytest.raises(UsageError, match="normal distributions"):
        reverse_fit(lambda x: -(x**2).sum(axis=1), "gamma", dimension=3)
