"""What two rows of logits say of each other, everything at once; one entry a row, in nats.

P and Q are the softmax of the rows a and b. With r = log(q / p) = (b - a) - (log Z_b - log Z_a), whose first difference
keeps every digit, all divergences are sums of terms >= 0 that vanish with r^2, so that nothing cancels:

    KL(P||Q) = sum p (e^r - 1 - r)                 KL(Q||P) = sum p (r e^r - (e^r - 1))
    JS(P, Q) = sum m (u tanh u - log cosh u)       TV(P, Q) = 1/2 sum |p (e^r - 1)|         m = (p + q) / 2, u = r / 2

(Lin 1991 for JS; its term is ((1 - t) log(1 - t) + (1 + t) log(1 + t)) / 2 at t = (q - p) / (q + p) = tanh u.)

The constant log Z_b - log Z_a is rounded, which multiplies every q by one factor 1 + x, where x = sum p (e^r - 1) is
summed as well. Where that shows, in rows that are almost equal, the constant is mended by log(1 + x) and all is summed
again. What is left changes total variation by less than |x|, the others by less than |x| times themselves + x^2.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.measures import kernels
from bitsapart.values.errors import DataError, UsageError

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TOP = 5
NUMBERS, MARKS = 11, 3
CHUNK = 1 << 17
"""Numbers of one side that the formulas read at once."""
NEAR = 0.35
SEEN, TURNS = 1e-12, 3
"""What shows of the rounding of the constant, and how often it is mended"""
TAIL = [1.0 / factorial(k) for k in range(2, 15)]
JS_SERIES = [
    0.125, -0.015625, 0.0017361111111111082, -0.00018446180555531987, 1.9221230148831184e-05, -1.98355263961259e-06,
    2.0358241598827368e-07, -2.079956573039098e-08, 2.0100279118708467e-09,
]  # fmt: skip
"""(u tanh u - log cosh u) / r^2 as a polynomial in r^2: interpolated at Chebyshev nodes in 60 digits"""


@dataclass(frozen=True)
class LogitPairs:
    """One entry a row, nats. A row that is not finite has nan, and -1 where a whole number stands.

    Equal logits are ranked by their place, the first of them before the others.
    """

    entropy: Floats
    """H(P)"""
    kl: Floats
    """KL(P||Q); infinite where Q excludes (-inf) what P does not"""
    reverse_kl: Floats
    """KL(Q||P)"""
    js: Floats
    total_variation: Floats
    probability_p: Floats
    """P's largest probability"""
    probability_q: Floats
    p_of_top_q: Floats
    """P's probability of Q's first choice"""
    q_of_top_p: Floats
    surprisal_p: Floats
    """-log p of the label; nan where there is none"""
    surprisal_q: Floats
    top_p: Whole
    """The place of P's largest logit"""
    top_q: Whole
    common_top5: Whole
    """How many of P's five largest are among Q's five largest (of fewer outcomes, all)"""
    finite: NDArray[np.bool_]
    """False where either row holds nan or +inf, or nothing but -inf"""


def logit_pairs(
    p: NDArray[Any], q: NDArray[Any], labels: ArrayLike | None = None, *, bfloat16: bool = False
) -> LogitPairs:
    """Compare the distributions behind two arrays of logits, row by row, on all cores.

    Parameters
    ----------
    p, q : (rows, outcomes)
        Logits or log-probabilities, float16, float32, float64 or the bfloat16 of ml_dtypes, not necessarily the same;
        -inf excludes an outcome. They are read in place, also from a file that is mapped.
    labels : (rows,), optional
        What came, whole numbers; negative: unknown.
    bfloat16
        Whether arrays of uint16 hold the bits of bfloat16; without it they are refused.

    Raises
    ------
    UsageError
        Shapes or types that do not fit.
    DataError
        A label beyond the outcomes.

    Examples
    --------
    >>> import numpy as np
    >>> from bitsapart.measures.logit_pairs import logit_pairs
    >>> pairs = logit_pairs(np.log([[0.5, 0.25, 0.25]]), np.log([[0.25, 0.5, 0.25]]), [1])
    >>> [round(float(x[0]), 4) for x in (pairs.entropy, pairs.kl, pairs.total_variation, pairs.surprisal_q)]
    [1.0397, 0.1733, 0.25, 0.6931]
    >>> int(pairs.top_p[0]), int(pairs.top_q[0]), int(pairs.common_top5[0])
    (0, 1, 3)
    """
    p, q = two_sides(p, q, bfloat16)
    given = np.full(len(p), -1) if labels is None else checked_labels(labels, *p.shape)
    numbers, marks = np.empty((len(p), NUMBERS)), np.empty((len(p), MARKS), dtype=np.int64)
    by_tasks(partial(pairs_of_range, p, q, given, numbers, marks), p.shape)
    columns = [*np.ascontiguousarray(numbers.T), *np.ascontiguousarray(marks.T), marks[:, 0] >= 0]
    return LogitPairs(**{field.name: column for field, column in zip(fields(LogitPairs), columns, strict=True)})


