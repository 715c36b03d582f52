"""Distributions and joint tables to test laws on, by hypothesis.

`any_distributions` draws what users hold: zeros, tiny values, almost equal pairs, certain outcomes, sums off by
rounding.
`grid_distributions` and `grid_tables` draw multiples of 2^-26 that sum to 1 exactly, so that half-way mixtures, merged
outcomes and products of two are exact in float64, and a law has to hold to the last digits.
"""

import math

import numpy as np
from hypothesis import strategies as st

GRID = 1 << 26
MOST_OUTCOMES = 30

LEVELS = np.concatenate([np.ones(16), np.linspace(1.0, 40.0, 144), np.zeros(48), 10.0 ** -np.linspace(1.0, 100.0, 48)])
"""What a drawn byte stands for; what hypothesis simplifies to, 0, is an outcome like the others."""


def bytes_of(count: int) -> st.SearchStrategy[np.ndarray]:
    return st.binary(min_size=count, max_size=count).map(lambda drawn: np.frombuffer(drawn, np.uint8))


@st.composite
def any_distribution(draw, outcomes: int) -> np.ndarray:
    """One row: of mixed sizes, uniform, or certain."""
    kind = draw(st.sampled_from(["mixed", "mixed", "mixed", "uniform", "certain"]))
    if kind == "uniform":
        return np.full(outcomes, 1.0 / outcomes)
    if kind == "certain":
        return np.eye(outcomes)[draw(st.integers(0, outcomes - 1))]
    weights = LEVELS[draw(bytes_of(outcomes))]
    return weights / weights.sum() if weights.sum() > 0.0 else np.full(outcomes, 1.0 / outcomes)


@st.composite
def like(draw, p: np.ndarray) -> np.ndarray:
    """A row that resembles another: the same, almost the same, relabelled, or on other outcomes altogether."""
    kind = draw(st.sampled_from(["same", "near", "near", "near", "turned", "apart"]))
    if kind == "near":
        step = 10.0 ** -draw(st.integers(1, 16))
        q = p * (1.0 + step * (draw(bytes_of(p.size)) / 127.5 - 1.0))
        return q / q.sum()
    if kind == "turned":
        return np.roll(p, draw(st.integers(1, 5)))
    rest = (p == 0.0).astype(float)
    return rest / rest.sum() if kind == "apart" and rest.any() else p.copy()


@st.composite
def any_distributions(draw, count: int, least: int = 1) -> tuple[np.ndarray, ...]:
    """So many rows over the same outcomes, some of which resemble the first."""
    outcomes = draw(st.integers(least, MOST_OUTCOMES))
    rows = [draw(any_distribution(outcomes))]
    for _ in range(count - 1):
        rows.append(draw(like(rows[0]) if draw(st.booleans()) else any_distribution(outcomes)))
    return tuple(rows)


@st.composite
def grid_row(draw, outcomes: int) -> np.ndarray:
    """One row of whole numbers that sum to GRID: the steps between sorted cuts, coarse or fine."""
    drawn = np.frombuffer(draw(st.binary(min_size=4 * (outcomes - 1), max_size=4 * (outcomes - 1))), np.uint32)
    unit = draw(st.sampled_from([1, 1, GRID >> 3, GRID >> 1]))
    cuts = np.sort(drawn % (GRID + 1) // unit * unit)
    return np.diff(np.concatenate([[0], cuts, [GRID]]))[np.argsort(draw(bytes_of(outcomes)), kind="stable")]


@st.composite
def grid_like(draw, row: np.ndarray) -> np.ndarray:
    """The same with a little moved from its largest outcome to another."""
    moved = row.copy()
    amount = draw(st.sampled_from([0, 1, 2, 1000]))
    moved[np.argmax(row)] -= amount
    moved[draw(st.integers(0, row.size - 1))] += amount
    return moved


@st.composite
def grid_distributions(draw, count: int, least: int = 1) -> tuple[np.ndarray, ...]:
    """So many rows over the same outcomes, on the grid, some of which almost equal the first."""
    outcomes = draw(st.integers(least, MOST_OUTCOMES))
    rows = [draw(grid_row(outcomes))]
    for _ in range(count - 1):
        rows.append(draw(grid_like(rows[0]) if draw(st.booleans()) else grid_row(outcomes)))
    return tuple(row / GRID for row in rows)


@st.composite
def grid_tables(draw, count: int, variables: int, least: int = 1) -> tuple[np.ndarray, ...]:
    """So many joint tables of one shape, on the grid; some are products, or almost."""
    most = {1: 12, 2: 5, 3: 3}[variables]
    shape = tuple(draw(st.integers(least, most)) for _ in range(variables))
    rows = [draw(grid_row(math.prod(shape)) | product_row(shape)) for _ in range(count)]
    return tuple((row / GRID).reshape(shape) for row in rows)


@st.composite
def product_row(draw, shape: tuple[int, ...]) -> np.ndarray:
    """A table of independent variables, with a little moved sometimes."""
    fine = GRID >> 8
    whole = np.array(GRID // 256 ** len(shape))
    for side in shape:
        part = draw(grid_row(side)) // fine
        part[0] += 256 - part.sum()
        whole = np.multiply.outer(whole, part)
    return draw(grid_like(whole.ravel())) if draw(st.booleans()) else whole.ravel()


def case(law: str, sides: int, variables: int) -> st.SearchStrategy[tuple[np.ndarray, ...]]:
    """What the check of a law in suite.py takes, for a measure of so many arrays, each a table of so many variables."""
    count = {"triangle": 3, "convex": 2 * sides, "concave": 2 * sides, "additive": 2 * sides}.get(law, sides)
    least = 2 if law in {"data_processing", "symmetric"} else 1
    if variables > 1:
        return grid_tables(count, variables, least)
    if law in {"convex", "concave", "additive", "data_processing"}:
        return grid_distributions(count, least)
    return any_distributions(count, least) | grid_distributions(count, least)
