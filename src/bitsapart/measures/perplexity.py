"""Perplexity.  exp(H(P)): as many equally likely outcomes have this entropy.  Jelinek, Mercer, Bahl & Baker 1977."""

from typing import Any

from bitsapart.measures.arrays import namespace_of
from bitsapart.measures.door import Options, evaluate
from bitsapart.measures.entropy import ENTROPY
from bitsapart.measures.laws import OUTCOMES, Laws, obeys


@obeys(Laws("distribution", OUTCOMES, information=False, concave=False, data_processing=True, additive=False))
def perplexity(p: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False) -> Any:
    """Perplexity exp(H(P)), between 1 and the number of outcomes; shape (..., outcomes) -> (...).

    A pure number. Arguments and errors are those of `entropy`.

    >>> float(perplexity([0.25, 0.25, 0.25, 0.25]))
    4.0
    """
    nats = evaluate(ENTROPY, {"p": p}, Options(axis, from_logits, normalize))
    return namespace_of(nats).exp(nats)
