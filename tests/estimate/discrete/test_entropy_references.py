"""Published values, to the digits published; ours by an independent computation, to all."""

import numpy as np
import pytest

from bitsapart.estimate.discrete.dirichlet import dirichlet
from bitsapart.estimate.discrete.estimators import ESTIMATORS

COUNTS = [1, 2, 3, 2, 1]


@pytest.mark.parametrize(
    ("name", "expected", "digits"),
    [
        # the tests of DiscreteEntropy.jl, several of them from the R package `entropy`; also what infomeasure says
        ("plug_in", 1.522955, 6),
        ("miller_madow", 1.745177, 6),
        ("chao_shen", 1.876548, 6),
        ("shrinkage", 1.609438, 6),
        ("chao_wang_jost", 1.847870, 6),
        ("zhang", 1.773413, 6),
        # from the recursion of the paper, written out in `test_grassberger_is_its_recursion`
        ("grassberger", 1.912032, 6),
    ],
)
def test_published_values(name: str, expected: float, digits: int) -> None:
    assert float(ESTIMATORS[name](COUNTS)) == pytest.approx(expected, abs=0.51 * 10.0**-digits)


@pytest.mark.parametrize(
    # the R package `entropy` by way of the tests of DiscreteEntropy.jl
    ("prior", "expected"),
    [("laplace", 1.574097), ("jeffreys", 1.556911), ("minimax", 1.561237), ("perks", 1.539698), (3.0, 1.597417)],
)
def test_dirichlet_priors(prior: str | float, expected: float) -> None:
    assert float(dirichlet(COUNTS, prior)) == pytest.approx(expected, abs=0.51e-6)


def test_grassberger_is_its_recursion() -> None:
    g = {1: -np.euler_gamma - np.log(2.0), 2: 2.0 - np.euler_gamma - np.log(2.0)}
    for n in range(3, 3001):
        g[n] = g[n - 1] if n % 2 else g[n - 2] + 2.0 / (n - 1)
    for counts in ([1, 2, 3, 2, 1], [19, 20, 21, 22], [2999, 1500, 7, 1]):
        n = sum(counts)
        table = g if n in g else g | {n: 0.0}
        expected = np.log(n) - sum(c * table[c] for c in counts) / n
        assert float(ESTIMATORS["grassberger"](counts)) == pytest.approx(expected, rel=1e-13)


def test_zhang_is_his_series() -> None:
    counts = np.array([4, 3, 1, 1])
    n = counts.sum()
    expected = 0.0
    for count in counts:
        product = 1.0
        for v in range(1, n - count + 1):
            product *= 1.0 - (count - 1.0) / (n - v)
            expected += count / n * product / v
    assert float(ESTIMATORS["zhang"](counts)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("counts", "once", "twice"), [([1, 2, 3, 2, 1], 2, 2), ([1, 1, 1, 5], 3, 0), ([1] * 7, 7, 0), ([9, 1, 2], 1, 1)]
)
def test_chao_wang_jost_is_its_formula(counts: list[int], once: int, twice: int) -> None:
    n = sum(counts)
    rare = 2 * twice / ((n - 1) * once + 2 * twice) if twice else 2 / ((n - 1) * (once - 1) + 2)
    r = np.arange(1, n)
    more = once / n * (1 - rare) ** (1 - n) * (-np.log(rare) - np.sum((1 - rare) ** r / r))
    expected = float(ESTIMATORS["zhang"](counts)) + more
    assert float(ESTIMATORS["chao_wang_jost"](counts)) == pytest.approx(expected, rel=1e-12)
