"""The inputs on which the measures are held against the truth: each is where some library goes wrong.

Every value is made by whole numbers, +, *, / and exact sums alone, so that each machine makes the same floats.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import fsum, inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from truth import (
    JOINT,
    JOINT_2,
    JOINT_3,
    ONE,
    ONE_ALPHA,
    PAIR,
    PAIR_ALPHA,
    SEVERAL,
    Call,
    Given,
)

Floats = NDArray[np.float64]
Row = Sequence[float]

SMALLEST = 5e-324
EPSILONS = [float(f"1e-{k}") for k in range(1, 16)]
NEAR_ONE = (1 - 1e-15, 1 + 1e-15)
ORDERS: dict[str, list[float]] = {
    "renyi_entropy": [0, 1e-3, 0.5, NEAR_ONE[0], 1, NEAR_ONE[1], 2, 50, inf],
    "tsallis_entropy": [0, 1e-3, 0.5, NEAR_ONE[0], 1, NEAR_ONE[1], 2, 50],
    "renyi_divergence": [0, 1e-3, 0.5, NEAR_ONE[0], 1, NEAR_ONE[1], 2, 50, inf],
    "tsallis_divergence": [1e-3, 0.5, NEAR_ONE[0], 1, NEAR_ONE[1], 2, 50],
    "alpha_divergence": [-1, 0, 1e-15, 1e-3, 0.5, NEAR_ONE[0], 1, NEAR_ONE[1], 2, 50],
}


PURE = {
    "perplexity", "tsallis_entropy", "tsallis_divergence", "alpha_divergence", "bhattacharyya_coefficient",
    "total_variation", "squared_hellinger", "hellinger_distance", "chi_squared_divergence",
    "neyman_chi_squared_divergence", "f_divergence",
}  # fmt: skip
"""Without a unit of information."""


@dataclass(frozen=True)
class Case:
    """Arrays to be measured. `times`: how many outcomes each value of the rows stands for."""

    name: str
    group: str
    of: Literal["one", "pair", "several", "joint"]
    rows: tuple[tuple[float, ...], ...]
    times: tuple[int, ...] | None = None
    logits: bool = False
    normalize: bool = False
    weights: tuple[float, ...] | None = None
    shape: tuple[int, ...] | None = None
    alone: tuple[str, ...] | None = None
    """Only these measures (of very large arrays)."""

    @property
    def given(self) -> Given:
        return Given(self.rows, self.times, self.logits, self.weights, self.shape)

    @property
    def outcomes(self) -> int:
        return sum(self.times) if self.times else len(self.rows[0])

    def arrays(self) -> list[Floats]:
        """What a user passes."""
        rows = [np.array(row, dtype=np.float64) for row in self.rows]
        if self.times:
            return [np.repeat(row, self.times) for row in rows]
        return [row.reshape(self.shape) for row in rows] if self.shape else rows

    def calls(self) -> list[Call]:
        """The measures to be taken of this case."""
        chosen = [call for call in self.possible() if self.alone is None or call[0] in self.alone]
        return [(name, (alpha,)) for name, orders in ORDERS.items() for alpha in orders if (name, ()) in chosen] + [
            call for call in chosen if call[0] not in ORDERS
        ]

    def options(self, call: Call) -> dict[str, object]:
        """The named arguments of a measure of bitsapart, for its truth in nats."""
        found: dict[str, object] = {} if call[0] in PURE else {"unit": "nat"}
        found |= {"normalize": True} if self.normalize else {}
        found |= {"from_logits": True} if self.logits else {}
        found |= {"weights": self.weights} if self.weights else {}
        return found | ({"axis": tuple(range(len(self.shape)))} if self.shape else {})

    def possible(self) -> list[Call]:
        groups = {
            "one": (ONE, ONE_ALPHA),
            "pair": (PAIR, PAIR_ALPHA),
            "several": (SEVERAL,),
            "joint": (JOINT, {2: JOINT_2, 3: JOINT_3}.get(len(self.shape or ()), ())),
        }[self.of]
        return [(formula.__name__, ()) for formula in chain(*groups)]


# numbers of any machine ---------------------------------------------------------------------------------------------


def uniforms(count: int, seed: int) -> list[float]:
    """Floats in [0, 1) by a linear congruential generator (Knuth's MMIX)."""
    state, found = seed, []
    for _ in range(count + 8):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append((state >> 11) / 2**53)
    return found[8:]


def scaled(row: Row) -> tuple[float, ...]:
    """Divided by its sum, as a user would: rounded."""
    total = fsum(row)
    return tuple(x / total for x in row)


@cache
def skewed(outcomes: int) -> tuple[float, ...]:
    """Probabilities over some decades."""
    return scaled([0.001 + u * u * u for u in uniforms(outcomes, outcomes)])


def nudged(p: Row, epsilon: float) -> tuple[float, ...]:
    """Near p: every outcome moved by up to this share of itself."""
    moves = uniforms(len(p), 7 * len(p) + 1)
    return scaled([x * (1 + epsilon * (2 * z - 1)) for x, z in zip(p, moves, strict=True)])


def powers(base: float, outcomes: int) -> tuple[float, ...]:
    """1, base, base^2, ..."""
    found = [1.0]
    for _ in range(outcomes - 1):
        found.append(found[-1] * base)
    return tuple(found)


# pairs --------------------------------------------------------------------------------------------------------------


def pair(group: str, name: str, p: Row, q: Row, **more: object) -> Case:
    return Case(f"{group}: {name}", group, "pair", (tuple(p), tuple(q)), **more)  # type: ignore[arg-type]


def near() -> Iterator[Case]:
    for outcomes in (2, 10, 1000):
        for epsilon in EPSILONS:
            p = (0.25, 0.75) if outcomes == 2 else skewed(outcomes)
            yield pair("P near Q", f"K {outcomes}, by {epsilon:g}", p, nudged(p, epsilon))


def tiny() -> Iterator[Case]:
    group = "tiny probabilities"
    for e in (1e-1, 1e-3, 1e-5, 1e-8, 1e-10, 1e-15, 1e-17, 1e-20, 1e-30, 1e-100, 1e-300, 1e-310, SMALLEST):
        yield pair(group, f"e {e:g} and 2e", (1 - e, e), (1 - 2 * e, 2 * e))
        yield pair(group, f"e {e:g} to a half", (1 - e, e), (0.5, 0.5))
        yield pair(group, f"a half to e {e:g}", (0.5, 0.5), (1 - e, e))
        yield pair(group, f"e {e:g} to one-hot", (1.0, 0.0), (1 - e, e))
        yield pair(group, f"e {e:g} turned over", (1 - e, e), (e, 1 - e))
    tail = (0.25, 0.75, 1e-20, 1e-300, 2e-323)
    yield pair(group, "tails that differ", tail, (0.25, 0.75, 2e-20, 3e-300, 1e-323))
    yield pair(group, "tails that differ, down to 1e-300", tail[:4], (0.25, 0.75, 2e-20, 3e-300))
    yield pair(group, "a tail that differs by 1e-9", (0.25, 0.75, 1e-20), (0.25, 0.75, 1.000000001e-20))
    yield pair(group, "a head that differs by 1e-9", tail, (*nudged(tail[:2], 1e-9), *tail[2:]))
    yield pair(group, "powers of 1/2 and of 1/3", scaled(powers(1 / 2, 600)), scaled(powers(1 / 3, 600)))
    yield pair(group, "powers of 1/2, back to front", scaled(powers(1 / 2, 1000)), scaled(powers(1 / 2, 1000)[::-1]))


def zeros() -> Iterator[Case]:
    group = "zeros"
    half = (0.5, 0.5)
    yield pair(group, "in P", (0.5, 0.5, 0.0), (0.25, 0.25, 0.5))
    yield pair(group, "in Q", (0.25, 0.25, 0.5), (0.5, 0.5, 0.0))
    yield pair(group, "in both, apart", (0.0, 0.25, 0.75), (0.5, 0.5, 0.0))
    yield pair(group, "in both, together", (0.0, 0.25, 0.75), (0.0, 0.5, 0.5))
    yield pair(group, "in both, together, P near Q", (0.0, *skewed(10)), (0.0, *nudged(skewed(10), 1e-9)))
    yield pair(group, "disjoint", (*half, 0.0, 0.0), (0.0, 0.0, *half))
    yield pair(group, "one-hot, apart", (1.0, 0.0), (0.0, 1.0))
    yield pair(group, "one-hot to uniform", (1.0, 0.0, 0.0, 0.0), (0.25,) * 4)
    yield pair(group, "uniform to one-hot", (0.25,) * 4, (1.0, 0.0, 0.0, 0.0))
    yield pair(group, "1e-20 of P where Q has none", (0.5, 0.5, 1e-20), (0.5, 0.5, 0.0))
    yield pair(group, "1e-300 of Q where P has none", (0.5, 0.5, 0.0), (0.5, 0.5, 1e-300))


def equal() -> Iterator[Case]:
    group = "P is Q"
    for name, p in (
        ("a half", (0.5, 0.5)),
        ("thirds", (1 / 3, 1 / 3, 1 / 3)),
        ("one-hot", (0.0, 1.0, 0.0)),
        ("with zeros", (0.0, *skewed(10), 0.0)),
        ("K 1000", skewed(1000)),
        ("with subnormals", (0.25, 0.75, 1e-310, SMALLEST)),
    ):
        yield pair(group, name, p, p)


def sums() -> Iterator[Case]:
    """Sums that are not 1 are divided away exactly: little of it by rounding, or all of it."""
    group = "sums off by 1e-8"
    p = skewed(10)
    up, down = tuple(x * 1.00000001 for x in p), tuple(x * 0.99999999 for x in p)
    yield pair(group, "the same but for the sum", up, down)
    yield pair(group, "P near Q", up, nudged(down, 1e-6))
    yield pair(group, "P is Q", up, up)
    yield one(group, "K 10", up)
    yield one(group, "one-hot", (1.00000001, 0.0))
    group = "weights"
    yield pair(group, "counts", (1.0, 2.0, 3.0), (3.0, 2.0, 1.0), normalize=True)
    yield pair(group, "counts, twice as many", (1.0, 2.0, 4.0), (2.0, 4.0, 8.0), normalize=True)
    yield pair(group, "counts, three times as many", (1.0, 2.0, 4.0), (3.0, 6.0, 12.0), normalize=True)
    yield pair(group, "counts, near", (1e6, 2e6, 4e6), (1e6, 2e6, 4e6 + 1), normalize=True)
    yield pair(group, "a sum that overflows", (1e308, 1e308), (0.25e308, 0.75e308), normalize=True)
    yield pair(group, "subnormal", (1e-310, 3e-310), (2e-310, 2e-310), normalize=True)
    yield pair(group, "of one and of the other end", (1e-310, 3e-310), (1e308, 1e308), normalize=True)
    yield pair(group, "600 decades", (1e300, 1e-300), (1e299, 1e-299), normalize=True)
    yield one(group, "three that overflow", (1e308, 1e308, 1e308), normalize=True)
    yield one(group, "of the smallest floats", (SMALLEST, 3 * SMALLEST), normalize=True)


def samples() -> Iterator[Case]:
    """Counts of whole rows, which libraries that take samples can be given too."""
    group = "counts of a sample"
    for name, p, q in (
        ("ordinary", (10.0, 20.0, 30.0), (25.0, 5.0, 30.0)),
        ("near", (1000.0, 2000.0, 3000.0), (1001.0, 2000.0, 2999.0)),
        ("the same shares", (10.0, 20.0, 30.0), (20.0, 40.0, 60.0)),
        ("a value that Q never had", (2.0, 1.0, 1.0), (2.0, 2.0, 0.0)),
        ("disjoint", (3.0, 5.0, 0.0, 0.0), (0.0, 0.0, 4.0, 2.0)),
    ):
        yield pair(group, name, p, q, normalize=True)
        yield one(group, f"{name}, P alone", p, normalize=True)


def apart() -> Iterator[Case]:
    group = "P apart from Q"
    yield pair(group, "K 2", (0.25, 0.75), (0.75, 0.25))
    yield pair(group, "K 10", skewed(10), skewed(10)[::-1])
    yield pair(group, "K 1000", skewed(1000), skewed(1000)[::-1])
    yield pair(group, "one outcome", (1.0,), (1.0,))


IN_ONE_PASS = ("kl_divergence", "js_divergence", "total_variation", "entropy")


def large() -> Iterator[Case]:
    """Many outcomes of a few different values."""
    for outcomes in (100_000, 1_000_000, 10_000_000):
        alone = {100_000: None, 1_000_000: IN_ONE_PASS}.get(outcomes, ("kl_divergence", "entropy"))
        times = tuple(outcomes // 10 + j for j in (-7, 3, 1, -1, -2, 9, -4, 0, 5, -4))
        p = blocks(skewed(10), times)
        for epsilon in (1e-1, 1e-9):
            q = blocks(nudged(skewed(10), epsilon), times)
            name = f"K {outcomes:,}, by {epsilon:g}"
            yield pair("many outcomes", name, p, q, times=times, alone=alone)
        yield one("many outcomes", f"K {outcomes:,}", p, times=times, alone=alone)


def blocks(p: Row, times: Row) -> tuple[float, ...]:
    """The mass of each value shared by as many outcomes."""
    total = fsum(n * x for n, x in zip(times, p, strict=True))
    return tuple(x / total for x in p)


# logits -------------------------------------------------------------------------------------------------------------

HUGE = (1e4, 0.0, -1e4, 9990.0)


def logits() -> Iterator[Case]:
    group = "logits"
    base = tuple(10 * u for u in uniforms(10, 3))
    long = tuple(10 * u for u in uniforms(1000, 5))
    for name, p, q in (
        ("plain", base, base[::-1]),
        ("of size 1e4", HUGE, (0.0, 1e4, 9995.0, -1e4)),
        ("of size 1e4, the same top", HUGE, (1e4, 5.0, -1e4, 9991.0)),
        ("of size 1e4, near", HUGE, (1e4, 0.0, -1e4, 9990.000001)),
        ("all near 1e4", tuple(1e4 + x for x in base), tuple(1e4 + x for x in base[::-1])),
        ("shifted", base, tuple(x + 1e3 for x in base)),
        ("masked in both", (*base, -inf), (*base[::-1], -inf)),
        ("masked in P", (*base, -inf), (*base[::-1], 1.0)),
        ("masked in Q", (*base, 1.0), (*base[::-1], -inf)),
        ("masked apart, disjoint", (1.0, -inf), (-inf, 1.0)),
        ("one left", (-inf, 3.0, -inf), (-inf, -2.0, -inf)),
        ("the same", base, base),
        ("the same, of size 1e4", HUGE, HUGE),
    ):
        yield pair(group, name, p, q, logits=True)
    for epsilon in (1e-1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-14):
        for name, p in (("K 10", base), ("K 1000", long), ("K 10, masked", (*base, -inf))):
            moved = tuple(x + epsilon * (2 * z - 1) for x, z in zip(p, uniforms(len(p), 11), strict=True))
            yield pair("logits, P near Q", f"{name}, by {epsilon:g}", p, moved, logits=True)


VOCABULARY = 128_256


def vocabulary() -> Case:
    """Two rows of a language model's float32 logits that differ by 1e-5: KL is some 4e-11 nats."""
    distinct = VOCABULARY // 256
    p = [np.float32(20 * u - 10) for u in uniforms(distinct, 17)]
    q = [x + np.float32(3e-5 * (u - 0.5)) for x, u in zip(p, uniforms(distinct, 19), strict=True)]
    rows = (tuple(map(float, p)), tuple(map(float, q)))
    return Case("vocabulary", "vocabulary", "pair", rows, (256,) * distinct, logits=True, alone=IN_ONE_PASS)


# one distribution, several, joint tables ----------------------------------------------------------------------------


def one(group: str, name: str, p: Row, **more: object) -> Case:
    return Case(f"{group}: {name}", group, "one", (tuple(p),), **more)  # type: ignore[arg-type]


def ones() -> Iterator[Case]:
    for e in (1e-1, 1e-3, 1e-8, 1e-15, 1e-16, 1e-17, 1e-20, 1e-30, 1e-100, 1e-300, 1e-310, SMALLEST):
        yield one("nearly one-hot", f"e {e:g}", (1 - e, e))
    yield one("nearly one-hot", "1e-20, 999 times", (1.0, *(1e-20,) * 999))
    yield one("nearly one-hot", "1e-6, 999 times", (1 - 999e-6, *(1e-6,) * 999))
    yield one("one-hot", "K 2", (0.0, 1.0))
    yield one("one-hot", "K 1", (1.0,))
    yield one("one-hot", "K 1000", (*(0.0,) * 999, 1.0))
    for outcomes in (2, 3, 10, 1000):
        yield one("uniform", f"K {outcomes}", (1 / outcomes,) * outcomes)
    yield one("ordinary", "K 10", skewed(10))
    yield one("ordinary", "K 1000", skewed(1000))
    yield one("ordinary", "with zeros", (0.0, *skewed(10), 0.0))
    yield one("ordinary", "powers of 1/2", scaled(powers(1 / 2, 1000)))
    yield one("ordinary", "nearly uniform", nudged((0.1,) * 10, 1e-9))
    base = tuple(10 * u for u in uniforms(10, 3))
    for name, p in (
        ("plain", base),
        ("of size 1e4", HUGE),
        ("masked", (*base, -inf)),
        ("one left", (-inf, 5.0, -inf)),
        ("nearly one-hot", (0.0, 50.0)),
        ("more nearly one-hot", (0.0, 700.0)),
        ("equal", (7.0,) * 10),
        ("nearly equal", tuple(7 + 1e-12 * x for x in base)),
    ):
        yield one("logits of one", name, p, logits=True)


def several() -> Iterator[Case]:
    p = skewed(10)
    backwards, third = p[::-1], (*p[5:], *p[:5])

    def of(name: str, *rows: Row, weights: tuple[float, ...] | None = None) -> Case:
        return Case(f"several: {name}", "several", "several", tuple(tuple(row) for row in rows), weights=weights)

    yield of("three", p, backwards, third)
    yield of("three, weighted", p, backwards, third, weights=(0.5, 0.25, 0.25))
    yield of("two, weighted", p, backwards, weights=(0.875, 0.125))
    yield of("two, one nearly alone", p, backwards, weights=(1 - 2**-40, 2**-40))
    yield of("two, one alone", p, backwards, weights=(1.0, 0.0))
    yield of("three, near", p, nudged(p, 1e-9), nudged(p, 2e-9))
    yield of("three, near, weighted", p, nudged(p, 1e-12), nudged(p, 2e-12), weights=(0.5, 0.25, 0.25))
    yield of("three, the same", p, p, p)
    yield of("three, the same, thirds", *((1 / 3, 1 / 3, 1 / 3),) * 3)
    yield of("four, disjoint", *np.eye(4).tolist())


def outer(*marginals: Row) -> list[float]:
    cells = [1.0]
    for marginal in marginals:
        cells = [x * y for x in cells for y in marginal]
    return cells


def joints() -> Iterator[Case]:
    def table(group: str, name: str, shape: tuple[int, ...], cells: Row, **more: object) -> Case:
        return Case(f"{group}: {name}", group, "joint", (tuple(cells),), shape=shape, **more)  # type: ignore[arg-type]

    third, fifths = (1 / 3, 2 / 3), (0.1, 0.2, 0.3, 0.4)
    for epsilon in EPSILONS:
        group, name = "nearly independent", f"by {epsilon:g}"
        yield table(group, f"2 x 2, {name}", (2, 2), (0.25 + epsilon / 5, 0.25 - epsilon / 5, 0.25, 0.25))
        yield table(group, f"3 x 4, {name}", (3, 4), nudged(outer((0.2, 0.3, 0.5), fifths), epsilon))
        yield table(group, f"2 x 3 x 2, {name}", (2, 3, 2), nudged(outer(third, (0.2, 0.3, 0.5), third), epsilon))
        yield table("nearly deterministic", name, (2, 2), (0.5 - epsilon, epsilon, 0.0, 0.5))
        yield table("nearly one cell", name, (2, 2), (1 - 3 * epsilon, epsilon, epsilon, epsilon))
    for e in (1e-17, 1e-30, 1e-300, SMALLEST):
        yield table("nearly deterministic", f"by {e:g}", (2, 2), (0.5, e, 2 * e, 0.5))
        yield table("nearly one cell", f"by {e:g}", (2, 2), (1.0, e, 0.0, 3 * e))
    yield table("independent", "sixteenths", (2, 3), outer((0.25, 0.75), (0.5, 0.25, 0.25)))
    yield table("independent", "one row", (1, 3), (0.2, 0.3, 0.5))
    yield table("independent", "counts", (2, 2), (1.0, 2.0, 3.0, 6.0), normalize=True)
    yield table("zeros in a table", "a row", (2, 2), (0.0, 0.0, 0.25, 0.75))
    yield table("zeros in a table", "a diagonal", (3, 3), (0.2, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0, 0.5))
    yield table("zeros in a table", "one cell", (2, 2), (0.0, 0.0, 1.0, 0.0))
    yield table("zeros in a table", "exclusive or", (2, 2, 2), (0.25, 0.0, 0.0, 0.25, 0.0, 0.25, 0.25, 0.0))
    yield table("counts in a table", "2 x 2", (2, 2), (10.0, 20.0, 30.0, 5.0), normalize=True)
    yield table("counts in a table", "2 x 2, near", (2, 2), (1000.0, 2000.0, 3000.0, 6001.0), normalize=True)
    yield table("counts in a table", "2 x 2 x 3", (2, 2, 3), tuple(map(float, range(12))), normalize=True)
    random = scaled(uniforms(900, 23))
    yield table("ordinary table", "30 x 30", (30, 30), random)
    yield table("ordinary table", "10 x 9 x 10", (10, 9, 10), random)


SOURCES: tuple[Callable[[], Iterator[Case]], ...] = (
    near, tiny, zeros, equal, sums, samples, apart, logits, ones, several, joints, large,
)  # fmt: skip


@cache
def cases() -> tuple[Case, ...]:
    """Every case but the vocabulary, which is float32."""
    return tuple(chain.from_iterable(source() for source in SOURCES))


# gradients ----------------------------------------------------------------------------------------------------------

GRADIENTS: list[Call] = [
    ("cross_entropy", ()),
    ("kl_divergence", ()),
    ("js_divergence", ()),
    ("renyi_divergence", (0.5,)),
    ("renyi_divergence", (1,)),
    ("renyi_divergence", (2,)),
]
WITH_GRADIENTS = (
    "P apart from Q: K 10",
    "P is Q: thirds",
    "P is Q: with zeros",
    "P near Q: K 10, by 0.001",
    "P near Q: K 10, by 1e-09",
    "P near Q: K 10, by 1e-15",
    "tiny probabilities: tails that differ, down to 1e-300",
    "sums off by 1e-8: P near Q",
    "weights: counts",
    "zeros: in P",
    "zeros: in both, together",
    "logits: plain",
    "logits: of size 1e4",
    "logits: of size 1e4, near",
    "logits: masked in both",
    "logits: masked in P",
    "logits: one left",
    "logits: the same",
    "logits: the same, of size 1e4",
    "logits, P near Q: K 10, by 1e-06",
    "logits, P near Q: K 10, by 1e-12",
    "logits, P near Q: K 10, masked, by 1e-06",
    "nearly one-hot: e 1e-08",
    "nearly one-hot: e 1e-20",
    "uniform: K 3",
    "ordinary: K 10",
    "ordinary: with zeros",
    "logits of one: nearly one-hot",
    "logits of one: of size 1e4",
    "logits of one: masked",
)


def gradient_calls(case: Case) -> list[Call]:
    if case.name not in WITH_GRADIENTS:
        return []
    return [("entropy", ())] if case.of == "one" else GRADIENTS
