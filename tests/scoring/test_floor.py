"""The floor from votes and from repeated rows."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitsapart.scoring import floor as module
from bitsapart.scoring.floor import (
    OF_REPEATS,
    OF_VOTES,
    FloorOfRepeats,
    FloorOfVotes,
)
from bitsapart.values.errors import DataError

TITANIC = {
    ("1st", "male", "child"): (0, 5), ("1st", "female", "child"): (0, 1), ("2nd", "male", "child"): (0, 11),
    ("2nd", "female", "child"): (0, 13), ("3rd", "male", "child"): (35, 13), ("3rd", "female", "child"): (17, 14),
    ("1st", "male", "adult"): (118, 57), ("1st", "female", "adult"): (4, 140), ("2nd", "male", "adult"): (154, 14),
    ("2nd", "female", "adult"): (13, 80), ("3rd", "male", "adult"): (387, 75), ("3rd", "female", "adult"): (89, 76),
    ("crew", "male", "adult"): (670, 192), ("crew", "female", "adult"): (3, 20),
}  # fmt: skip
"""Those lost and saved of each kind, of 2,201: Dawson 1995, J. Statistics Education 3(3)."""


def floor_of_votes(counts, weights=None):
    """In one block."""
    votes = FloorOfVotes(np.shape(counts)[1])
    votes.add(counts, weights)
    return votes.floor()


def floor_of_repeats(keys, labels, classes, weights=None):
    """In one block."""
    rows = FloorOfRepeats(classes)
    rows.add(keys, np.asarray(labels, np.int64), weights)
    return rows.floor()


def entropy(p, axis=-1):
    """In bits."""
    p = np.asarray(p, float)
    return -np.where(p > 0, p * np.log2(np.where(p > 0, p, 1)), 0).sum(axis=axis)


def titanic():
    keys = [kind for kind, counts in TITANIC.items() for _ in range(sum(counts))]
    return keys, np.concatenate([np.repeat([0, 1], counts) for counts in TITANIC.values()])


class TestVotes:
    def test_leave_one_out_and_zhang_of_two_kinds_of_items(self):
        # three votes, 2:1 or 3:0: zhang is psi(3) - (2 psi(2) + psi(1)) / 3 = 5/6 nats, or nothing
        found, note = floor_of_votes(np.tile([[2, 1], [2, 1], [3, 0], [3, 0], [3, 0], [3, 0]], (1_000, 1)))
        assert found.low.value == pytest.approx((1.5 - 2 / 3) / np.log(2) / 3, rel=1e-12)
        # of the other two votes one is of either class for the first, and both are of the first for the second
        m = np.array([8, 1]) / 9
        a = np.geomspace(1e-3, 3e3, 4_000)
        uneven = -(2 * np.log2((1 + a * m[0]) / (2 + a)) + np.log2(a * m[1] / (2 + a))) / 3
        loss = (uneven - 2 * np.log2((2 + a * m[0]) / (2 + a))) / 3
        assert found.high.value == pytest.approx(loss.min(), abs=2e-3)
        assert found.high.value < entropy(m)
        assert note == OF_VOTES

    def test_it_is_not_above_the_entropy_of_all_votes(self):
        # zhang of 2:1 is 1.2 bits and no sampling gives it in every item, but two classes have one bit, and these less
        found, _ = floor_of_votes(np.tile([2, 1], (4_000, 1)))
        for side in (found.low, found.estimate, found.high):
            assert side.value == pytest.approx(entropy([2 / 3, 1 / 3]))
            assert side.low <= side.value <= side.high <= 1.0

    @pytest.mark.parametrize("classes", [2, 3, 10])
    @pytest.mark.parametrize("votes", [2, 5, 50])
    def test_the_bracket_holds_the_truth_and_the_estimate_comes_close(self, classes, votes):
        rng = np.random.default_rng(classes * votes)
        shares = rng.dirichlet(np.arange(1, classes + 1) * 0.2, size=4_000)
        found, _ = floor_of_votes(rng.multinomial(votes, shares))
        truth = entropy(shares).mean()
        assert found.low.low < found.low.value < truth + 0.01 < found.high.value + 0.02 < found.high.high + 0.02
        assert found.estimate.value == pytest.approx(truth, abs=0.03)
        assert found.items == 4_000
        assert found.labels == 4_000 * votes

    def test_a_law_that_is_none_leaves_the_truth_in_the_bracket(self):
        rng = np.random.default_rng(2)
        certain = np.eye(10)[rng.integers(10, size=1_000)]
        shares = np.vstack([certain, np.full((1_000, 10), 0.1)])
        found, _ = floor_of_votes(rng.multinomial(3, shares))
        assert found.low.low < np.log2(10) / 2 < found.high.high

    def test_intervals_cover(self):
        rng = np.random.default_rng(3)
        law = np.array([0.3, 0.6, 0.9])
        truth = entropy(rng.dirichlet(law, size=400_000)).mean()
        held = covered = 0
        for _ in range(200):
            found, _ = floor_of_votes(rng.multinomial(4, rng.dirichlet(law, size=300)))
            held += found.low.low <= truth <= found.high.high
            covered += found.estimate.low <= truth <= found.estimate.high
        assert held >= 190
        assert covered >= 180

    def test_unanimous_items_have_a_floor_near_0_that_is_not_below(self):
        found, _ = floor_of_votes(np.tile([5, 0], (1_000, 1)))
        assert found.low.value == found.low.low == 0.0
        assert found.estimate.value == found.high.value == 0.0
        # 5,000 labels of one mind are no wonder if another has a chance of -log(0.025) / 5,000
        assert found.high.high == pytest.approx(entropy([1 - 3.6889 / 5_000, 3.6889 / 5_000]), rel=1e-4)

    def test_a_single_vote_an_item_says_nothing(self):
        found, note = floor_of_votes(np.eye(3)[[0, 1, 2, 2]])
        assert found is None
        assert note.startswith("unknown: only 0 % of items have more than one vote")

    def test_items_with_one_vote_widen_the_bracket(self):
        rng = np.random.default_rng(5)
        counts = rng.multinomial(5, rng.dirichlet([0.4, 0.4], size=2_000))
        single = rng.multinomial(1, rng.dirichlet([0.4, 0.4], size=1_000))
        alone, _ = floor_of_votes(counts)
        both, _ = floor_of_votes(np.vstack([counts, single]))
        assert both.low.value == pytest.approx(alone.low.value * 2 / 3, rel=1e-9)
        assert both.high.value > alone.high.value + 0.1
        assert both.estimate.value == pytest.approx(alone.estimate.value, abs=0.02)

    def test_one_item_has_no_interval(self):
        found, _ = floor_of_votes([[3, 2]])
        assert found.low.kind == "unknown"
        assert found.low.low is None

    def test_weights_are_as_good_as_repetition_of_items_for_the_values(self):
        rng = np.random.default_rng(6)
        counts = rng.multinomial(5, rng.dirichlet([1, 1, 1], size=500))
        twice, _ = floor_of_votes(np.vstack([counts, counts[:100]]))
        heavy, _ = floor_of_votes(counts, np.where(np.arange(500) < 100, 2.0, 1.0))
        assert heavy.low.value == pytest.approx(twice.low.value, rel=1e-12)
        assert heavy.high.value == pytest.approx(twice.high.value, rel=1e-2)

    def test_blocks_and_sums_give_what_the_whole_gives(self, monkeypatch):
        monkeypatch.setattr(module, "PILOT", 300)
        rng = np.random.default_rng(7)
        counts = rng.multinomial(5, rng.dirichlet([1, 0.5], size=1_000))
        whole, parts = FloorOfVotes(2), FloorOfVotes(2)
        whole.add(counts)
        other = FloorOfVotes(2)
        for start in range(0, 1_000, 130):
            (parts if start < 400 else other).add(counts[start : start + 130])
        (one, _), (many, _) = whole.floor(), (parts + other).floor()
        assert (one.items, one.labels) == (many.items, many.labels) == (1_000, 5_000)
        assert many.low.value == pytest.approx(one.low.value, rel=1e-12)
        assert many.low.high == pytest.approx(one.low.high, rel=1e-9)
        # the law of other items is fitted to other items
        assert many.high.value == pytest.approx(one.high.value, rel=0.02)

    def test_clusters_of_items_widen_the_interval(self):
        rng = np.random.default_rng(8)
        shares = np.repeat(rng.dirichlet([0.4, 0.4], size=100), 10, axis=0)
        counts = rng.multinomial(5, shares)
        plain, clustered = FloorOfVotes(2), FloorOfVotes(2)
        plain.add(counts)
        clustered.add(counts, clusters=np.repeat(np.arange(100), 10))
        (a, _), (b, _) = plain.floor(), clustered.floor()
        assert b.low.value == pytest.approx(a.low.value)
        assert b.low.high - b.low.low > 1.5 * (a.low.high - a.low.low)

    @pytest.mark.parametrize("bad", [[[1, -1]], [[np.nan, 1]], [[0, 0]], [[np.inf, 1]]])
    def test_no_votes(self, bad):
        with pytest.raises(DataError, match=r"item 1 has the votes \[.*\]: each needs one or more"):
            floor_of_votes([[1, 1], *bad])

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(any), min_size=2, max_size=30))
    def test_the_three_are_in_order_and_finite(self, counts):
        found, note = floor_of_votes(counts)
        if found is None:
            assert note.startswith("unknown")
            return
        assert 0.0 <= found.low.value <= found.estimate.value <= max(found.low.value, found.high.value)
        shares = np.sum([np.array(item) / sum(item) for item in counts], axis=0) / len(counts)
        assert found.high.value <= entropy(shares) + 1e-12
        for side in (found.low, found.estimate, found.high):
            assert side.low <= side.value <= side.high <= np.log2(3) + 1e-12


class TestRepeats:
    def test_titanic(self):
        found, note = floor_of_repeats(*titanic(), classes=2)
        # the plug-in of the 14 kinds is 0.6874, Miller and Madow's correction 0.0033
        cells = np.array(list(TITANIC.values()))
        plug_in = float(cells.sum(axis=1) @ entropy(cells / cells.sum(axis=1, keepdims=True)) / 2201)
        assert plug_in == pytest.approx(0.6874, abs=5e-5)
        assert found.estimate.value == pytest.approx(0.6874 + 0.0033, abs=1.5e-3)
        assert found.low.value == pytest.approx(0.6874 + 0.0033, abs=5e-4)
        assert found.low.value <= found.estimate.value <= found.high.value < 0.6874 + 3 * 0.0033
        # rows were drawn, not kinds: the standard error is that of the mean of -log2 p(y | x), about 0.017
        assert 0.05 < found.estimate.high - found.estimate.low < 0.08
        assert (found.items, found.labels, note) == (14, 2201, OF_REPEATS)

    @pytest.mark.parametrize("shares", [[1 / 3] * 3, [0.6, 0.3, 0.1], [0.5, 0.5], [0.1] * 10])
    def test_keys_that_say_nothing_leave_the_entropy_of_the_labels_and_no_more(self, shares):
        rng = np.random.default_rng(len(shares))
        classes, truth, held = len(shares), entropy(shares), 0
        for _ in range(100):
            y = rng.choice(classes, size=600, p=shares)
            found, _ = floor_of_repeats(rng.integers(50, size=600).tolist(), y, classes)
            of_labels = entropy(np.bincount(y, minlength=classes) / 600)
            held += found.estimate.low <= truth <= found.estimate.high
            for side in (found.low, found.estimate, found.high):
                assert side.low <= side.value <= of_labels + 1e-12
                assert side.value <= side.high <= np.log2(classes)
        assert held >= 93

    def test_the_order_of_rows_and_blocks_do_not_matter(self):
        keys, y = titanic()
        order = np.random.default_rng(0).permutation(len(y))
        rows = FloorOfRepeats(2)
        for part in np.array_split(order, 7):
            rows.add([keys[i] for i in part], y[part])
        (mixed, _), (sorted_, _) = rows.floor(), floor_of_repeats(keys, y, 2)
        assert mixed.low.value == pytest.approx(sorted_.low.value, rel=1e-12)
        assert mixed.high.value == pytest.approx(sorted_.high.value, rel=1e-2)

    def test_equal_weights_change_nothing(self):
        keys, y = titanic()
        (plain, _), (heavy, _) = floor_of_repeats(keys, y, 2), floor_of_repeats(keys, y, 2, np.full(len(y), 0.3))
        for one, other in ((plain.low, heavy.low), (plain.estimate, heavy.estimate), (plain.high, heavy.high)):
            assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high), rel=1e-9)

    def test_weights_by_class_move_the_floor_to_the_weighted_population(self):
        rng = np.random.default_rng(0)
        keys = rng.integers(20, size=20_000).tolist()
        y = (rng.random(20_000) < 0.1).astype(np.int64)
        found, _ = floor_of_repeats(keys, y, 2, np.where(y == 1, 9.0, 1.0))
        assert found.low.low < 1.0 <= found.high.high
        assert found.estimate.value == pytest.approx(1.0, abs=0.01)

    def test_missing_keys_are_equal(self):
        keys = [(float("nan"), 1) for _ in range(50)] + [(None, 1) for _ in range(50)]
        found, _ = floor_of_repeats(keys, np.arange(100) % 2, 2)
        assert found.items == 1

    def test_rows_without_weight_are_not_there(self):
        keys, y = titanic()
        more, _ = floor_of_repeats(
            [*keys, *range(9_000)], [*y, *[0] * 9_000], 2, np.repeat([1.0, 0.0], [len(y), 9_000])
        )
        assert more.items == 14

    def test_rows_that_hardly_repeat_have_no_floor(self):
        found, note = floor_of_repeats([0, 0, *range(1, 99)], np.zeros(100, int), 2)
        assert found is None
        assert note == "unknown: only 2 % of rows are equal to another row, and half of them is needed"
        assert floor_of_repeats([], [], 2)[0] is None

    @pytest.mark.parametrize("rows", [300, 1_000, 5_000])
    def test_the_bracket_covers_the_exact_floor_of_a_bayesian_network(self, rows):
        network = Network()
        rng = np.random.default_rng(rows)
        held = close = 0
        for _ in range(200):
            keys, y = network.draw(rows, rng)
            found, _ = floor_of_repeats(keys, y, 2)
            held += found.low.low <= network.floor <= found.high.high
            close += found.estimate.low <= network.floor <= found.estimate.high
        assert held >= 0.93 * 200
        assert close >= 0.90 * 200

    @pytest.mark.parametrize("share", [0.05, 0.2])
    def test_labels_flipped_at_random_move_the_floor_by_what_is_computable(self, share):
        network = Network()
        rng = np.random.default_rng(9)
        keys, y = network.draw(30_000, rng)
        flipped = np.where(rng.random(len(y)) < share, 1 - y, y)
        before, after = floor_of_repeats(keys, y, 2)[0], floor_of_repeats(keys, flipped, 2)[0]
        moved = network.floor_with_flips(share) - network.floor
        assert moved > 0.05
        assert after.estimate.value - before.estimate.value == pytest.approx(moved, abs=0.012)


class Network:
    """A small Bayesian network: A, B -> C (3) and D, C -> E, and Y of C, D, E, its joint known exactly."""

    def __init__(self):
        self.a, self.b = np.array([0.5, 0.3, 0.2]), np.array([0.7, 0.3])
        self.c = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
        self.d = np.array([[[0.9, 0.1], [0.4, 0.6]], [[0.5, 0.5], [0.2, 0.8]], [[0.99, 0.01], [0.3, 0.7]]])
        self.e = np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]])
        chances = np.array([[0.001, 0.03], [0.2, 0.5], [0.6, 0.8], [0.95, 0.999], [0.1, 0.3], [0.5, 0.02]])
        self.states = list(itertools.product(range(3), range(2), range(3), range(2), range(2)))
        self.weight = np.array(
            [self.a[a] * self.b[b] * self.c[a, c] * self.d[a, b, d] * self.e[c, e] for a, b, c, d, e in self.states]
        )
        self.chance = np.array([chances[2 * c + d, e] for _, _, c, d, e in self.states])
        self.floor = self.floor_with_flips(0.0)

    def floor_with_flips(self, share):
        p = self.chance * (1 - share) + (1 - self.chance) * share
        return float(self.weight @ entropy(np.column_stack([p, 1 - p])))

    def draw(self, rows, rng):
        at = rng.choice(len(self.states), size=rows, p=self.weight)
        return [self.states[i] for i in at], (rng.random(rows) < self.chance[at]).astype(np.int64)


def test_the_network_is_a_distribution():
    assert Network().weight.sum() == pytest.approx(1.0, rel=1e-12)
