import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import bitsapart as ba
from bitsapart.families.divergence import kl_divergence as found_kl
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.values.errors import UsageError

ONE = np.eye(2)
V = np.array([[2.0, 0.5], [0.5, 1.0]])
GAPS = (1.0, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(60):
        yield


def matrix(values):
    return mp.matrix(np.asarray(values).tolist())


def definite(generator, size):
    root = generator.normal(size=(size, size + 3))
    whole = root @ root.T
    return (whole + whole.T) / 2


def close_to(generator, base, gap):
    """Another positive definite matrix, whose entries differ by about this relative gap."""
    if gap == 1.0:
        return definite(generator, len(base))
    noise = generator.normal(size=base.shape)
    return base * (1.0 + gap * (noise + noise.T) / 8)


def nats(p, q):
    return ba.kl_divergence(p, q, unit="nat").value


def relative_error(value, truth):
    return abs(mp.mpf(float(value)) - truth) / abs(truth)


def normal_kl(mean_p, covariance_p, mean_q, covariance_q):
    p, q = matrix(covariance_p), matrix(covariance_q)
    inverse, shift = q**-1, matrix(mean_p) - matrix(mean_q)
    ratio = inverse * p
    trace = sum(ratio[i, i] - 1 for i in range(p.rows))
    return (trace - mp.log(mp.det(p) / mp.det(q)) + (shift.T * inverse * shift)[0]) / 2


def log_gamma(x, size):
    return mp.mpf(size * (size - 1)) / 4 * mp.log(mp.pi) + sum(mp.loggamma(x - mp.mpf(i) / 2) for i in range(size))


def digamma(x, size):
    return sum(mp.digamma(x - mp.mpf(i) / 2) for i in range(size))


def wishart_kl(df_p, scale_p, df_q, scale_q):
    p, q, n, m, d = matrix(scale_p), matrix(scale_q), mp.mpf(df_p), mp.mpf(df_q), len(scale_p)
    ratio = q**-1 * p
    shapes = log_gamma(m / 2, d) - log_gamma(n / 2, d) + (n - m) / 2 * digamma(n / 2, d)
    trace = sum(ratio[i, i] - 1 for i in range(d))
    return shapes - m / 2 * mp.log(mp.det(p) / mp.det(q)) + n / 2 * trace


def gamma_kl(a, b, c, d):
    a, b, c, d = map(mp.mpf, (a, b, c, d))
    return mp.loggamma(c) - mp.loggamma(a) + (a - c) * mp.digamma(a) + c * mp.log(b / d) + a * (d - b) / b


# ------------------------------------------------------------------------------------------ normal


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_normal_kl_has_all_digits_however_close(size, gap):
    generator = np.random.default_rng(size)
    for scale in (1.0, 1e-6):
        p = definite(generator, size) * scale
        q = close_to(generator, p, gap)
        mean = generator.normal(size=size)
        shifted = mean + gap * math.sqrt(scale) * generator.normal(size=size)
        for other in (mean, shifted):
            value = nats(ba.MultivariateNormal(mean, p), ba.MultivariateNormal(other, q))
            assert relative_error(value, normal_kl(mean, p, other, q)) < 5e-14


@pytest.mark.parametrize("ill", [1e-4, 1e-8, 1e-11])
@pytest.mark.parametrize("gap", GAPS[:4])
def test_the_interval_of_an_ill_conditioned_normal_holds_the_truth(ill, gap):
    generator = np.random.default_rng(5)
    for _ in range(10):
        root = generator.normal(size=(4, 2))
        p = root @ root.T + ill * np.diag(1.0 + generator.random(4))
        p = (p + p.T) / 2
        q = p * (1.0 + gap) if gap < 1.0 else definite(generator, 4)
        mean = generator.normal(size=4)
        for one, other in ((p, q), (q, p)):
            found = ba.kl_divergence(
                ba.MultivariateNormal(mean, one), ba.MultivariateNormal(mean + gap, other), unit="nat"
            )
            assert found.low <= normal_kl(mean, one, mean + gap, other) <= found.high


def test_scales_far_apart():
    tiny = ba.MultivariateNormal([0.0, 0.0], np.diag([1e-40, 1.0]))
    wide = ba.MultivariateNormal([0.0, 0.0], ONE)
    assert nats(tiny, wide) == pytest.approx(0.5 * (40 * math.log(10.0) - 1.0), rel=1e-14)
    assert nats(wide, tiny) == pytest.approx(0.5 * (1e40 - 1.0 - 40 * math.log(10.0)), rel=1e-14)


def test_units_of_the_variables_change_nothing():
    units = np.diag([1e-150, 1.0, 1e150])
    generator = np.random.default_rng(0)
    p, q = definite(generator, 3), definite(generator, 3)
    mean = np.array([1.0, 2.0, 3.0])
    plain = nats(ba.MultivariateNormal(mean, p), ba.MultivariateNormal(0 * mean, q))
    scaled = [units @ side @ units for side in (p, q)]
    scaled = [(side + side.T) / 2 for side in scaled]
    value = nats(ba.MultivariateNormal(units @ mean, scaled[0]), ba.MultivariateNormal(0 * mean, scaled[1]))
    assert value == pytest.approx(plain, rel=1e-13)


def test_equal_normals_are_exactly_0_bits_apart():
    p = ba.MultivariateNormal([1.0, 2.0], V)
    assert ba.kl_divergence(p, ba.MultivariateNormal([1.0, 2.0], V.copy())).value == 0.0


@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(-15, 3))
@settings(max_examples=60, deadline=None)
def test_normal_kl_is_never_negative_and_mixes_batches(seed, size, exponent):
    generator = np.random.default_rng(seed)
    p = np.stack([definite(generator, size) for _ in range(3)])
    mean = generator.normal(size=(3, size))
    q = p * (1.0 + 10.0**exponent * generator.random())
    batch = ba.kl_divergence(ba.MultivariateNormal(mean, p), ba.MultivariateNormal(mean[0], q), unit="nat").value
    assert (batch >= 0.0).all()
    single = [nats(ba.MultivariateNormal(mean[i], p[i]), ba.MultivariateNormal(mean[0], q[i])) for i in range(3)]
    np.testing.assert_allclose(batch, single, rtol=1e-9)


