"""Special functions against mpmath on the exact doubles, by the kernels and by the formulas that these repeat."""

import mpmath as mp
import numpy as np
import pytest

from bitsapart.families.found import ROUNDING, Found
from bitsapart.families.maths import gamma_functions, ratios
from bitsapart.families.maths.batches import of_pairs
from bitsapart.families.maths.beta_divergence import beta_divergence, dirichlet_divergence
from bitsapart.families.maths.inverses import concentration_of_log_means, shape_of_gap, shape_of_log_mean
from bitsapart.measures import kernels
from bitsapart.values.unit import Unit

DIGITS = 60
TIGHT = 4e-15


@pytest.fixture(params=["kernels", "formulas"], autouse=True)
def way(request, monkeypatch):
    if request.param == "formulas":
        monkeypatch.setattr(kernels, "_kernels", None)
    elif not kernels.compiled():
        pytest.skip("nothing has been compiled")


def relative_error(found, truth, *columns):
    """The largest, against a function of mpmath numbers."""
    with mp.workdps(DIGITS):
        exact = [truth(*(mp.mpf(float(x)) for x in row)) for row in zip(*columns, strict=True)]
        errors = [
            abs(mp.mpf(float(x)) / y - 1) if y else abs(float(x)) for x, y in zip(np.ravel(found), exact, strict=True)
        ]
    return float(max(errors))


def pairs_apart(seed, size=600):
    """A and b over 1e-4 ... 1e8, from 1e-14 to a million apart, relatively, to either side."""
    rng = np.random.default_rng(seed)
    a = 10.0 ** rng.uniform(-4.0, 8.0, size)
    step = 10.0 ** rng.uniform(-14.0, 6.0, size)
    b = np.where(rng.random(size) < 0.5, a * (1.0 + step), a / (1.0 + step))
    kept = (a != b) & (b > 1e-4) & (b < 1e8)
    return a[kept], b[kept]


def log_gamma_truth(a, b):
    return mp.loggamma(b) - mp.loggamma(a) - (b - a) * mp.digamma(a)


def shape_truth(a, b):
    return log_gamma_truth(a, b) - (b * mp.log(b / a) - b + a)


@pytest.mark.parametrize(
    ("function", "truth"),
    [
        (ratios.deviance, lambda p, q: p * mp.log(p / q) - p + q),
        (gamma_functions.log_gamma_bregman, log_gamma_truth),
        (gamma_functions.shape_bregman, shape_truth),
    ],
)
def test_functions_of_two_shapes_have_all_digits_however_close_or_far(function, truth):
    a, b = pairs_apart(1)
    assert relative_error(function(a, b), truth, a, b) <= TIGHT


@pytest.mark.parametrize("edge", [9.0, 10.0 - 2e-15, 10.0, 10.0 + 2e-15, 11.0, 1e-300])
def test_functions_of_two_shapes_at_the_edges_of_their_ranges(edge):
    b = edge * (1.0 + np.array([1e-13, -1e-9, 1e-4, -0.333, 0.333, -0.5, 0.5, 2.0]))
    a = np.full_like(b, edge)
    assert relative_error(gamma_functions.log_gamma_bregman(a, b), log_gamma_truth, a, b) <= TIGHT
    if edge > 1.0:
        assert relative_error(gamma_functions.shape_bregman(a, b), shape_truth, a, b) <= TIGHT


def test_equal_shapes_are_exactly_nothing_apart():
    a = np.array([1e-300, 1e-4, 3.0, 9.99, 10.0, 1e8, 1e300])
    for function in (ratios.deviance, gamma_functions.log_gamma_bregman, gamma_functions.shape_bregman):
        assert np.all(function(a, a) == 0.0)


def test_excess_has_all_digits():
    rng = np.random.default_rng(2)
    x = np.concatenate([10.0 ** rng.uniform(-200, 200, 300), -(10.0 ** rng.uniform(-200, -1e-6, 300))])
    with mp.workdps(450):
        truth = [float(mp.mpf(float(v)) - mp.log(1 + mp.mpf(float(v)))) for v in x]
    np.testing.assert_allclose(ratios.excess(x), truth, rtol=TIGHT, atol=1e-300)


def test_excess_at_its_ends():
    assert ratios.excess(0.0) == 0.0
    assert ratios.excess(-1.0) == np.inf
    assert ratios.excess(np.inf) == np.inf
    assert np.isnan(ratios.excess(np.nan))
    assert np.isnan(ratios.excess(-1.5))
    # beside -1, x has no digits of 1 + x left, and the ratio has
    np.testing.assert_allclose(
        ratios.excess(-1.0, [1e-20, 1e-310]),
        -1.0 - np.log([1e-20, 1e-310]),
        rtol=1e-15,
    )