def tempered_cross_entropy(p: NDArray[Any], q: NDArray[Any], betas: ArrayLike, *, bfloat16: bool = False) -> Floats:
    """Cross-entropy of P and softmax(beta b), Q at temperature 1 / beta, for every row and beta > 0; nats.

    sum_i P_i (-log softmax(beta b)_i) = log sum_i e^(beta (b_i - largest)) + beta sum_i P_i (largest - b_i)

    `p` and `q` are as for `logit_pairs`, betas (m,); gives (rows, m), nan in rows that are not finite. UsageError for a
    beta that is not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> from bitsapart.measures.logit_pairs import tempered_cross_entropy
    >>> tempered_cross_entropy(np.log([[0.5, 0.5]]), np.log([[0.2, 0.8]]), [0.5, 1.0]).round(4)
    array([[0.752 , 0.9163]])
    """
    p, q = two_sides(p, q, bfloat16)
    given = np.array(betas, dtype=np.float64)
    if given.ndim != 1 or not (np.isfinite(given) & (given > 0.0)).all():
        raise UsageError(f"betas should be a list of positive numbers, not {betas!r}")
    out = np.empty((len(p), len(given)))
    by_tasks(partial(tempered_range, p, q, given, out), p.shape)
    return out


# what is given ------------------------------------------------------------------------------------------------------