def test_512_dimensions():
    generator = np.random.default_rng(1)
    deviations = np.exp(generator.normal(size=512))
    turn = np.linalg.qr(generator.normal(size=(512, 512)))[0]
    p = (turn * deviations**2) @ turn.T
    gaps = generator.uniform(-1e-6, 1e-6, size=512)
    q = (turn * (deviations**2 / (1.0 + gaps))) @ turn.T
    truth = 0.5 * float(sum(mp.mpf(g) - mp.log1p(mp.mpf(g)) for g in gaps.tolist()))
    p, q = (ba.MultivariateNormal(np.zeros(512), (side + side.T) / 2) for side in (p, q))
    assert nats(p, q) == pytest.approx(truth, rel=1e-6)  # the products above have rounded q
    entropy = np.log(deviations).sum() + 256 * (1.0 + math.log(2 * math.pi))
    assert p.entropy("nat").value == pytest.approx(entropy, rel=1e-13)


def test_normal_log_density_and_entropy_are_those_of_scipy():
    p = ba.MultivariateNormal([1.0, -1.0], V)
    x = p.sample(7, seed=1)
    peer = stats.multivariate_normal([1.0, -1.0], V)
    np.testing.assert_allclose(p.log_density(x), peer.logpdf(x), rtol=1e-13)
    assert p.entropy("nat").value == pytest.approx(peer.entropy(), rel=1e-14)
    batch = ba.MultivariateNormal([[1.0, -1.0], [0.0, 0.0]], V)
    np.testing.assert_allclose(batch.log_density(x[:, np.newaxis])[:, 0], p.log_density(x), rtol=1e-13)


def test_torch_agrees_where_it_has_digits():
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(4)
    p, q = (np.stack([definite(generator, 3) for _ in range(5)]) for _ in range(2))
    mean = generator.normal(size=(5, 3))
    theirs = torch.distributions.kl_divergence(
        torch.distributions.MultivariateNormal(torch.tensor(mean), torch.tensor(p)),
        torch.distributions.MultivariateNormal(torch.zeros(3, dtype=torch.float64), torch.tensor(q)),
    )
    ours = ba.kl_divergence(ba.MultivariateNormal(mean, p), ba.MultivariateNormal(np.zeros(3), q), unit="nat")
    np.testing.assert_allclose(ours.value, theirs.numpy(), rtol=1e-12)


