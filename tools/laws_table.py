"""Write docs/laws.md: which measure obeys which law, and a counterexample for each law that fails.

The laws are those that the measures declare, the counterexamples are found here, by trying small distributions with
round numbers in a fixed order. With --check, only say whether the page is what would be written.
"""

import itertools
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import bitsapart as ba
from bitsapart.measures.laws import MEASURES, Laws

PAGE = Path(__file__).parent.parent / "docs" / "laws.md"
ORDERS: dict[str, tuple[float, ...]] = {
    "renyi_entropy": (0, 0.5, 1, 2, math.inf),
    "tsallis_entropy": (0, 0.5, 1, 2, 3),
    "renyi_divergence": (0, 0.5, 0.75, 1, 2, math.inf),
    "tsallis_divergence": (0.5, 0.75, 1, 2),
    "alpha_divergence": (-1, 0, 0.5, 0.75, 1, 2, 3),
}
"""The orders at which a measure with a parameter is looked at: the special ones, and one on each side of them."""

CLEAR = 1.02
"""A counterexample breaks its law by more than this factor."""

Case = tuple[np.ndarray, ...]

for _name in ba.__all__:
    getattr(ba, _name)  # a measure registers itself when it is loaded


@dataclass(frozen=True)
class Row:
    """A measure, of one order if it has one."""

    name: str
    order: float | None = None

    @property
    def laws(self) -> Laws:
        """What it declares."""
        return MEASURES[self.name].laws(*self.arguments)

    @property
    def arguments(self) -> tuple[float, ...]:
        """What follows the arrays."""
        return () if self.order is None else (self.order,)

    @property
    def sides(self) -> int:
        """How many arrays it takes."""
        return 2 if self.laws.of == "pair" else 1

    @property
    def variables(self) -> int:
        """Over how many variables each array is a table."""
        return 1 if self.laws.of != "joint" else 3 if "conditional_mutual" in self.name else 2

    def __call__(self, *arrays: np.ndarray) -> np.ndarray:
        """Of a batch, in bits."""
        tables = {"axis": tuple(range(1, 1 + self.variables))} if self.laws.of == "joint" else {}
        return np.asarray(MEASURES[self.name](*arrays, *self.arguments, **tables))


def rows() -> list[Row]:
    """All measures, by name, each of its orders."""
    return [Row(name, order) for name in sorted(MEASURES) for order in ORDERS.get(name, (None,))]


# counterexamples ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counterexample:
    """A case that breaks a law, and the two values that should have been in the other order, or equal."""

    case: Case
    left: float
    right: float


def compositions(parts: int, cells: int) -> np.ndarray:
    """All ways to share so many parts among cells."""
    bars = itertools.combinations(range(parts + cells - 1), cells - 1)
    cuts = np.array([(-1, *places, parts + cells - 1) for places in bars])
    return (np.diff(cuts, axis=1) - 1) / parts


def one_and_many(parts: int, others: int) -> np.ndarray:
    """One outcome, and the rest shared equally by many: what breaks laws that hold for few outcomes."""
    first = np.arange(parts + 1)[:, None] / parts
    return np.concatenate([first, np.repeat((1.0 - first) / others, others, axis=1)], axis=1)


def candidates(row: Row, count: int) -> Iterator[np.ndarray]:
    """Batches of small distributions or tables to choose from, the simplest first."""
    if row.variables == 1:
        yield compositions(10, 2)
        yield compositions(4 if count > 2 else 10, 3)
        yield one_and_many(10, 10)
    else:
        shape = (2,) * row.variables
        parts = (2,) if count > 2 or row.variables == 3 else (2, 4)
        for number in parts:
            yield compositions(number, 2**row.variables).reshape(-1, *shape)