def two_sides(p: NDArray[Any], q: NDArray[Any], bfloat16: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both arrays, the bits of bfloat16 as uint16."""
    p, q = one_side(p, "p", bfloat16), one_side(q, "q", bfloat16)
    if p.shape != q.shape or p.ndim != 2 or p.shape[1] == 0:
        raise UsageError(f"p and q should have one shape, rows and outcomes, not {p.shape} and {q.shape}")
    return p, q


def one_side(array: NDArray[Any], name: str, bfloat16: bool) -> NDArray[Any]:
    """An array of logits, in a type that is known."""
    array = np.asarray(array)
    if array.dtype.name == "bfloat16":
        return array.view(np.uint16)
    if array.dtype.kind + str(array.dtype.itemsize) in ("f2", "f4", "f8", *(["u2"] if bfloat16 else [])):
        return array
    raise UsageError(f"{name} should be float16, bfloat16, float32 or float64, not {array.dtype}")


def checked_labels(labels: ArrayLike, rows: int, outcomes: int) -> Whole:
    """One outcome a row; what is negative is none."""
    given = np.asarray(labels)
    if given.shape != (rows,) or (rows and given.dtype.kind not in "iu"):
        raise UsageError(f"labels should be {rows} whole numbers, one a row, not {given.dtype} of shape {given.shape}")
    if (given >= outcomes).any():
        row = int((given >= outcomes).argmax())
        raise DataError(
            f"label {given[row]} in row {row} (from 0) is none of the {outcomes} outcomes 0 to {outcomes - 1}"
        )
    return np.ascontiguousarray(given, dtype=np.int64)


# on all cores -------------------------------------------------------------------------------------------------------


def by_tasks(task: Callable[[int, int], bool], shape: tuple[int, int]) -> None:
    """Run task(start, stop) over ranges of rows."""
    if kernels.cores() == 1 or shape[0] * shape[1] < kernels.TASK:
        task(0, shape[0])
    else:
        kernels.together([partial(task, *ends) for ends in kernels.ranges(*shape)])


def pairs_of_range(
    p: NDArray[Any], q: NDArray[Any], labels: Whole, numbers: Floats, marks: Whole, start: int, stop: int
) -> bool:
    """Fill the answers of some rows."""
    if kernels.compiled():
        for rows in in_place(p, q, start, stop):
            kernels._kernels.pair_rows(plain(p[rows]), plain(q[rows]), labels[rows], numbers[rows], marks[rows])
        return True
    for rows in chunks(start, stop, p.shape[1]):
        numbers[rows], marks[rows] = formulas(as_float64(p[rows]), as_float64(q[rows]), labels[rows])
    return True


def tempered_range(p: NDArray[Any], q: NDArray[Any], betas: Floats, out: Floats, start: int, stop: int) -> bool:
    """Fill the answers of some rows."""
    if kernels.compiled():
        for rows in in_place(p, q, start, stop):
            kernels._kernels.tempered_rows(plain(p[rows]), plain(q[rows]), betas, out[rows])
        return True
    for rows in chunks(start, stop, p.shape[1]):
        out[rows] = tempered(as_float64(p[rows]), as_float64(q[rows]), betas)
    return True


def in_place(p: NDArray[Any], q: NDArray[Any], start: int, stop: int) -> Iterable[slice]:
    """The rows as they lie, or a few at a time where they have to be copied."""
    return [slice(start, stop)] if is_plain(p) and is_plain(q) else chunks(start, stop, p.shape[1])


def is_plain(array: NDArray[Any]) -> bool:
    """Whether kernels read it: native and aligned, a row's numbers one beside the other."""
    return array.dtype.isnative and array.flags.aligned and array.strides[1] == array.itemsize


def plain(array: NDArray[Any]) -> NDArray[Any]:
    """What the kernels read."""
    return array if is_plain(array) else array.astype(array.dtype.newbyteorder("="), order="C")


# the formulas, without kernels ---------------------------------------------------------------------------------------


def chunks(start: int, stop: int, outcomes: int) -> Iterator[slice]:
    """A few rows at a time."""
    step = max(1, CHUNK // outcomes)
    return (slice(at, min(at + step, stop)) for at in range(start, stop, step))


def as_float64(array: NDArray[Any]) -> Floats:
    """A copy; uint16 holds bfloat16, the upper half of a float32."""
    if array.dtype.kind == "u":
        return (array.astype(np.uint32, order="C") << np.uint32(16)).view(np.float32).astype(np.float64)
    return array.astype(np.float64, order="C")


def usable(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Whether both rows are logits; those that are not are set to 0, so as to disturb nothing."""
    good = np.ones(len(a), dtype=bool)
    for x in (a, b):
        good &= (x < np.inf).all(-1) & (x > -np.inf).any(-1)
    a[~good] = b[~good] = 0.0
    return good


def minus(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The difference x - y, and what its rounding lost."""
    step = x - y
    back = step - x
    rest = (x - (step - back)) - (y + back)
    return step, np.where(np.abs(rest) < 1e290, rest, 0.0)


@dataclass(frozen=True)
class Side:
    """One distribution: logits, their first largest, e^(x - largest), and the sum of these without the largest."""

    logits: Floats
    top: Whole
    largest: Floats
    powers: Floats
    others: Floats

    @classmethod
    def of(cls, x: Floats) -> "Side":
        """From rows of logits."""
        top = x.argmax(-1)
        largest = np.take_along_axis(x, top[:, None], -1)
        step, rest = minus(x, largest)
        powers = np.exp(step)
        powers += powers * np.where(np.abs(rest) < 1.0, rest, 0.0)
        np.put_along_axis(powers, top[:, None], 0.0, -1)
        others = powers.sum(-1, keepdims=True)
        np.put_along_axis(powers, top[:, None], 1.0, -1)
        return cls(x, top, largest, powers, others)

    def probabilities(self) -> Floats:
        """The softmax of the rows."""
        return self.powers / (1.0 + self.others)

    def probability(self, places: Whole) -> Floats:
        """Of one outcome a row."""
        return np.take_along_axis(self.powers, places[:, None], -1)[:, 0] / (1.0 + self.others[:, 0])

    def entropy(self) -> Floats:
        """By the surprise beyond that of the largest."""
        spread = np.where(self.powers > 0.0, self.powers * (self.largest - self.logits), 0.0).sum(-1)
        sums = self.others[:, 0]
        return np.asarray(np.log1p(sums) + spread / (1.0 + sums))

    def surprisal(self, labels: Whole) -> Floats:
        """-log of the labels' probabilities."""
        logit = np.take_along_axis(self.logits, np.maximum(labels, 0)[:, None], -1)
        return np.where(labels < 0, np.nan, ((self.largest - logit) + np.log1p(self.others))[:, 0])

    def top_places(self) -> Whole:
        """Of the five largest."""
        return np.argsort(-self.logits, axis=-1, kind="stable")[:, :TOP]


@np.errstate(all="ignore")
def formulas(a: Floats, b: Floats, labels: Whole) -> tuple[Floats, Whole]:
    """The columns of `numbers` and `marks` of some rows."""
    good = usable(a, b)
    p, q = Side.of(a), Side.of(b)
    numbers, marks = np.empty((len(a), NUMBERS)), np.empty((len(a), MARKS), dtype=np.int64)
    numbers[:, 0] = p.entropy()
    numbers[:, 1:5] = divergences(p, q).T
    numbers[:, 5], numbers[:, 6] = p.probability(p.top), q.probability(q.top)
    numbers[:, 7], numbers[:, 8] = p.probability(q.top), q.probability(p.top)
    numbers[:, 9], numbers[:, 10] = p.surprisal(labels), q.surprisal(labels)
    marks[:, 0], marks[:, 1] = p.top, q.top
    marks[:, 2] = (p.top_places()[:, :, None] == q.top_places()[:, None, :]).sum((1, 2))
    numbers[~good], marks[~good] = np.nan, -1
    return numbers, marks


def divergences(a: Side, b: Side) -> Floats:
    """KL both ways, JS and total variation, (4, rows)."""
    between = b.others - a.others
    gap = np.copysign(np.log1p(np.abs(between) / (1.0 + np.minimum(a.others, b.others))), between)
    for _ in range(TURNS):
        found, excess = divergences_by(a, b, gap)
        shows = np.abs(excess) > SEEN * found[3]
        if not shows.any():
            break
        gap += np.where(shows, np.log1p(excess), 0.0)[:, None]
    return found


def divergences_by(a: Side, b: Side, gap: Floats) -> tuple[Floats, Floats]:
    """The same by the difference of the logarithms of the sums, (rows, 1); and what sum q is above 1 by it."""
    p, q = a.probabilities(), b.probabilities()
    possible_a, possible_b = a.logits > -np.inf, b.logits > -np.inf
    r = log_ratios(a, b, gap, possible_a & possible_b)
    near = (np.abs(r) < NEAR) & possible_a & possible_b
    held, far = np.where(near, r, 0.0), np.where(near, 0.0, r)
    tail = expm1_tail(held)
    d = np.where(near, p * (held + tail), q - p)
    kl = np.where(near, p * tail, np.where(possible_a, d - p * far, q)).sum(-1)
    reverse = np.where(near, p * (held * (held + tail) - tail), np.where(possible_b, q * far - d, p)).sum(-1)
    js = np.where(near, (p + 0.5 * d) * js_series(held), js_far(p, q, np.abs(far))).sum(-1)
    kl[(possible_a & ~possible_b).any(-1)] = np.inf
    reverse[(possible_b & ~possible_a).any(-1)] = np.inf
    variation = 0.5 * np.abs(d).sum(-1)
    found = np.array([kl, reverse, np.minimum(js, np.log(2.0)), np.minimum(variation, 1.0)])
    return np.maximum(found, 0.0), d.sum(-1)


def log_ratios(a: Side, b: Side, gap: Floats, both: NDArray[np.bool_]) -> Floats:
    """log(q / p) but for the rounding of the constant; something finite where one of them is impossible."""
    step, rest = minus(np.where(both, b.logits, 0.0), np.where(both, a.logits, 0.0))
    shift, shift_rest = minus(b.largest, a.largest)
    huge = np.finfo(np.float64).max
    r: Floats = ((step.clip(-huge, huge) - shift) + (rest - shift_rest)) - gap
    return r.clip(-huge, huge)


def expm1_tail(r: Floats) -> Floats:
    """e^r - 1 - r for |r| <= 0.35."""
    series = np.full_like(r, TAIL[-1])
    for coefficient in TAIL[-2::-1]:
        series = series * r + coefficient
    return series * r * r


def js_series(r: Floats) -> Floats:
    """The term u tanh u - log cosh u for u = r / 2, |r| <= 0.35."""
    z = r * r
    series = np.full_like(r, JS_SERIES[-1])
    for coefficient in JS_SERIES[-2::-1]:
        series = series * z + coefficient
    return series * z


def js_far(p: Floats, q: Floats, distance: Floats) -> Floats:
    """The same times m: m log(larger / m) - smaller |log(q / p)| / 2."""
    m, larger, smaller = 0.5 * (p + q), np.maximum(p, q), np.minimum(p, q)
    return np.where(m > 0.0, m * np.log(larger / m), 0.0) - 0.5 * smaller * distance


@np.errstate(all="ignore")
def tempered(a: Floats, b: Floats, betas: Floats) -> Floats:
    """(rows, m) by the formulas: log sum e^(beta (b - largest)) + beta sum p (largest - b)."""
    good = usable(a, b)
    p, q = Side.of(a), Side.of(b)
    below = q.largest - q.logits
    probabilities = p.probabilities()
    mean = np.where(
        a > -np.inf, np.where(probabilities > 0.0, probabilities * below, np.where(b > -np.inf, 0.0, np.inf)), 0.0
    ).sum(-1)
    np.put_along_axis(below, q.top[:, None], np.inf, -1)
    logs = [np.log1p(np.exp(-beta * below).sum(-1)) for beta in betas]
    found = np.stack(logs, -1) + betas * mean[:, None] if logs else np.empty((len(a), 0))
    found[~good] = np.nan
    return found