def test_the_closest_normal_has_the_moments():
    p = ba.MultivariateNormal.from_moments([1.0, 2.0], V)
    assert p == ba.MultivariateNormal([1.0, 2.0], V)
    with pytest.raises(NoMinimiserError, match="singular"):
        ba.MultivariateNormal.from_moments([0.0, 0.0], np.ones((2, 2)))
    with pytest.raises(NoMinimiserError, match="infinite"):
        ba.MultivariateNormal.from_moments([0.0, 0.0], [[np.inf, 0.0], [0.0, 1.0]])


# ------------------------------------------------------------------------------------------ Wishart


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("df", [1e-3, 0.5, 4.3, 50.0, 1e4, 1e6])
@pytest.mark.parametrize("size", [1, 3])
def test_wishart_kl_has_all_digits_however_close(size, df, gap):
    generator = np.random.default_rng(size)
    scale = definite(generator, size)
    other = close_to(generator, scale, gap)
    df_p, df_q = size - 1 + df, size - 1 + df * (1.0 + 0.7 * gap)
    equal_mean = scale * (df_p / df_q)
    for n, m, q in ((df_p, df_q, other), (df_p, df_p, other), (df_p, df_q, equal_mean), (df_q, df_p, scale)):
        truth = wishart_kl(n, scale, m, q)
        assert relative_error(nats(ba.Wishart(n, scale), ba.Wishart(m, q)), truth) < 1e-13


@pytest.mark.parametrize("gap", GAPS)
def test_inverse_wishart_kl_is_that_of_the_inverses(gap):
    generator = np.random.default_rng(2)
    scale = definite(generator, 3)
    other = close_to(generator, scale, gap)
    truth = wishart_kl(5.5, (matrix(scale) ** -1).tolist(), 5.5 + gap, (matrix(other) ** -1).tolist())
    assert relative_error(nats(ba.InverseWishart(5.5, scale), ba.InverseWishart(5.5 + gap, other)), truth) < 1e-13


@pytest.mark.parametrize("df", [2.001, 3.5, 1e3, 1e6, 1e9])
def test_entropies_of_matrices_at_extreme_degrees_of_freedom(df):
    n, d = mp.mpf(df), 3
    scale = definite(np.random.default_rng(3), d)

    def entropy(root):
        log_scale = mp.log(mp.det(root))
        degrees = log_gamma(n / 2, d) - (n - d - 1) / 2 * digamma(n / 2, d) + n * d / 2
        return mp.mpf(d + 1) / 2 * log_scale + mp.mpf(d * (d + 1)) / 2 * mp.log(2) + degrees

    truth = entropy(matrix(scale))
    assert abs(ba.Wishart(df, scale).entropy("nat").value - truth) < 1e-13 * max(1, abs(truth))
    log_determinant = mp.log(mp.det(matrix(scale))) - d * mp.log(2) - digamma(n / 2, d)
    truth = entropy(matrix(scale) ** -1) + (d + 1) * log_determinant
    assert abs(ba.InverseWishart(df, scale).entropy("nat").value - truth) < 1e-13 * max(1, abs(truth))


@pytest.mark.parametrize("df", [2.5, 30.0, 1e4, 1e6])
def test_log_densities_of_matrices_against_50_digits(df):
    n, d = mp.mpf(df), 2
    for family, sign in ((ba.Wishart, 1), (ba.InverseWishart, -1)):
        p = family(df, V)
        x = p.sample(seed=5)
        x = (x + x.T) / 2
        inside, scale = matrix(x), matrix(V)
        ratio = scale**-1 * inside if sign == 1 else inside**-1 * scale
        norm = n * d / 2 * mp.log(2) + sign * n / 2 * mp.log(mp.det(scale)) + log_gamma(n / 2, d)
        power = (sign * n - d - 1) / 2
        truth = power * mp.log(mp.det(inside)) - (ratio[0, 0] + ratio[1, 1]) / 2 - norm
        # an entry of x has this many digits, and df of them are felt
        assert abs(p.log_density(x) - truth) < 1e-13 * abs(truth) + 1e-15 * df