def half_way(row: Row, case: Case) -> tuple[Case, Case, Case]:
    """The first arguments, the second, and those half-way."""
    first, second = case[: row.sides], case[row.sides :]
    return first, second, tuple((a + b) / 2 for a, b in zip(first, second, strict=True))


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Both side by side, independent: batches of tables of the same number of variables."""
    sides = a.ndim - 1
    order = [0, *itertools.chain.from_iterable((1 + i, 1 + sides + i) for i in range(sides))]
    a = a.reshape(*a.shape, *[1] * sides)
    b = b.reshape(b.shape[0], *[1] * sides, *b.shape[1:])
    shape = [m * n for m, n in zip(a.shape[1 : 1 + sides], b.shape[1 + sides :], strict=True)]
    return (a * b).transpose(order).reshape(-1, *shape)


def merged(x: np.ndarray, axis: int) -> np.ndarray:
    """The first two outcomes of a variable as one."""
    x = np.moveaxis(x, axis, 1)
    return np.moveaxis(np.concatenate([x[:, :1] + x[:, 1:2], x[:, 2:]], axis=1), 1, axis)


Pairs = tuple[np.ndarray, np.ndarray]


def symmetric(row: Row, *case: np.ndarray) -> Pairs:
    return row(*case), row(*case[::-1]) if len(case) == 2 else row(np.swapaxes(case[0], 1, 2))


def triangle(row: Row, p: np.ndarray, q: np.ndarray, r: np.ndarray) -> Pairs:
    return row(p, r), row(p, q) + row(q, r)


def convex(row: Row, *case: np.ndarray) -> Pairs:
    first, second, between = half_way(row, case)
    return row(*between), (row(*first) + row(*second)) / 2


def concave(row: Row, *case: np.ndarray) -> Pairs:
    return convex(row, *case)[::-1]


def data_processing(row: Row, *case: np.ndarray) -> Pairs:
    after = [row(*(merged(x, 1 + axis) for x in case)) for axis in range(row.variables)]
    return np.max(after, axis=0), row(*case)


def additive(row: Row, *case: np.ndarray) -> Pairs:
    first, second, _ = half_way(row, case)
    parts = [product(a, b) for a, b in zip(first, second, strict=True)]
    return row(*parts), row(*first) + row(*second)


def zero_iff_equal(row: Row, p: np.ndarray, q: np.ndarray) -> Pairs:
    """Left above right: something at equality, or nothing although they differ."""
    differ = np.any(p != q, axis=-1)
    return np.where(differ, 1.0 * (row(p, q) == 0.0), row(p, q)), np.zeros(len(p))


SIDES: dict[str, tuple[Callable[..., Pairs], bool]] = {
    "symmetric": (symmetric, True),
    "zero_iff_equal": (zero_iff_equal, False),
    "triangle": (triangle, False),
    "convex": (convex, False),
    "concave": (concave, False),
    "data_processing": (data_processing, False),
    "additive": (additive, True),
}
"""The two sides of each law, the left at most the right, or equal to it."""


def arrays_of(law: str, row: Row) -> int:
    """How many arrays a case of a law has."""
    if law == "triangle":
        return 3
    return row.sides * (2 if law in {"convex", "concave", "additive"} else 1)


def counterexample(row: Row, law: str) -> Counterexample | None:
    """The clearest among the simplest: finite where possible."""
    sides, equality = SIDES[law]
    count = arrays_of(law, row)
    infinite = None
    for choice in candidates(row, count):
        places = np.indices([len(choice)] * count).reshape(count, -1)
        case = tuple(choice[i] for i in places)
        with np.errstate(all="ignore"):
            left, right = sides(row, *case)
            gap = (left + 1e-6) / (right + 1e-6)
            gap = np.maximum(gap, 1.0 / gap) if equality else gap
        # rounded, so that the last bits do not choose between cases that are each other's mirror image
        gap = np.round(np.where(np.isnan(gap), 0.0, gap), 6)
        for usable in (np.isfinite(left) & np.isfinite(right), np.isfinite(right) | np.isfinite(left)):
            score = np.where(usable, gap, 0.0)
            best = int(np.argmax(score))
            if score[best] > CLEAR:
                found = Counterexample(tuple(x[best] for x in case), float(left[best]), float(right[best]))
                if math.isfinite(found.left) and math.isfinite(found.right):
                    return found
                infinite = infinite or found
    return infinite


# the page -----------------------------------------------------------------------------------------------------------

HEAD = """# Which of these is a metric, and why Kullback-Leibler is not

