"""The entropy of the posterior mean under a symmetric Dirichlet prior: a pseudo-count added to every outcome.

    p = (c + a) / (n + K a)

a: 1/2 (Jeffreys 1946), 1 (Laplace), 1/K (Perks 1947; Schuermann & Grassberger 1996), sqrt(n) / K (minimax: Trybula
1958), or any positive number. K: outcomes. The family as in Hausser & Strimmer 2009, table 1. The prior says a lot
about the entropy where K exceeds n; ``nsb`` is the mixture of these priors that says little.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.discrete.outcomes import outcomes_of
from bitsapart.estimate.discrete.plug_in import entropy_of, total
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]
PRIORS = ("jeffreys", "laplace", "perks", "minimax")


def dirichlet(counts: ArrayLike, prior: str | float = "jeffreys", outcomes: ArrayLike | None = None) -> Array:
    """H in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    ``prior``: one of PRIORS, or the pseudo-count itself. ``outcomes``: how many there are, one number or (...); as many
    as counts are given if None.

    >>> [round(float(dirichlet([1, 2, 3, 2, 1], prior)), 6) for prior in ("laplace", "jeffreys", 3.0)]
    [1.574097, 1.556911, 1.597417]
    """
    counts = np.asarray(counts, dtype=np.float64)
    n = total(counts)
    known, unseen = outcomes_of(counts, outcomes)
    added = pseudo_count(prior, n, known)
    weights = np.where(counts > 0.0, counts + added[..., None], 0.0)
    return entropy_of(weights, unseen, added)


def pseudo_count(prior: str | float, n: Array, outcomes: Array) -> Array:
    """What the prior adds to every count, shape (...), for ``n`` rows and this many ``outcomes``, both (...)."""
    if isinstance(prior, str):
        if prior not in PRIORS:
            raise UsageError(f"prior should be a positive number or one of {', '.join(PRIORS)}; got {prior!r}")
        named = {"jeffreys": 0.5, "laplace": 1.0, "perks": 1.0 / outcomes, "minimax": np.sqrt(n) / outcomes}
        return np.broadcast_to(np.asarray(named[prior], dtype=np.float64), n.shape)
    if not isinstance(prior, int | float) or isinstance(prior, bool) or not 0.0 < prior < math.inf:
        raise UsageError(f"prior should be a positive number or one of {', '.join(PRIORS)}; got {prior!r}")
    return np.full(n.shape, float(prior))