@pytest.mark.parametrize(("ours", "peer"), [(ba.Wishart, stats.wishart), (ba.InverseWishart, stats.invwishart)])
def test_matrix_families_against_scipy(ours, peer):
    p = ours(7.5, V)
    x = p.sample(5, seed=2)
    np.testing.assert_allclose(p.log_density(x), [peer(7.5, V).logpdf(one) for one in x], rtol=1e-12)
    np.testing.assert_allclose(p.mean, peer(7.5, V).mean(), rtol=1e-14)
    np.testing.assert_allclose(p.variance, peer(7.5, V).var(), rtol=1e-14)
    draws = p.sample(100_000, seed=3)
    np.testing.assert_allclose(draws.mean(axis=0), p.mean, rtol=0.02)
    np.testing.assert_allclose(np.linalg.slogdet(draws)[1].mean(), p.mean_log_determinant, rtol=0.01)
    np.testing.assert_allclose(np.linalg.inv(draws).mean(axis=0), p.mean_inverse, rtol=0.02)
    assert p.log_density(-np.eye(2)) == -np.inf


def test_wishart_against_inverse_wishart_by_their_moments():
    p, q = ba.Wishart(7.5, V), ba.InverseWishart(6.0, ONE)
    for one, other in ((p, q), (q, p)):
        draws = one.sample(200_000, seed=4)
        terms = one.log_density(draws) - other.log_density(draws)
        found = ba.kl_divergence(one, other, unit="nat")
        assert found.method == "moment rule"
        assert abs(terms.mean() - found.value) < 4.0 * terms.std() / math.sqrt(terms.size)


def test_an_infinite_moment_of_a_matrix_is_the_reason():
    found = ba.kl_divergence(ba.Wishart(2.5, ONE), ba.InverseWishart(4.0, ONE))
    assert (found.value, found.note) == (math.inf, "E X^-1 is infinite")
    found = ba.kl_divergence(ba.InverseWishart(2.5, ONE), ba.Wishart(4.0, ONE))
    assert (found.value, found.note) == (math.inf, "E X is infinite")


# ------------------------------------------------------------------------------------------ matrix normal


@pytest.mark.parametrize("gap", GAPS)
def test_matrix_normal_is_a_normal_of_all_entries(gap):
    generator = np.random.default_rng(6)
    rows, columns = definite(generator, 2), definite(generator, 3)
    others = close_to(generator, rows, gap), close_to(generator, columns, gap)
    mean = generator.normal(size=(2, 3))
    shifted = mean + gap * generator.normal(size=(2, 3))

    def whole(rows, columns):
        return [[mp.mpf(a) * mp.mpf(b) for a in r for b in c] for r in rows.tolist() for c in columns.tolist()]

    p, q = mp.matrix(whole(rows, columns)), mp.matrix(whole(*others))
    inverse, shift = q**-1, matrix(mean.ravel()) - matrix(shifted.ravel())
    ratio = inverse * p
    trace = sum(ratio[i, i] - 1 for i in range(6))
    truth = (trace - mp.log(mp.det(p) / mp.det(q)) + (shift.T * inverse * shift)[0]) / 2
    assert relative_error(nats(ba.MatrixNormal(mean, rows, columns), ba.MatrixNormal(shifted, *others)), truth) < 1e-13


def test_one_matrix_normal_in_two_parametrisations():
    p = ba.MatrixNormal(np.zeros((2, 2)), V, ONE)
    assert nats(p, ba.MatrixNormal(np.zeros((2, 2)), 4.0 * V, 0.25 * ONE)) == 0.0
    assert nats(p, ba.MatrixNormal(np.zeros((2, 2)), 1e30 * V, 1e-30 * ONE)) < 1e-30


def test_matrix_normal_against_scipy():
    mean, columns = np.arange(6.0).reshape(2, 3), definite(np.random.default_rng(7), 3)
    p, peer = ba.MatrixNormal(mean, V, columns), stats.matrix_normal(mean, V, columns)
    x = p.sample(4, seed=1)
    np.testing.assert_allclose(p.log_density(x), peer.logpdf(x), rtol=1e-12)
    assert p.entropy("nat").value == pytest.approx(peer.entropy(), rel=1e-13)
    draws = p.sample(100_000, seed=2) - mean
    np.testing.assert_allclose(draws.var(axis=0), p.variance, rtol=0.03)
    np.testing.assert_allclose((draws[:, 0, 0] * draws[:, 1, 1]).mean(), V[0, 1] * columns[0, 1], rtol=0.1)