def test_deviance_at_its_ends():
    p, q = np.array([0.0, 0.0, 2.0, 1.0]), np.array([0.0, 3.0, 0.0, 1e-30])
    np.testing.assert_allclose(ratios.deviance(p, q), [0.0, 3.0, np.inf, 30 * np.log(10.0) - 1.0], rtol=1e-15)


def test_shapes_of_arrays_broadcast_and_scalars_give_scalars():
    column, row = np.array([[1.0], [2.0], [30.0]]), np.array([3.0, 40.0])
    table = gamma_functions.log_gamma_bregman(column, row)
    assert table.shape == (3, 2)
    assert table[2, 0] == gamma_functions.log_gamma_bregman(30.0, 3.0)
    assert np.ndim(gamma_functions.shape_bregman(1.0, 2.0)) == 0
    assert ratios.deviance(np.empty((0, 2)), 1.0).shape == (0, 2)


def test_a_large_batch_is_that_of_its_parts():
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.1, 30.0, (2, 70_001))
    whole = gamma_functions.shape_bregman(a, b)
    for part in (slice(0, 3), slice(16_380, 16_390), slice(69_990, None)):
        np.testing.assert_allclose(whole[part], gamma_functions.shape_bregman(a[part], b[part]), rtol=1e-15)
    turned = gamma_functions.shape_bregman(a[::-1], b[::-1])
    np.testing.assert_array_equal(turned[::-1], whole)


@pytest.mark.parametrize(
    ("function", "truth"),
    [
        (
            gamma_functions.stirling_remainder,
            lambda x: mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2,
        ),
        (gamma_functions.digamma_minus_log, lambda x: mp.digamma(x) - mp.log(x)),
    ],
)
def test_remainders_of_gamma_functions(function, truth):
    x = np.concatenate([10.0 ** np.random.default_rng(4).uniform(-4.0, 8.0, 400), [9.0, 9.999, 10.0, 10.001]])
    assert relative_error(function(x), truth, x) <= TIGHT


def test_curvature_and_entropy_of_a_shape():
    x = np.concatenate([10.0 ** np.random.default_rng(5).uniform(-4.0, 8.0, 200), [9.999, 10.0]])
    assert relative_error(gamma_functions.shape_curvature(x), lambda k: mp.psi(1, k) - 1 / k, x) <= 1e-13
    with mp.workdps(DIGITS):
        wide = [mp.mpf(float(k)) for k in x]
        truth = np.array([float(k + mp.loggamma(k) + (1 - k) * mp.digamma(k)) for k in wide])
    np.testing.assert_allclose(gamma_functions.gamma_entropy(x), truth, rtol=TIGHT, atol=2e-15)


def test_gap_of_products_is_exact():
    rng = np.random.default_rng(6)
    a, c = 10.0 ** rng.uniform(-3.0, 8.0, (2, 300))
    b = 10.0 ** rng.uniform(-200.0, 200.0, 300)
    # a b and c d agree to about 1e-16, or to a factor
    d = a * b / c * np.where(np.arange(300) % 2, 1.0, 10.0 ** rng.uniform(-5.0, 5.0, 300))
    difference, ratio = ratios.gap(a, b, c, d)
    assert relative_error(difference, lambda a, b, c, d: a * b / (c * d) - 1, a, b, c, d) <= TIGHT
    assert relative_error(ratio, lambda a, b, c, d: a * b / (c * d), a, b, c, d) <= TIGHT


def test_product_difference_is_exact():
    a, b = np.array([1.0 + 2.0**-30, 3.0]), np.array([1.0 - 2.0**-30, 7.0])
    np.testing.assert_array_equal(ratios.product_difference(a, b, 1.0, [1.0, 21.0]), [-(2.0**-60), 0.0])


@pytest.mark.parametrize("k", [1.0, 2.0, -1.0, -3.0, 0.5, -0.7, 1e-9, 2.5, 40.0])
def test_rising_factorials(k):
    x = np.array([1e-3, 0.4, 0.71, 2.0, 3.5, 9.99, 10.0, 57.0, 1e6])
    with mp.workdps(40):
        truth = [float(mp.gammaprod([mp.mpf(v) + k], [mp.mpf(v)])) if v + k > 0 else np.inf for v in x.tolist()]
    np.testing.assert_allclose(gamma_functions.rising(x, k), truth, rtol=3e-14 * max(1.0, abs(k)))


def beta_truth(a_p, b_p, a_q, b_q):
    return dirichlet_truth([a_p, b_p], [a_q, b_q])


def dirichlet_truth(p, q):
    def partition(k):
        return mp.fsum(mp.loggamma(x) for x in k) - mp.loggamma(mp.fsum(k))

    slope = mp.fsum((y - x) * (mp.digamma(x) - mp.digamma(mp.fsum(p))) for x, y in zip(p, q, strict=True))
    return partition(q) - partition(p) - slope