Written by `tools/laws_table.py` from what the measures declare (`ba.kl_divergence.laws()`); `tests/laws` tests every
line of it. A metric is symmetric, 0 exactly when P = Q, and obeys the triangle inequality: no detour is shorter.
Kullback-Leibler divergence is not symmetric, because it asks what acting on Q costs when P is true; and a detour can be
shorter:

```python
>>> import bitsapart as ba
>>> p, q, r = [0.9, 0.1], [0.5, 0.5], [0.1, 0.9]
>>> straight, detour = ba.kl_divergence(p, r), ba.kl_divergence(p, q) + ba.kl_divergence(q, r)
>>> round(float(straight), 3), round(float(detour), 3)
(2.536, 1.268)
>>> ba.kl_divergence.laws().metric, ba.js_distance.laws().metric
(False, True)

```

What it has instead: it adds up over independent parts, and merging outcomes never makes it larger.

- **symmetric**: D(P, Q) = D(Q, P)
- **zero**: D(P, Q) = 0 exactly when P = Q
- **triangle**: D(P, R) ≤ D(P, Q) + D(Q, R)
- **largest**: the largest value; K is the number of outcomes
- **finite**: when the value is finite
- **convex**: of two mixtures, at most the mixed values, D(½P₁ + ½P₂, ½Q₁ + ½Q₂) ≤ ½D(P₁, Q₁) + ½D(P₂, Q₂);
  **concave**: at least
- **merging**: when outcomes are merged, it never becomes larger (data processing)
- **additive**: over independent parts, D(P₁ × P₂, Q₁ × Q₂) = D(P₁, Q₁) + D(P₂, Q₂)