# ------------------------------------------------------------------------------------------ conjugate priors


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("shape", [1e-3, 3.0, 1e6])
def test_normal_gamma_kl_has_all_digits_however_close(shape, gap):
    p = (0.3, 1.5, shape, 2.0)
    q = (0.3 + gap, 1.5 * (1 + gap), shape * (1 + 0.5 * gap), 2.0 * (1 - 0.3 * gap))
    (m, k, a, b), (o, j, c, d) = ([mp.mpf(x) for x in side] for side in (p, q))
    truth = gamma_kl(a, b, c, d) + (j / k - 1 - mp.log(j / k) + j * (m - o) ** 2 * a / b) / 2
    assert relative_error(nats(ba.NormalGamma(*p), ba.NormalGamma(*q)), truth) < 1e-13
    assert relative_error(nats(ba.NormalInverseGamma(*p), ba.NormalInverseGamma(*q)), truth) < 1e-13


@pytest.mark.parametrize("gap", GAPS)
def test_normal_inverse_wishart_kl_has_all_digits_however_close(gap):
    generator = np.random.default_rng(8)
    scale = definite(generator, 3)
    other = close_to(generator, scale, gap)
    mean = generator.normal(size=3)
    shifted = mean + gap
    p = ba.NormalInverseWishart(mean, 1.5, 5.5, scale)
    q = ba.NormalInverseWishart(shifted, 1.5 * (1 + gap), 5.5 + gap, other)
    inverse, shift = matrix(scale) ** -1, matrix(mean) - matrix(shifted)
    k, j = mp.mpf(1.5), mp.mpf(1.5 * (1 + gap))
    of_x = 3 * (j / k - 1 - mp.log(j / k)) + j * mp.mpf(5.5) * (shift.T * inverse * shift)[0]
    truth = wishart_kl(5.5, inverse.tolist(), 5.5 + gap, (matrix(other) ** -1).tolist()) + of_x / 2
    assert relative_error(nats(p, q), truth) < 1e-13


