"""The Dirichlet law of items."""

import numpy as np
import pytest

from bitsapart.scoring.item_law import MOST_TERMS, Items, Law, fitted


def entropy(p):
    """In bits."""
    return -np.where(p > 0, p * np.log2(np.where(p > 0, p, 1)), 0).sum(axis=-1)


def test_the_tail_completes_the_series():
    # H of a beta(a m) item by sampling is the sum of all terms; the tail from 1 is all of it
    law = Law(1.7, np.array([0.2, 0.8]))
    p = np.random.default_rng(0).dirichlet(law.a * law.m, size=400_000)
    assert law.tail(np.array([1.0]))[0] / np.log(2) == pytest.approx(entropy(p).mean(), abs=2e-3)
    v = np.arange(1, 7)
    terms = (p[:, :, None] * (1 - p[:, :, None]) ** v).sum(axis=1).mean(axis=0) / v
    left = law.tail(np.arange(1.0, 8.0))
    assert left[:-1] - left[1:] == pytest.approx(terms, abs=1e-3)


def test_the_far_tail_joins_the_near_one():
    law = Law(2.5, np.array([0.1, 0.2, 0.7]))
    near, far = law.tail(np.array([MOST_TERMS]))[0], law.tail(np.array([MOST_TERMS + 1]))[0]
    assert far == pytest.approx(near, rel=5e-3)


def test_the_law_that_items_have_is_found():
    rng = np.random.default_rng(1)
    law = Law(3.0, np.array([0.5, 0.3, 0.2]))
    counts = rng.multinomial(5, rng.dirichlet(law.a * law.m, size=20_000)).astype(float)
    found = fitted(Items(counts, np.ones_like(counts), np.ones(len(counts))))
    assert found.a == pytest.approx(3.0, rel=0.05)
    assert found.m == pytest.approx(law.m, abs=0.01)
