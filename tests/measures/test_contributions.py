"""What each outcome contributes to a divergence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.measures.kl_divergence import kl_contributions

counts = st.integers(2, 12).flatmap(lambda k: st.tuples(*[st.lists(st.integers(1, 1000), min_size=k, max_size=k)] * 2))


@given(counts)
def test_contributions_add_up_and_keep_their_signs(two: tuple[list[int], list[int]]) -> None:
    p, q = (np.array(side) / sum(side) for side in two)
    parts = kl_contributions(p, q)
    assert math.fsum(parts) == pytest.approx(ba.kl_divergence(p, q, unit="nat"), rel=1e-9, abs=1e-15)
    assert np.array_equal(np.sign(parts), np.sign(np.log(p / q))) or np.min(np.abs(p - q)) < 1e-12


def test_contributions_of_what_only_one_side_has() -> None:
    assert kl_contributions([0.5, 0.5, 0.0], [0.5, 0.0, 0.5]).tolist() == [0.0, math.inf, 0.0]
