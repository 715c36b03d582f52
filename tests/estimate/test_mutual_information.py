"""Mutual information and conditional entropy from tables of counts: identities, invariances, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from bitsapart.estimate.conditional_entropy import conditional_entropy
from bitsapart.estimate.contingency_table import independent_tail
from bitsapart.estimate.mutual_information import mutual_information
from bitsapart.values.errors import UsageError

tables = (
    st.integers(2, 4)
    .flatmap(lambda r: st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=r, max_size=r))
    .filter(lambda table: np.sum(table) > 0)
)


def digamma(counts):
    """The sum of c psi(c)."""
    counts = np.asarray(counts, dtype=float).ravel()
    return float(np.sum(counts * special.digamma(np.maximum(counts, 1.0))))


@given(tables)
@settings(max_examples=60, deadline=None)
def test_laws(table):
    information, rest = mutual_information(table), conditional_entropy(table)
    for found, most in ((information, math.log2(min(np.shape(table)))), (rest, math.log2(3))):
        assert 0.0 <= found.low <= found.value + 1e-12
        assert found.value <= found.high + 1e-12
        assert found.high <= most + 1e-12
    turned = mutual_information(np.transpose(table))
    assert (turned.value, turned.low, turned.high) == pytest.approx(
        (information.value, information.low, information.high), abs=1e-8
    )
    assert mutual_information(table, axis=(-1, -2)) == turned
    order = np.random.default_rng(1).permutation(len(table))
    assert conditional_entropy(np.array(table)[order]).high == pytest.approx(rest.high, abs=1e-8)


def test_values_by_hand():
    """No cell was seen once, so both are plain sums of digamma functions."""
    table = np.array([[30, 10, 6], [8, 40, 5]])
    n, first, second = table.sum(), table.sum(axis=1), table.sum(axis=0)
    information = (digamma(table) - digamma(first) - digamma(second)) / n + special.digamma(n)
    assert mutual_information(table, unit="nat").value == pytest.approx(information, rel=1e-12)
    rest = (digamma(first) - digamma(table)) / n
    assert conditional_entropy(table, unit="nat").value == pytest.approx(rest, rel=1e-12)


def test_batches_and_axes():
    table = np.random.default_rng(2).integers(5, 50, (3, 4, 2))
    many = mutual_information(table, axis=(0, 1))
    assert many.shape == (2,)
    assert many[1] == mutual_information(table[:, :, 1])
    assert conditional_entropy(table, axis=(1, 0))[0] == conditional_entropy(table[:, :, 0].T)


def test_few_rows_give_a_bound():
    table = np.eye(10, dtype=int) * 3
    information, rest = mutual_information(table), conditional_entropy(table)
    assert (information.kind, rest.kind) == ("bound", "bound")
    assert information.high == pytest.approx(math.log2(10))
    assert rest.low == 0.0
    assert information.note == "too few data: 30 rows for 100 cells, under 2 a cell"


def test_sides_of_a_conditional_entropy():
    table = [[60, 40, 20], [40, 60, 25]]
    both, low, high = (
        conditional_entropy(table, level=x, side=y) for x, y in ((0.9, "both"), (0.95, "lower"), (0.95, "upper"))
    )
    assert (low.low, low.high) == pytest.approx((both.low, math.log2(3)))
    assert (high.low, high.high) == pytest.approx((0.0, both.high), abs=1e-12)


def test_bootstrap_draws_pairs():
    """Shuffled pairs would know nothing of each other: the interval must stay about the estimate."""
    found = mutual_information([[300, 10], [10, 300]], interval="basic_bootstrap")
    assert 0.5 < found.low < found.value < found.high < 0.9


def test_tail_of_independent_variables_is_what_digamma_misses():
    """By drawing tables of two independent variables with many cells."""
    rng = np.random.default_rng(3)
    p = np.outer(1.0 / np.arange(1, 21), np.ones(20))
    drawn = rng.multinomial(200, (p / p.sum()).ravel(), 400).reshape(400, 20, 20)
    sums = [digamma(one) - digamma(one.sum(axis=1)) - digamma(one.sum(axis=0)) for one in drawn]
    plain = np.array(sums) / 200 + special.digamma(200)
    assert plain.mean() > 0.3
    assert abs(np.mean(plain - independent_tail(drawn.astype(float)))) < 0.15 * plain.mean()


def test_degenerate_tables():
    assert mutual_information([[0, 0], [0, 0]]).kind == "unknown"
    assert conditional_entropy([[0, 0], [0, 0]]).low is None
    assert mutual_information([[5]]).value == conditional_entropy([[5]]).high == 0.0
    assert conditional_entropy([[5], [7]]).value == mutual_information([[5], [7]]).high == 0.0


@pytest.mark.parametrize(
    ("table", "axis", "word"),
    [([1, 2, 3], (-2, -1), "two variables"), ([[1, 2]], (0, 0), "cannot lie"), ([[1, -2]], (0, 1), "negative")],
)
def test_what_is_no_table_is_refused(table, axis, word):
    with pytest.raises(UsageError, match=word):
        mutual_information(table, axis=axis)
