"""A score as a user gets it: the ladder adds up, the numbers are those of others, bad input gets one sentence."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import d2_log_loss_score, log_loss

import bitsapart as ba


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def drawn(truth, rng):
    """One label a row."""
    return (truth.cumsum(axis=1) < rng.random((len(truth), 1))).sum(axis=1).clip(0, truth.shape[1] - 1)


def example(n=600, classes=3, seed=0, sharper=1.7):
    """True probabilities, labels drawn from them, and an over-confident model of them."""
    rng = np.random.default_rng(seed)
    truth = softmax(1.5 * rng.standard_normal((n, classes)))
    sharp = truth**sharper
    return truth, drawn(truth, rng), sharp / sharp.sum(axis=1, keepdims=True)


def total(score):
    return math.fsum(rung.bits.value for rung in score.rungs)


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 300),
    classes=st.integers(2, 5),
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0.0, 30.0),
    weighted=st.booleans(),
    clustered=st.booleans(),
    soft=st.booleans(),
    sample=st.sampled_from([None, 0, 50]),
)
def test_the_rungs_add_up_to_the_cross_entropy(n, classes, seed, scale, weighted, clustered, soft, sample):
    rng = np.random.default_rng(seed)
    logits = scale * rng.standard_normal((n, classes))
    labels = rng.dirichlet(np.ones(classes), n) if soft else rng.integers(0, classes, n)
    weights = rng.exponential(size=n) if weighted else None
    clusters = rng.integers(0, 10, n) if clustered else None
    found = ba.score(logits, labels, from_logits=True, weights=weights, clusters=clusters, sample=sample)
    assert total(found) == found.cross_entropy.value
    shares = labels if soft else np.eye(classes)[labels]
    expected = -(shares * (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))).sum(axis=1)
    expected = np.average(expected, weights=weights) / math.log(2)
    assert found.cross_entropy.value == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_temperature_scaling_finds_the_temperature():
    truth, labels, model = example(n=20_000)
    found = ba.score(model, labels)
    name, bits, tag = found.rungs[0]
    assert (name, tag) == ("saved by temperature scaling", "lower bound")
    gap = (truth * np.log2(truth / model)).sum(axis=1).mean()
    assert bits.value == pytest.approx(gap, abs=0.01)
    assert bits.low < gap < bits.high
    assert 0 < found.gap.low.value < gap
    left = found.rungs[-1].bits
    assert left.value == pytest.approx(-(truth * np.log2(truth)).sum(axis=1).mean(), abs=0.02)


def test_sampled_recalibrations_leave_the_sum_and_the_cross_entropy():
    _, labels, model = example(n=5000)
    whole, some = ba.score(model, labels), ba.score(model, labels, sample=1000)
    assert some.cross_entropy.value == pytest.approx(whole.cross_entropy.value, rel=1e-14)
    assert total(some) == some.cross_entropy.value
    assert 800 < some.sampled < 1200
    assert some.rungs[0].bits.n == some.sampled
    assert some.rungs[-1].bits.low < whole.rungs[-1].bits.value < some.rungs[-1].bits.high
    assert some.tail.shares[0][1] == pytest.approx(whole.tail.shares[0][1], rel=0.02)


@pytest.mark.parametrize("classes", [2, 7])
def test_it_is_the_log_loss_of_scikit_learn(classes):
    _, labels, model = example(n=3000, classes=classes)
    weights = np.random.default_rng(1).exponential(size=3000)
    for w in (None, weights):
        found = ba.score(model, labels, weights=w, recalibrations=())
        theirs = log_loss(labels, model, sample_weight=w) / math.log(2)
        assert found.cross_entropy.value == pytest.approx(theirs, rel=1e-13)
        assert found.skill.value == pytest.approx(d2_log_loss_score(labels, model, sample_weight=w), rel=1e-12)


def test_counts_of_votes_give_the_deviance_of_a_binomial_model():
    data = sm.datasets.star98.load()
    counts = np.asarray(data.endog)
    fitted = sm.GLM(data.endog, sm.add_constant(data.exog), family=sm.families.Binomial()).fit()
    q = np.asarray(fitted.predict())
    found = ba.score(np.column_stack([q, 1 - q]), votes=counts, recalibrations=())
    n = counts.sum()
    shares = counts / counts.sum(axis=1, keepdims=True)
    saturated = -(counts * np.log2(np.where(shares > 0, shares, 1))).sum() / n
    excess = fitted.deviance / (2 * n * math.log(2))
    assert excess == pytest.approx(0.0110, abs=5e-5)
    assert found.cross_entropy.value - saturated == pytest.approx(excess, rel=1e-10)


def test_a_certain_miss_is_infinite_in_every_precision():
    q = [[0.9, 0.1], [0.8, 0.2], [1.0, 0.0], [0.7, 0.3]]
    for kind in (np.float16, np.float32, np.float64):
        found = ba.score(np.array(q, kind), [0, 0, 1, 0], mix=0.01)
        assert found.cross_entropy.value == math.inf
        assert (found.certain_misses, found.certain_miss_rows) == (1, (2,))
        without = -np.log2([0.9, 0.8, 0.7]).mean()
        assert found.without_misses.value == pytest.approx(without, abs=2 * found.storage.rounding + 1e-14)
        mixed = -np.log2(0.99 * np.array([0.9, 0.8, 0.0, 0.7]) + 0.005).mean()
        assert found.mixed.value == pytest.approx(mixed, abs=2 * found.storage.rounding + 1e-14)
        assert total(found) == found.mixed.value
        assert found.storage.dtype == np.dtype(kind).name


def test_isotonic_regression_mends_certain_misses_of_two_classes():
    rng = np.random.default_rng(0)
    q = rng.integers(0, 5, 500) / 4
    labels = (rng.random(500) < 0.1 + 0.8 * q).astype(int)
    found = ba.score(q, labels)
    assert found.cross_entropy.value == math.inf
    assert total(found) == math.inf
    assert math.isfinite(found.rungs[-1].bits.value)
    assert "infinite" in str(found)


def test_with_a_mix_all_that_is_told_of_the_loss_is_of_the_mixed_predictions():
    rng = np.random.default_rng(0)
    q = rng.integers(0, 5, 500) / 4
    labels = (rng.random(500) < 0.1 + 0.8 * q).astype(int)
    found = ba.score(q, labels, mix=0.1)
    mixed = ba.score(0.9 * q + 0.05, labels)
    assert (found.cross_entropy.value, mixed.certain_misses) == (math.inf, 0)
    assert found.certain_misses == int((np.where(labels == 1, q, 1 - q) == 0).sum())
    assert found.mixed.value == pytest.approx(mixed.cross_entropy.value)
    assert found.skill.value == pytest.approx(mixed.skill.value)
    assert dict(found.tail.shares) == pytest.approx(dict(mixed.tail.shares))
    assert [part.bits.value for part in found.by_class] == pytest.approx([part.bits.value for part in mixed.by_class])
    assert [rung.bits.value for rung in found.rungs] == pytest.approx([rung.bits.value for rung in mixed.rungs])


def test_log_odds_may_be_certain():
    found = ba.score([math.inf, -math.inf, 0.0], [1, 0, 1], from_logits=True)
    assert found.cross_entropy.value == pytest.approx(1 / 3)
    assert ba.score([math.inf, 0.0], [0, 1], from_logits=True).certain_misses == 1


def test_equal_losses_have_no_interval():
    found = ba.score([[0.9, 0.1]] * 30, [0] * 30)
    assert (found.cross_entropy.low, found.cross_entropy.kind) == (None, "unknown")


def test_copies_of_lower_precision_agree_to_what_storage_allows():
    _, labels, model = example(n=2000, classes=5)
    exact = ba.score(model, labels, recalibrations=()).cross_entropy.value
    for kind in (np.float32, np.float16):
        found = ba.score(model.astype(kind), labels, recalibrations=())
        assert abs(found.cross_entropy.value - exact) < 2 * found.storage.rounding


def test_clusters_widen_the_interval():
    _, labels, model = example(n=400)
    once = ba.score(model, labels, recalibrations=())
    thrice = ba.score(
        np.repeat(model, 3, axis=0), np.repeat(labels, 3), clusters=np.repeat(np.arange(400), 3), recalibrations=()
    )
    assert thrice.clusters == 400
    assert thrice.effective_n == pytest.approx(400, rel=0.01)
    assert thrice.cross_entropy.low == pytest.approx(once.cross_entropy.low, rel=1e-9)
    assert thrice.cross_entropy.high == pytest.approx(once.cross_entropy.high, rel=1e-9)


def test_two_models_are_compared_in_pairs():
    truth, labels, model = example(n=4000)
    found = ba.score(model, labels, against=truth, recalibrations=()).against
    rows = np.arange(len(labels))
    apart = -np.log2(model[rows, labels]) + np.log2(truth[rows, labels])
    assert found.difference.value == pytest.approx(apart.mean(), rel=1e-12)
    assert found.difference.low > 0
    assert found.p_value < 1e-3
    assert found.better == pytest.approx((apart < 0).mean() + (apart == 0).mean() / 2)


def test_the_loss_is_placed():
    _, labels, model = example(n=1000)
    found = ba.score(model, labels, recalibrations=())
    losses = -np.log2(model[np.arange(1000), labels])
    ordered = np.sort(losses)[::-1]
    assert dict(found.tail.shares)[0.05] == pytest.approx(ordered[:50].sum() / ordered.sum())
    assert found.tail.worst[0].bits == pytest.approx(losses.max())
    assert found.tail.worst[0].row == losses.argmax()
    by_class = {part.name: part for part in found.by_class}
    for k in range(3):
        assert by_class[str(k)].bits.value == pytest.approx(losses[labels == k].mean())
        assert by_class[str(k)].loss_share == pytest.approx(losses[labels == k].sum() / losses.sum())
    assert sum(part.rows for part in found.by_confidence) == 1000
    wrong = model.argmax(axis=1) != labels
    assert found.tail.misclassified == pytest.approx((wrong.mean(), losses[wrong].sum() / losses.sum()))
    assert found.accuracy.value == pytest.approx(1 - wrong.mean())


def test_a_probe_on_the_features_finds_what_the_model_leaves():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1500, 2))
    p = 1 / (1 + np.exp(-2 * x[:, 0]))
    labels = (rng.random(1500) < p).astype(int)
    found = ba.score(np.full(1500, labels.mean()), labels, features=x, recalibrations=("platt",))
    saved = {rung.name: rung.bits for rung in found.rungs}["further saved by a probe on the features"]
    exact = ba.entropy([labels.mean(), 1 - labels.mean()]) - ba.entropy(np.column_stack([p, 1 - p])).mean()
    assert saved.low > 0
    assert saved.value == pytest.approx(exact, abs=0.06)


def test_a_floor_that_the_model_is_surely_below_is_not_in_the_ladder():
    truth, labels, _ = example(n=800)
    keys = np.random.default_rng(1).integers(0, 50, 800)
    found = ba.score(truth, labels, repeats=keys)
    assert [rung.name for rung in found.rungs][-1] == "left after that"
    assert total(found) == found.cross_entropy.value
    assert found.floor.low.value <= found.floor.estimate.value <= found.floor.high.value <= found.base.value
    assert any("repeats= columns tell less of the label than the model does" in note for note in found.notes)
    # votes that the predictions were made from
    votes = np.array([np.random.default_rng(i).multinomial(5, p) for i, p in enumerate(truth)])
    told = ba.score((votes + 0.05) / (votes + 0.05).sum(axis=1, keepdims=True), votes=votes)
    assert "floor" not in [rung.name for rung in told.rungs]
    assert any("as if made from them" in note for note in told.notes)


def test_the_floor_of_the_ladder_is_the_bracket():
    truth, _, model = example(n=500)
    votes = np.array([np.random.default_rng(i).multinomial(4, p) for i, p in enumerate(truth)])
    found = ba.score(model, votes=votes)
    above, rung = found.rungs[-2:]
    assert (above.name, rung.name) == ("left above the floor", "floor")
    assert (rung.bits.value, rung.bits.low, rung.bits.high) == (
        found.floor.estimate.value, found.floor.low.low, found.floor.high.high,
    )  # fmt: skip
    assert found.floor.method in rung.bits.note
    assert found.floor_note == "the floor of the annotators' distribution"
    beside = ba.score(model, drawn(truth, np.random.default_rng(1)), votes=votes)
    assert "not subtracted" in beside.floor_note
    assert beside.floor == found.floor


def test_features_bound_the_floor_from_above():
    _, labels, model = example(n=400)
    features = np.random.default_rng(0).standard_normal((400, 2))
    for more, start in (
        ({}, "unknown; at most "),
        ({"repeats": np.arange(400)}, "unknown: only 0 % of rows are equal"),
    ):
        found = ba.score(model, labels, features=features, recalibrations=("temperature",), **more)
        assert found.floor_note.startswith(start)
        assert f"at most {found.rungs[-1].bits}, what the best probe found leaves" in found.floor_note
    assert "at most" not in ba.score(model, labels).floor_note


def test_a_ladder_without_steps_says_why():
    truth, labels, _ = example(n=300)
    truth[5, labels[5]] = 0.0
    found = ba.score(truth / truth.sum(axis=1, keepdims=True), labels)
    assert [rung.name for rung in found.rungs] == ["what the model costs"]
    assert any("a certain miss stays one under every map" in note for note in found.notes)
    # one miss of two classes: isotonic regression would mend it, but the other folds cannot know
    rng = np.random.default_rng(0)
    q = rng.uniform(0.05, 0.95, 500)
    labels = (rng.random(500) < q).astype(int)
    q[3] = 1 - labels[3]
    found = ba.score(q, labels)
    assert len(found.rungs) == 1
    assert any("isotonic alone makes the loss finite, but was not chosen in every fold" in n for n in found.notes)


def test_predicted_classes_are_noticed():
    found = ba.score(np.eye(2)[[0, 1, 1, 0]], [0, 1, 0, 0])
    assert any("as of predicted classes" in note for note in found.notes)
    assert not any("predicted classes" in n for n in ba.score([[1.0, 0.0], [0.2, 0.8]], [1, 1]).notes)


@pytest.mark.parametrize(("q", "skill"), [([0.9, 0.1], -math.inf), ([1.0, 0.0], 0.0)])
def test_labels_of_one_class_have_the_skill_that_the_scorer_gives(q, skill):
    found = ba.score([q] * 30, [0] * 30)
    assert found.skill.value == skill
    assert found.base.value == 0.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "no labels are given"),
        ({"labels": [0, 1], "votes": [[1, 0]], "annotators": [[0, 1]]}, "both votes and annotators"),
        ({"labels": [0, 1, 0]}, "3 rows and the labels 2|2 rows and the labels 3"),
        ({"labels": [0, 2]}, "row 1 of the labels is 2"),
        ({"labels": [0, -1]}, "row 1 of the labels is -1"),
        ({"labels": ["a", "b"]}, "none of the classes '0', '1'"),
        ({"labels": [0, None]}, "row 1 of the labels is missing"),
        ({"labels": [0.0, math.nan]}, "row 1 of the labels is missing"),
        ({"labels": [[0.5, 0.4], [1, 0]]}, "row 0 of labels is no distribution"),
        ({"votes": [[1, 0.5], [1, 0]]}, "votes are whole numbers"),
        ({"votes": [[1, 0], [0, 0]]}, "row 1 of votes has no vote"),
        ({"labels": [0, 1], "weights": [1, -1]}, "weight of row 1 is -1"),
        ({"labels": [0, 1], "weights": [0, 0]}, "all weights are 0"),
        ({"labels": [0, 1], "classes": ["a"]}, "1 class is named, and the predictions are of 2"),
        ({"labels": [0, 1], "classes": ["a", "a"]}, "two classes are named 'a'"),
        ({"votes": [[1], [1]]}, "the votes have 1 column, and the predictions 2 classes"),
        ({"labels": [0, 1], "mix": 2.0}, "mix should lie between 0 and 1"),
        ({"labels": [0, 1], "level": 1.0}, "level should be between"),
        ({"labels": [0, 1], "folds": 1}, "folds should be 2 to 100"),
        ({"labels": [0, 1], "recalibrations": ["nonsense"]}, "no recalibration named 'nonsense'"),
        ({"labels": [0, 1], "recalibrations": "platt"}, "a list of names"),
        ({"labels": [0, 1], "sample": -1}, "sample is a number of rows"),
        ({"labels": [0, 1], "columns": ["a"]}, "the predictions are an array"),
        ({"labels": "missing.npy"}, "no such file"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(options, sentence):
    with pytest.raises(ba.BitsapartError, match=sentence):
        ba.score([[0.5, 0.5], [0.9, 0.1]], **options)


@pytest.mark.parametrize(
    ("predictions", "sentence"),
    [
        ([[0.5, 0.5], [0.9, 0.2]], "row 1 of predictions sums to 1.1, not to 1"),
        ([[0.5, 0.5], [1.1, -0.1]], "row 1 of predictions is -0.1 in column 1"),
        ([[0.5, 0.5], [math.nan, 0.5]], "row 1 of predictions is NaN in column 0"),
        ([0.5, 1.5], "row 1 of predictions is 1.5"),
        ([[0, 1], [1, 0]], "int64"),
    ],
)
def test_what_is_no_distribution_is_refused(predictions, sentence):
    with pytest.raises(ba.DataError, match=sentence):
        ba.score(predictions, [0, 1])


def test_logits_may_be_minus_infinity_and_nothing_else():
    found = ba.score([[0.0, -math.inf, 0.0]] * 2, [0, 2], from_logits=True)
    assert found.cross_entropy.value == 1.0
    for bad, sentence in ((math.nan, "is NaN in column 1"), (math.inf, "is infinite in column 1")):
        with pytest.raises(ba.DataError, match=sentence):
            ba.score([[0.0, bad, 0.0]], [0], from_logits=True)
    with pytest.raises(ba.DataError, match="-inf in every column"):
        ba.score([[-math.inf, -math.inf]], [0], from_logits=True)


def test_votes_and_soft_labels_are_matched_with_the_classes_by_name():
    _, labels, model = example(n=400)
    votes = np.eye(3, dtype=int)[labels] * 3 + 1
    frame = {"b": model[:, 1], "c": model[:, 2], "a": model[:, 0]}
    counts = {f"v_{name}": votes[:, k] for k, name in enumerate("abc")}
    expected = ba.score(model, votes=votes, recalibrations=()).cross_entropy.value
    found = ba.score({**frame, **counts}, votes=["v_a", "v_b", "v_c"], recalibrations=())
    assert found.classes == ("b", "c", "a")
    assert found.cross_entropy.value == pytest.approx(expected)
    shares = {name: column / votes.sum(axis=1) for name, column in counts.items()}
    soft = ba.score({**frame, **shares}, ["v_a", "v_b", "v_c"], columns=["b", "c", "a"], recalibrations=())
    assert soft.cross_entropy.value == pytest.approx(ba.score(model, votes / 6, recalibrations=()).cross_entropy.value)


def test_rounded_probabilities_are_taken_and_said_to_be_so():
    _, labels, model = example(n=400, sharper=0.5)
    exact = ba.score(model, labels, recalibrations=())
    assert not exact.notes
    for rounded in (model.astype(np.float32).astype(float), model.round(3).tolist()):
        found = ba.score(rounded, labels, recalibrations=())
        assert found.cross_entropy.value == pytest.approx(exact.cross_entropy.value, abs=0.01)
    assert "each stands for its shares of its sum" in found.notes[0]
    with pytest.raises(ba.DataError, match="sums to"):
        ba.score(0.98 * model, labels)


def test_a_column_that_is_no_class_is_pointed_at():
    _, labels, model = example(n=60)
    frame = {name: np.log(model[:, k]) for k, name in enumerate("abc")} | {"age": np.full(60, 40.0)}
    found = ba.score(frame | {"y": np.array(list("abc"))[labels]}, "y", from_logits=True, recalibrations=())
    assert "no label is 'age'" in found.notes[0]


def test_labels_may_have_the_axes_of_the_predictions():
    _, labels, model = example(n=60)
    whole = ba.score(model, labels).cross_entropy.value
    assert ba.score(model.reshape(20, 3, 3), labels.reshape(20, 3)).cross_entropy.value == whole


def test_a_mix_is_for_both_of_two_models():
    q = [[1.0, 0.0], [0.6, 0.4]] * 20
    found = ba.score(q, [1, 0] * 20, against=[[0.5, 0.5]] * 40, mix=0.1).against
    ours = -np.log2(0.9 * np.array([0.0, 0.6]) + 0.05)
    assert found.cross_entropy.value == pytest.approx(1.0)
    assert found.difference.value == pytest.approx(ours.mean() - 1.0)


def test_a_softmax_taken_twice_is_noted():
    _, labels, model = example(n=3000, sharper=1.0)
    found = ba.score(model, labels, from_logits=True)
    assert any("softmax had been taken twice" in note for note in found.notes)
