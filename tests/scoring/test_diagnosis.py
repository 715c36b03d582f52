"""What squared error behind a saturating link would have trouble with."""

import mpmath
import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import expit, log_expit, log_softmax, softmax

from bitsapart.scoring.diagnosis import before, diagnosis
from bitsapart.scoring.sample import Sample


def sample_of(log_q, labels, *, weights=None, targets=None):
    n, classes = log_q.shape
    labels = np.asarray(labels).astype(np.int64)
    return Sample(
        log_q=log_q,
        targets=np.eye(classes)[labels] if targets is None else targets,
        labels=labels if targets is None else None,
        weights=np.ones(n) if weights is None else np.asarray(weights, float),
        clusters=None,
        folds=np.arange(n) % 5,
        rows=np.arange(n),
        votes=None,
        features=None,
        of=n,
    )


def by_log_odds(z, labels, **more):
    z = np.asarray(z, float)
    return sample_of(np.column_stack([log_expit(-z), log_expit(z)]), labels, **more)


def drawn(log_q, rng):
    """Labels of a calibrated model."""
    return np.minimum((np.exp(log_q).cumsum(axis=1) < rng.random((len(log_q), 1))).sum(axis=1), log_q.shape[1] - 1)


def cross_entropy(z):
    return -log_expit(z)


def squared(z):
    return expit(-z) ** 2


class TestClaims:
    """The facts that the remarks and the module rest on, by other means than its formulas."""

    @pytest.mark.parametrize(("z", "ratio"), [(-5.0, 1.3e-2), (-10.0, 9.1e-5), (-20.0, 4.1e-9)])
    def test_the_ratio_of_gradients(self, z, ratio):
        with mpmath.workdps(60):
            s = lambda z: 1 / (1 + mpmath.exp(-z))  # noqa: E731
            slope = [mpmath.diff(loss, z) for loss in (lambda z: (1 - s(z)) ** 2, lambda z: -mpmath.log(s(z)))]
        assert float(slope[0] / slope[1]) == pytest.approx(2 * expit(z) * expit(-z), rel=1e-9, abs=0.0)
        assert 2 * expit(z) * expit(-z) == pytest.approx(ratio, rel=0.03, abs=0.0)

    def test_squared_error_bends_the_wrong_way_below_a_third(self):
        z = np.linspace(-8, 8, 160_001)
        bend = np.diff(squared(z), 2)
        inside = z[1:-1]
        assert inside[bend > 0].min() == pytest.approx(-np.log(2), abs=1e-3)
        slope = np.abs(np.diff(squared(z)) / np.diff(z))
        assert slope.max() == pytest.approx(8 / 27, rel=1e-6)
        assert np.all(np.diff(cross_entropy(z), 2) > 0)

    @pytest.mark.parametrize(("start", "entropy_steps", "squared_steps"), [(-4.0, 5, 36), (-8.0, 9, 1_507)])
    def test_steps_of_gradient_descent_out_of_a_confident_mistake(self, start, entropy_steps, squared_steps):
        def steps(slope):
            z, count = start, 0
            while z < 0:
                z, count = z + slope(z), count + 1
            return count

        assert steps(lambda z: expit(-z)) == entropy_steps
        assert steps(lambda z: 2 * expit(z) * expit(-z) ** 2) == squared_steps

    def test_two_minima_with_one_weight(self):
        x, y = np.array([14.918, -0.456, 0.279, -20.667]), np.array([0.0, 0.0, 0.0, 1.0])
        w = np.linspace(-3, 3, 6_001)
        p = expit(np.outer(w, x))
        mse = ((p - y) ** 2).mean(axis=1)
        ce = -(np.where(y == 1, log_expit(np.outer(w, x)), log_expit(-np.outer(w, x)))).mean(axis=1)

        def minima(loss):
            return w[1:-1][(loss[1:-1] < loss[:-2]) & (loss[1:-1] < loss[2:])]

        assert minima(mse) == pytest.approx([-0.213, 1.16], abs=3e-3)
        assert len(minima(ce)) == 1

    def test_the_counter_evidence_holds(self):
        p, q = np.meshgrid(np.linspace(0.01, 0.99, 99), np.linspace(0.01, 0.99, 99))
        regret = (p * (1 - q) ** 2 + (1 - p) * q**2) - (p * (1 - p) ** 2 + (1 - p) * p**2)
        assert regret == pytest.approx((p - q) ** 2, abs=1e-12)
        divergence = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
        assert np.all(divergence >= 2 * (p - q) ** 2 - 1e-12)

    def test_for_more_classes_it_is_a_proxy(self):
        # the gradients of both losses in all logits: another ratio, of the same order where the model is sure and wrong
        z, true = np.array([6.0, 0.0, -1.0]), 2
        grown = [
            approx_fprime(z, loss, 1e-7)
            for loss in (
                lambda z: np.sum((np.eye(3)[true] - softmax(z)) ** 2),
                lambda z: -log_softmax(z)[true],
            )
        ]
        ratio = np.linalg.norm(grown[0]) / np.linalg.norm(grown[1])
        s = softmax(z)[true]
        assert ratio < 0.02
        assert 2 * s * (1 - s) < 0.02


