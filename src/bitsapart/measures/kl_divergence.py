"""Kullback-Leibler divergence.  KL(P || Q) = sum p log(p / q).  Kullback & Leibler 1951, eq. 2.4.

Computed as sum (p log(p / q) - p + q), which is the same for distributions and whose terms are all >= 0: nothing
cancels, and the divergence of two almost equal distributions keeps its relative precision.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, from_probabilities, kl_terms, pair_of, where_possible
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.laws import UNBOUNDED, divergence, obeys
from bitsapart.values.unit import Unit


def kl_formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """In nats."""
    return xp.sum(kl_terms(pair_of(p, q, xp), xp), axis=-1)


KL = Rule(kl_formula, "kl_divergence", from_logits=True)


@obeys(divergence(UNBOUNDED, symmetric=False, finite="q > 0 where p > 0", information=True, additive=True))
@takes_distributions
def kl_divergence(
    p: Any, q: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Kullback-Leibler divergence KL(P || Q) = sum p log(p / q), P the truth; (..., outcomes) twice -> (...).

    What acting on Q costs when P is true: never negative, 0 exactly when P = Q, infinite where q = 0 < p, and not the
    same the other way round. Batches broadcast; arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(kl_divergence([0.5, 0.5], [0.25, 0.75]))
    0.2075...
    >>> float(kl_divergence([0.5, 0.5], [0.5 + 2**-30, 0.5 - 2**-30], unit="nat")) / 2**-59
    1.0
    >>> float(kl_divergence([1.0, 0.0], [0.0, 1.0]))
    inf
    """
    return evaluate(KL, {"p": p, "q": q}, Options(axis, from_logits, normalize), unit=unit)


@takes_distributions
def information_gain(
    prior: Any,
    posterior: Any,
    *,
    unit: str | Unit = "bit",
    axis: int = -1,
    from_logits: bool = False,
    normalize: bool = False,
) -> Any:
    """Information gained from prior to posterior, KL(posterior || prior); (..., outcomes) twice -> (...).

    Of a table of two variables, the gain that one brings about the other, on average, is `mutual_information`.
    Arguments and errors are those of `entropy`. Lindley 1956, eq. 1.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(information_gain(prior=[0.25, 0.25, 0.25, 0.25], posterior=[0.5, 0.5, 0.0, 0.0]))
    1.0
    """
    options = Options(axis, from_logits, normalize)
    return evaluate(KL, {"posterior": posterior, "prior": prior}, options, unit=unit)


def kl_contributions(p: ArrayLike, q: ArrayLike) -> NDArray[np.float64]:
    """Terms p log(p / q) of each outcome, in nats, with their signs; shape (..., outcomes). Their sum is KL(P || Q).

    >>> kl_contributions([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]).round(4).tolist()
    [0.3466, 0.3466, 0.0]
    """
    pair = pair_of(from_probabilities(np.asarray(p, float), np), from_probabilities(np.asarray(q, float), np), np)
    return np.asarray(where_possible(pair, -pair.p.p * pair.log_ratio, q_only=0.0, p_only=np.inf, xp=np))
