"""When two samples are too few to bound a divergence from above.

How many of the outcomes of P would another sample like Q lack? An outcome with q counts has, by Jeffreys' prior, a mean
of gamma law with shape q + 1/2, so it is lacking with probability 2^-(q + 1/2); the sum of these is too large for many
outcomes with several counts each, where those seen once and twice tell more, (M1 + 1)^2 / 2 (M2 + 1) (Chao 1984, with
one more of each for safety). The smaller of the two counts. Where it is more than one, that none is lacking was luck,
and a divergence seen only where it is finite is too low. Where a single outcome was seen at all, nothing is known of
what the others cost.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
MOST_MISSED = 1.0


def expected_misses(p: Array, q: Array) -> Array:
    """How many of the outcomes of P, seen in Q or not, another sample like Q would lack; (..., outcomes) -> (...).

    >>> [round(float(expected_misses(np.array([5.0, 5.0]), np.array(q))), 2) for q in ([3.0, 7.0], [1.0, 9.0])]
    [0.09, 0.35]
    """
    seen = p > 0.0
    by_prior = np.sum(np.where(seen, np.exp2(-q - 0.5), 0.0), axis=-1)
    once, twice = (np.count_nonzero(seen & (q == times), axis=-1) for times in (1.0, 2.0))
    return np.asarray(np.minimum(by_prior, (once + 1.0) ** 2 / (2.0 * (twice + 1.0))))


def too_few(p: Array, q: Array) -> list[str]:
    """Why two samples, (rows, outcomes), bound their divergence only from below; "" where both ends hold."""
    missed = expected_misses(p, q)
    new = (p > 0.0) & (q == 0.0)
    seen = np.count_nonzero(p + q, axis=-1)
    notes = [""] * len(p)
    for row in np.flatnonzero((missed > MOST_MISSED) | new.any(axis=-1) | (seen == 1)):
        notes[row] = why(p[row], new[row], float(missed[row]), int(seen[row]))
    return notes


def dearest(q: Array, tail: float) -> Array:
    """The most that a row can cost in a code for Q, -log of its rarest outcome, (...), of counts (..., outcomes).

    At the lower confidence limit of the smallest count, of whichever outcome (Garwood 1936, Bonferroni): no
    cross-entropy and no divergence from Q is larger. Outcomes never seen are taken not to exist.

    >>> round(float(dearest(np.array([99.0, 1.0]), 0.025)), 2)
    8.98
    """
    least = np.min(np.where(q > 0.0, q, np.inf), axis=-1)
    return np.asarray(np.log(q.sum(axis=-1)) - np.log(special.gammaincinv(least, tail / q.shape[-1])))


def why(p: Array, new: NDArray[np.bool_], missed: float, seen: int) -> str:
    """The reason in words, of one row."""
    if new.any():
        count, share = int(p[new].sum()), 100.0 * p[new].sum() / p.sum()
        return (
            f"too few data: {share:.3g} % of P ({plural(count, 'row')}, {plural(int(new.sum()), 'outcome')}) was never "
            "seen in Q, which costs without end: only a lower bound is known; prior= codes what is new"
        )
    if seen == 1:
        return "too few data: all rows of both samples have one outcome, so what the others cost is not known"
    return (
        f"too few data: another sample like Q would lack about {missed:.1f} of the outcomes of P, so only a lower "
        "bound is known; more rows of Q are needed"
    )


def plural(count: int, thing: str) -> str:
    """So many things."""
    return f"{count:,} {thing}{'s' * (count != 1)}"