PAIRS = [
    (ba.NormalGamma(0.0, 1.5, 4.0, 2.0), ba.NormalGamma(0.5, 2.0, 3.0, 2.5)),
    (ba.NormalInverseGamma(0.0, 1.5, 6.0, 2.0), ba.NormalInverseGamma(0.5, 2.0, 5.0, 2.5)),
    (ba.NormalInverseWishart([0.0, 1.0], 1.5, 12.0, V), ba.NormalInverseWishart([0.0, 1.2], 2.0, 11.0, ONE)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda p: type(p).__name__)
def test_draws_density_moments_and_divergence_fit_together(p, q):
    draws = p.sample(200_000, seed=9)
    standard_error = draws.std(axis=0) / math.sqrt(len(draws))
    assert (np.abs(draws.mean(axis=0) - p.mean) < 4.5 * standard_error).all()
    np.testing.assert_allclose(draws.var(axis=0), p.variance, rtol=0.1)
    own, other = p.log_density(draws), q.log_density(draws)
    for terms, value in ((-own, p.entropy("nat").value), (own - other, nats(p, q))):
        assert abs(terms.mean() - value) < 4.0 * terms.std() / math.sqrt(terms.size)


def test_densities_of_conjugate_priors():
    x = np.array([0.3, 0.7])
    ours = ba.NormalGamma(0.5, 1.5, 3.0, 2.0).log_density(x)
    assert ours == pytest.approx(
        stats.norm.logpdf(0.3, 0.5, (1.5 * 0.7) ** -0.5) + stats.gamma.logpdf(0.7, 3.0, 0, 0.5)
    )
    ours = ba.NormalInverseGamma(0.5, 1.5, 3.0, 2.0).log_density(x)
    assert ours == pytest.approx(stats.normal_inverse_gamma(0.5, 1.5, 3.0, 2.0).logpdf(*x))
    ours = ba.NormalInverseWishart([0.5, 0.0], 1.5, 4.0, ONE).log_density([0.1, 0.2, 2.0, 0.5, 0.5, 1.0])
    of_x = stats.multivariate_normal.logpdf([0.1, 0.2], [0.5, 0.0], V / 1.5)
    assert ours == pytest.approx(of_x + stats.invwishart.logpdf(V, 4.0, ONE))
    assert ba.NormalGamma(0.5, 1.5, 3.0, 2.0).log_density([0.3, -0.7]) == -np.inf


def test_moments_that_do_not_exist():
    p = ba.NormalInverseGamma(1.0, 1.0, [0.4, 0.9, 1.5, 3.0], 2.0)
    np.testing.assert_array_equal(np.isfinite(p.mean), [[0, 0], [1, 0], [1, 1], [1, 1]])
    np.testing.assert_array_equal(np.isfinite(p.variance), [[0, 0], [0, 0], [1, 0], [1, 1]])
    found = ba.kl_divergence(p, ba.MultivariateNormal([0.0, 0.0], ONE))
    np.testing.assert_array_equal(np.isfinite(found.value), [False, False, False, True])
    assert found[0].note == "a variance of P is infinite or undefined"


def test_batches_broadcast_and_can_be_indexed():
    p = ba.NormalInverseWishart(np.zeros((4, 1, 2)), [1.0, 2.0, 3.0], 5.0, V)
    assert p.batch_shape == (4, 3)
    assert p.entropy("nat").value.shape == (4, 3)
    assert p.sample(2).shape == (2, 4, 3, 6)
    single = ba.NormalInverseWishart(np.zeros(2), 2.0, 5.0, V)
    assert p[1, 1] == single
    assert p.entropy("nat").value[1, 1] == single.entropy("nat").value
    assert nats(p, single)[0, 0] == nats(p[0, 0], single)


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    "covariance",
    [
        [[1.0, 1.0], [1.0, 1.0]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[1.0, 0.5], [0.4, 1.0]],
        [[1e-20, 1e-20], [1e-20, 1e-20]],
        [[1.0, np.nan], [np.nan, 1.0]],
        [[0.0, 0.0], [0.0, 1.0]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        np.diag([1.0, 1.0]) + 1e17 * np.ones((2, 2)),
    ],
)
def test_a_matrix_that_is_no_covariance(covariance):
    for make in (lambda s: ba.MultivariateNormal([0.0, 0.0], s), lambda s: ba.Wishart(5.0, s)):
        with pytest.raises(UsageError, match=r"(covariance|scale) should be a symmetric positive definite matrix"):
            make(covariance)


def test_the_row_of_a_batch_that_is_no_covariance_is_named():
    with pytest.raises(UsageError, match="in row 1"):
        ba.MultivariateNormal([0.0, 0.0], [ONE, -ONE, V])


def test_variables_of_very_different_scales_are_no_error():
    assert ba.MultivariateNormal([0.0, 0.0], np.diag([1e-200, 1e200])).entropy("nat").value == pytest.approx(
        1.0 + math.log(2 * math.pi)
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ba.MultivariateNormal([0.0], ONE), "a mean of length 1 needs a covariance of as many rows; got 2"),
        (lambda: ba.MatrixNormal([[0.0, 0.0]], ONE, ONE), "2 rows and 2 columns need a mean of that shape"),
        (lambda: ba.NormalInverseWishart([0.0], 1.0, 5.0, ONE), "a scale of 2 rows needs a location of that length"),
        (lambda: ba.Wishart([3.0, 1.0], ONE), "df should be above 1 for matrices of 2 rows; got 1"),
        (lambda: ba.InverseWishart(0.5, ONE), "df should be above 1"),
        (lambda: ba.NormalInverseWishart([0.0, 0.0], 1.0, 1.0, ONE), "df should be above 1"),
        (lambda: ba.NormalGamma(0.0, -1.0, 1.0, 1.0), "precision_scale should be a positive number; got -1"),
    ],
)
def test_parameters_that_do_not_fit(make, words):
    with pytest.raises(UsageError, match=words):
        make()


def test_different_dimensions_cannot_be_compared():
    with pytest.raises(UsageError, match="cannot be compared"):
        found_kl(ba.MultivariateNormal([0.0, 0.0], ONE), ba.MultivariateNormal([0.0], [[1.0]]))