class TestShares:
    def test_by_hand(self):
        z = np.array([-10.0, -5.0, -1.0, 0.0, 1.0, 10.0])
        found = diagnosis(by_log_odds(z, [1] * 6))
        assert found.flat == pytest.approx(3 / 6)
        # 2 s (1 - s) at -5 is 0.0133; at 10 it is as small as at -10, and nothing is left to learn
        assert found.vanishing == pytest.approx(1 / 6)
        assert found.ratios == pytest.approx((3 / 6, 0, 0, 0, 0, 0, 0, 2 / 6, 0, 1 / 6))
        assert not found.double_softmax

    def test_weights_and_soft_labels(self):
        z = np.array([-10.0, 3.0])
        heavy = diagnosis(by_log_odds(z, [1, 1], weights=[3.0, 1.0]))
        assert (heavy.flat, heavy.vanishing) == pytest.approx((0.75, 0.75))
        soft = diagnosis(by_log_odds(z, [1, 1], targets=np.array([[0.4, 0.6], [0.5, 0.5]])))
        # the first row's second class at z = -10, and the second's first at -3
        assert (soft.flat, soft.vanishing) == pytest.approx((0.3 + 0.25, 0.3))
        assert sum(soft.ratios) == pytest.approx(1.0)

    def test_a_certain_miss_vanishes(self):
        with np.errstate(divide="ignore"):
            found = diagnosis(sample_of(np.log([[1.0, 0.0], [0.5, 0.5]]), [1, 1]))
        assert found.vanishing == 0.5

    def test_small_probabilities_among_many_classes_are_no_confident_mistakes(self):
        log_q = np.full((50, 1_000), -np.log(1_000))
        found = diagnosis(sample_of(log_q, np.arange(50)))
        assert found.flat == pytest.approx(1.0)
        assert found.vanishing == 0.0
        assert found.remarks == ()

    def test_nothing_to_say_of_a_calibrated_model(self):
        rng = np.random.default_rng(0)
        z = rng.normal(size=5_000)
        found = diagnosis(by_log_odds(z, rng.random(5_000) < expit(z)))
        assert found.remarks == ()

    def test_the_remark_has_its_numbers_and_the_evidence_against_it(self):
        z = np.r_[np.full(30, -8.0), np.full(970, 4.0)]
        (remark,) = diagnosis(by_log_odds(z, [1] * 1_000)).remarks
        assert remark.startswith("For 3 % of labels the model is sure of another class")
        assert "less than 1 % of that under cross-entropy, and 3 % lie where that loss is not convex" in remark
        assert "strictly proper" in remark
        assert "Hui & Belkin 2021" in remark
        assert "proxy" not in remark
        assert "against the rest" not in remark

    def test_more_classes_are_told_to_be_a_proxy(self):
        log_q = log_softmax(np.tile([9.0, 0.0, 0.0], (100, 1)), axis=1)
        (remark,) = diagnosis(sample_of(log_q, [0] * 90 + [1] * 10)).remarks
        assert "the true class taken against the rest as behind a sigmoid of its own" in remark


class TestSoftmaxTwice:
    @pytest.mark.parametrize("classes", [2, 3, 10, 200])
    @pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
    def test_found(self, classes, dtype):
        rng = np.random.default_rng(classes)
        once = log_softmax(5 * rng.normal(size=(1_000, classes)), axis=1)
        labels = drawn(once, rng)
        stored = softmax(np.exp(once), axis=1).astype(dtype).astype(float)
        log_q = np.log(stored / stored.sum(axis=1, keepdims=True))
        found = diagnosis(sample_of(log_q, labels))
        assert found.double_softmax
        assert found.remarks[0].startswith("Softmax seems to have been taken twice")
        assert "Against it: a model that is much too unsure can look the same" in found.remarks[0]

    def test_probabilities_given_as_logits(self):
        rng = np.random.default_rng(1)
        once = log_softmax(5 * rng.normal(size=(1_000, 3)), axis=1)
        found = diagnosis(sample_of(log_softmax(np.exp(once), axis=1), drawn(once, rng)), from_logits=True)
        assert found.remarks[0].startswith("These logits are probabilities")

    def test_sigmoid_twice(self):
        rng = np.random.default_rng(2)
        z = 4 * rng.normal(size=2_000)
        found = diagnosis(by_log_odds(expit(z), rng.random(2_000) < expit(z)))
        assert found.double_softmax
        assert "taking it once would save" in found.remarks[0]

    @pytest.mark.parametrize("classes", [2, 3, 10, 200])
    @pytest.mark.parametrize("scale", [0.0, 0.05, 0.3, 1.0, 4.0])
    def test_a_calibrated_model_is_let_alone(self, classes, scale):
        rng = np.random.default_rng(classes)
        log_q = log_softmax(scale * rng.normal(size=(1_000, classes)), axis=1)
        assert not diagnosis(sample_of(log_q, drawn(log_q, rng))).double_softmax

    def test_a_model_that_is_sure_of_nothing_is_let_alone_though_it_is_too_unsure(self):
        rng = np.random.default_rng(4)
        truth = 0.4 * rng.normal(size=5_000)
        labels = rng.random(5_000) < expit(truth)
        assert not diagnosis(by_log_odds(truth / 4, labels)).double_softmax

    def test_what_taken_once_would_exclude_is_no_evidence(self):
        # sigmoid(0) = 1/2 taken for a certain no, and half of the time it was yes
        z, labels = np.r_[np.full(100, 1.0), np.full(100, 0.0)], np.r_[np.arange(100) < 73, np.arange(100) < 50]
        assert not diagnosis(by_log_odds(z, labels)).double_softmax

    def test_too_few_rows_to_tell(self):
        once = log_softmax(np.array([[9.0, 0.0], [0.0, 9.0]]), axis=1)
        assert not diagnosis(sample_of(log_softmax(np.exp(once), axis=1), [0, 1])).double_softmax

    def test_before(self):
        p = np.random.default_rng(5).dirichlet([0.3] * 4, size=100)
        assert before(log_softmax(p, axis=1)) == pytest.approx(p, abs=1e-12)
        assert before(np.log([[0.9, 0.05, 0.05]])) is None