A **no** links to a counterexample; a measure is no metric if one of the three laws after it fails.
"""

COLUMNS = {
    "pair": ["metric", "symmetric", "zero_iff_equal", "triangle", "at_most", "finite", "convex"],
    "distribution": ["at_most", "concave"],
    "joint": ["symmetric", "at_most", "concave"],
}
TITLES = {"zero_iff_equal": "zero", "at_most": "largest", "data_processing": "merging"}
NOUNS = {
    "symmetric": "symmetric",
    "zero_iff_equal": "zero exactly when P = Q",
    "triangle": "triangle",
    "convex": "convex",
    "concave": "concave",
    "data_processing": "smaller when merged",
    "additive": "additive",
}
SUBJECTS = {"pair": "Of two distributions", "distribution": "Of one distribution", "joint": "Of a joint table"}
SYMBOLS = {-1.0: "−1", 0.5: "½", 0.75: "¾", math.inf: "∞"}


def cell(row: Row, column: str) -> str:
    """What one column of the table says."""
    value = getattr(row.laws, column)
    if value is None:
        return ""
    if not isinstance(value, bool):
        return str(value)
    if value or column == "metric":
        return "**yes**" if value and column == "metric" else "yes" if value else "no"
    return f"[no](#{row.name})"


def columns_of(subject: str) -> list[str]:
    return [*COLUMNS[subject], "data_processing", "additive"]


def groups(subject: str) -> list[list[Row]]:
    """Orders of a measure that obey the same laws share a line."""
    found: list[list[Row]] = []
    columns = columns_of(subject)
    for row in rows():
        if row.laws.of != subject:
            continue
        last = found[-1][-1] if found else None
        alike = last and last.name == row.name and all(cell(last, c) == cell(row, c) for c in columns)
        if alike:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def title(group: list[Row]) -> str:
    """The name, with the orders."""
    return f"`{group[0].name}`" + orders(group)


def orders(group: list[Row]) -> str:
    if group[0].order is None:
        return ""
    letter = "q" if group[0].name == "tsallis_entropy" else "α"
    return f", {letter} = " + ", ".join(SYMBOLS.get(row.order or 0.0, f"{row.order:g}") for row in group)


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def table(subject: str) -> str:
    columns = columns_of(subject)
    head = ["", *(TITLES.get(column, column) for column in columns)]
    body = [line([title(group), *(cell(group[0], column) for column in columns)]) for group in groups(subject)]
    return "\n".join([f"## {SUBJECTS[subject]}\n", line(head), line(["---"] * len(head)), *body])


def shown(x: np.ndarray) -> str:
    """A distribution, or a table row by row, in few digits."""
    if x.ndim > 1:
        return "[" + ", ".join(shown(part) for part in x) + "]"
    if len(x) > 3 and np.all(x[1:] == x[1]):
        return f"({x[0]:.4g}, {len(x) - 1} × {x[1]:.4g})"
    return "(" + ", ".join(f"{value:.4g}" for value in x) + ")"


def number(value: float, row: Row) -> str:
    """A value of the measure, with its unit."""
    if math.isinf(value):
        return "∞"
    unit = "" if not row.laws.information or row.name == "js_distance" else " bit" if f"{value:.4g}" == "1" else " bits"
    return f"{value:.4g}{unit}"


def names_of(law: str, row: Row) -> list[str]:
    """What the arrays of a case are called."""
    sides = ["P", "Q"][: row.sides]
    if law == "triangle":
        return ["P", "Q", "R"]
    if arrays_of(law, row) == row.sides:
        return sides
    return [f"{side}{index}" for index in "₁₂" for side in sides]


def sentence(law: str, row: Row, found: Counterexample) -> str:
    """A counterexample in words and numbers."""
    names = names_of(law, row)
    given = ", ".join(f"{name} = {shown(x)}" for name, x in zip(names, found.case, strict=True))
    left, right = number(found.left, row), number(found.right, row)
    sides = ["P", "Q"][: row.sides]
    parts = {
        "symmetric": f"D(P, Q) = {left}, D(Q, P) = {right}",
        "triangle": f"D(P, R) = {left} > D(P, Q) + D(Q, R) = {right}",
        "convex": f"half-way {left} > {right}, the mean of both",
        "concave": f"half-way {right} < {left}, the mean of both",
        "data_processing": f"first two outcomes merged {left} > {right}",
        "additive": f"D({', '.join(f'{s}₁ × {s}₂' for s in sides)}) = {left}, the sum of both {right}",
        "zero_iff_equal": f"D(P, Q) = {left if np.array_equal(found.case[0], found.case[-1]) else 0}",
    }
    if row.laws.of == "joint":
        parts["symmetric"] = f"D(P) = {left}, variables swapped {right}"
    return f"{given}: {parts[law]}"


def failures(subject: str) -> str:
    """A counterexample for each law that a measure does not obey."""
    found: dict[str, list[str]] = {}
    for group in groups(subject):
        row = group[0]
        for law in columns_of(subject):
            if law in SIDES and getattr(row.laws, law) is False:
                example = counterexample(row, law)
                if example is None:
                    raise SystemExit(f"{title([row])} is declared not to be {law}, and no counterexample is found")
                text = f"- not {NOUNS[law]}{orders([row])}: {sentence(law, row, example)}"
                found.setdefault(row.name, []).append(text)
    return "\n\n".join("\n".join([f"### {name}\n", *lines]) for name, lines in found.items())


def page() -> str:
    """The whole of docs/laws.md."""
    fails = "## What fails, with numbers\n\nInformation is in bits; 10 × 0.02 are ten outcomes of probability 0.02."
    parts = [HEAD.rstrip(), *(table(subject) for subject in COLUMNS), fails, *(failures(s) for s in COLUMNS)]
    return "\n\n".join(part for part in parts if part) + "\n"


def main(arguments: list[str]) -> int:
    text = page()
    if "--check" in arguments:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print(f"{PAGE.name} is {'current' if current else 'out of date: run python tools/laws_table.py'}")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
