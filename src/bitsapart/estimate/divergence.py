"""The account of two samples of counts: cross-entropy = entropy + divergence, with the interval of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.asked import Asked
from bitsapart.estimate.counts import as_counts, read_counts
from bitsapart.estimate.cross_entropy import cross_entropy_estimates, summed
from bitsapart.estimate.entropy import entropy_rows
from bitsapart.estimate.jensen_shannon import js_estimates
from bitsapart.estimate.kl_divergence import kl_estimates
from bitsapart.measures.door import unit_of
from bitsapart.values.account import Account
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Accounts:
    """Many accounts, one a row of a batch: an index gives an ``Account``."""

    entropy: Estimates
    divergence: Estimates
    cross_entropy: Estimates

    def __len__(self) -> int:
        return len(self.entropy)

    def __getitem__(self, index: Any) -> Account:
        own, divergence, total = (each[index] for each in (self.entropy, self.divergence, self.cross_entropy))
        return Account(own, divergence, total.low, total.high, total.method)

    def each(self, change: Any) -> "Accounts":
        """The same with a function applied to all three."""
        return Accounts(change(self.entropy), change(self.divergence), change(self.cross_entropy))


def relate(
    counts_p: ArrayLike, counts_q: ArrayLike, *, level: float = 0.95, unit: str | Unit = "bit", axis: int = -1
) -> Account | Accounts:
    """Entropy of P, KL(P || Q) and their sum, the cross-entropy, from counts of the same outcomes.

    An ``Account`` for one pair of samples; ``Accounts``, of the shape of the batch, for more. Each of the three is what
    its own function gives, and they add up to the last digit.

    >>> found = relate([60, 40], [40, 60])
    >>> print(found.divergence, found.cross_entropy, sep="; ")
    0.101 bits [0.010, 0.369]; 1.080 bits [0.954, 1.293]
    """
    (p, q), shape = read_counts({"counts_p": counts_p, "counts_q": counts_q}, axis)
    nats = unit_of(unit)
    found = accounts(p, q, Asked(level)).each(lambda three: three.to(nats).reshape(shape))
    total = summed(found.cross_entropy, found.entropy.value, found.divergence.value)
    found = Accounts(found.entropy, found.divergence, total)
    return found[()] if shape == () else found


def accounts(p: Array, q: Array, asked: Asked) -> Accounts:
    """The accounts in nats of counts (rows, outcomes)."""
    own = entropy_rows(p, asked.level)
    divergence = kl_estimates(p, q, asked, own.value)
    return Accounts(own, divergence, cross_entropy_estimates(p, q, asked, own.value, divergence))


def account(p: ArrayLike, q: ArrayLike, level: float) -> Account:
    """The account in nats of one pair of samples, counts of shape (outcomes,).

    >>> found = account([60, 40], [40, 60], 0.95)
    >>> print(found.divergence, found.cross_entropy, sep="; ")
    0.070 nats [0.007, 0.255]; 0.748 nats [0.662, 0.897]
    """
    return accounts(*rows_of(p, q), Asked(level))[0]


def divergence_with_prior(p: ArrayLike, q: ArrayLike, prior: float, level: float) -> Estimate:
    """KL(P || code of Q with an escape) in nats, of one pair of samples, counts of shape (outcomes,); always finite.

    >>> print(divergence_with_prior([60, 40], [100, 0], 0.5, 0.95))
    1.446 nats [1.018, 2.021]
    """
    return kl_estimates(*rows_of(p, q), Asked(level, prior=prior))[0]


def kl_in_nats(p: ArrayLike, q: ArrayLike, level: float) -> Estimate:
    """KL(P || Q) in nats of one pair of samples, counts of shape (outcomes,)."""
    return kl_estimates(*rows_of(p, q), Asked(level))[0]


def js_in_nats(p: ArrayLike, q: ArrayLike, level: float) -> Estimate:
    """JS(P, Q) in nats of one pair of samples, counts of shape (outcomes,)."""
    return js_estimates(*rows_of(p, q), Asked(level))[0]


def rows_of(p: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    """Counts of one pair as one row each."""
    return as_counts(p)[None, :], as_counts(q)[None, :]
