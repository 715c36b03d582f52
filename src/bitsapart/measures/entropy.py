"""Entropy.  H(P) = -sum p log p, with 0 log 0 = 0.  Shannon 1948, section 6.

The logarithm of an outcome with more than half of the mass is taken from the sum of the others, which keeps the entropy
of an almost certain outcome exact.
"""

from typing import Any

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.laws import LOG_OUTCOMES, Laws, obeys
from bitsapart.values.unit import Unit


def entropy_formula(xp: Namespace, _order: float, p: Distribution) -> Array:
    """In nats; every term is >= 0."""
    return xp.sum(-p.p * p.log_p, axis=-1)


ENTROPY = Rule(entropy_formula, "entropy", from_logits=True)


@obeys(Laws("distribution", LOG_OUTCOMES, concave=True, data_processing=True, additive=True))
@takes_distributions
def entropy(
    p: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Entropy H(P) = -sum p log p: what an outcome tells, on average; shape (..., outcomes) -> (...).

    p            probabilities, float32 or float64 (half precision is widened): a NumPy, torch or JAX array, a list, or
                 what NumPy can read; any batch shape. Rows stand for p / sum(p), exactly.
    unit         "bit", "nat" or "ban"
    axis         where the outcomes lie
    from_logits  the values are logits: p = softmax(values), -inf for what cannot happen
    normalize    the values are weights that need not sum to 1

    The answer has the precision and the library of the input; gradients pass through, as those of p / sum(p).

    Raises UsageError, naming row and column, for integers, negative numbers, NaN, or sums further from 1 than the
    square root of the numbers' precision. While a program is traced (jit, vmap, compile) such rows become NaN.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(entropy([0.5, 0.25, 0.25]))
    1.5
    >>> float(entropy([0.0, 0.0, -float("inf")], from_logits=True))
    1.0
    >>> float(entropy([1.0, 1e-30], unit="nat"))
    7.00...e-29
    """
    return evaluate(ENTROPY, {"p": p}, Options(axis, from_logits, normalize), unit=unit)