def concentrations(entries, kind, seed):
    """P and q that differ in scale only, in all ways, in some entries only, or altogether."""
    rng = np.random.default_rng(seed)
    p = 10.0 ** rng.uniform(-6.0, 6.0, (120, entries))
    step = 10.0 ** rng.uniform(-12.0, -0.3, (120, 1))
    changes = {
        "scale": step,
        "mean": step * rng.normal(size=p.shape),
        "some": step * (np.arange(entries) % 2),
        "one": step * (np.arange(entries) == p.argmin(axis=-1)[:, np.newaxis]),
    }
    q = 10.0 ** rng.uniform(-6.0, 6.0, p.shape) if kind == "all" else p * (1.0 + np.maximum(changes[kind], -0.9))
    return p, q


@pytest.mark.parametrize("kind", ["scale", "mean", "some", "one", "all"])
@pytest.mark.parametrize("entries", [2, 3, 8])
def test_dirichlet_and_beta_divergences_have_all_digits(entries, kind):
    p, q = concentrations(entries, kind, entries)
    rows = [p[:, i] for i in range(entries)] + [q[:, i] for i in range(entries)]
    truth = lambda *row: dirichlet_truth(row[:entries], row[entries:])  # noqa: E731
    assert relative_error(dirichlet_divergence(p, q), truth, *rows) <= 2 * TIGHT
    if entries == 2:
        assert relative_error(beta_divergence(*rows), truth, *rows) <= 2 * TIGHT


def test_beta_divergence_takes_its_sides_in_either_order():
    p, q = concentrations(2, "mean", 7)
    one = beta_divergence(p[:, 0], p[:, 1], q[:, 0], q[:, 1])
    np.testing.assert_array_equal(beta_divergence(p[:, 1], p[:, 0], q[:, 1], q[:, 0]), one)


def test_equal_concentrations_are_nothing_apart():
    p, _ = concentrations(4, "all", 8)
    assert np.all(dirichlet_divergence(p, p) == 0.0)
    assert np.all(beta_divergence(p[:, 0], p[:, 1], p[:, 0], p[:, 1]) == 0.0)


def test_shapes_come_back_from_expectations():
    k = 10.0 ** np.random.default_rng(9).uniform(-4.0, 7.0, 300)
    np.testing.assert_allclose(shape_of_gap(-gamma_functions.digamma_minus_log(k)), k, rtol=2e-15)
    logarithms = np.array([float(mp.digamma(float(x))) for x in k])
    # psi(k) itself holds k to k eps log k
    np.testing.assert_allclose(shape_of_log_mean(logarithms), k, rtol=2e-14)


@pytest.mark.parametrize("entries", [2, 3, 50])
def test_concentrations_come_back_from_expectations(entries):
    a = 10.0 ** np.random.default_rng(entries).uniform(-2.0, 2.0, (100, entries))
    with mp.workdps(40):
        total = [mp.digamma(mp.fsum(float(x) for x in row)) for row in a]
        logarithms = [[float(mp.digamma(float(x)) - t) for x in row] for row, t in zip(a, total, strict=True)]
    # of a large concentration beside small ones, logarithms near 0 hold few digits
    found = concentration_of_log_means(np.array(logarithms))
    assert np.median(np.abs(found / a - 1.0).max(axis=-1)) < 1e-12
    np.testing.assert_allclose(found, a, rtol=1e-8)


def test_intervals_of_found_are_those_of_its_error():
    value = np.array([0.0, 1.0, np.inf, np.nan, 1e-300, -2.0])
    closed, given = Found.of(value, "m"), Found.of(value, "m", error=ROUNDING * np.abs(value))
    np.testing.assert_array_equal(closed.error, given.error)
    for least in (0.0, -np.inf):
        one, other = Found.of(value, "m").estimate(Unit.bit, least=least), given.estimate(Unit.bit, least=least)
        for name in ("value", "low", "high"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-15)
    np.testing.assert_array_equal(one.value, value / Unit.bit.value)
    np.testing.assert_allclose(one.low[[1, 2, 5]] * Unit.bit.value, [1.0 - ROUNDING, np.inf, -2.0 - 2.0 * ROUNDING])
    assert Found.of(np.log(2.0), "m").estimate(Unit.bit).value == 1.0


def test_what_is_done_to_a_closed_form_keeps_its_error():
    closed = Found.of(np.array([1.0, 2.0]), "closed form")
    mixed = closed.where(np.array([True, False]), Found.of(np.array([5.0, 5.0]), "series", error=0.5))
    assert mixed.error.tolist() == [0.5, 2.0 * ROUNDING]
    assert mixed.method.tolist() == ["series", "closed form"]
    estimate = mixed.estimate(Unit.nat)
    assert estimate.low[0] == 4.5
    assert estimate.high[1] == 2.0 + 2.0 * ROUNDING


def test_a_kernel_wants_arrays_that_broadcast():
    with pytest.raises(ValueError, match="broadcast"):
        of_pairs("deviance", lambda p, q: p + q, np.ones(2), np.ones(3))
