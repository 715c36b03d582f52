"""Which numerical rule suits a distribution or a pair that no formula covers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.numeric.cubature import HIGHEST, cubature_entropy, cubature_kl
from bitsapart.families.numeric.pieces import each
from bitsapart.families.numeric.quadrature import (
    integral,
    masses_outside,
    pair_integral,
    quadrature_entropy,
    quadrature_kl,
)
from bitsapart.families.numeric.quasi_monte_carlo import qmc_entropy, qmc_expectation, qmc_kl
from bitsapart.families.numeric.sums import expectation, lattice_entropy, lattice_kl, sum_over
from bitsapart.families.numeric.terms import LOG_2, Term
from bitsapart.families.support import Interval, Lattice, Points


def numeric_entropy(p: Distribution) -> Found:
    """H(P)."""
    if isinstance(p.support, Interval):
        return quadrature_entropy(p)
    if isinstance(p.support, (Lattice, Points)):
        return lattice_entropy(p)
    return cubature_entropy(p) if _few_dimensions(p) else qmc_entropy(p)


def numeric_kl(p: Distribution, q: Distribution) -> Found:
    """KL(P || Q) for a Q whose support covers that of P."""
    if type(p) is type(q) and p == q:
        return Found.of(np.zeros(p.batch_shape), "equal")
    if isinstance(p.support, Interval):
        return quadrature_kl(p, q)
    if isinstance(p.support, (Lattice, Points)):
        return lattice_kl(p, q)
    return cubature_kl(p, q) if _few_dimensions(p) else qmc_kl(p, q)


def numeric_total(p: Distribution, q: Distribution, term: Term, alone: tuple[float, float]) -> Found:
    """The sum or integral of a term of log p, log q and log(q / p), which is the logarithm of what is added up.

    ``alone`` says what mass of P counts where Q has none, and mass of Q where P has none.
    """
    if isinstance(p.support, Interval):
        found = pair_integral(p, q, term)
        only_p, only_q = masses_outside(p, q)
        with np.errstate(invalid="ignore"):
            more = np.where(only_p > 0.0, alone[0] * only_p, 0.0) + np.where(only_q > 0.0, alone[1] * only_q, 0.0)
        return Found(found.value + more, found.error, found.kind, found.method, found.note, found.n)
    if isinstance(p.support, (Lattice, Points)):
        return sum_over(p, q, lambda log_p, log_q: np.exp(_either(term, log_p, log_q)))
    return each(lambda p, q: _over_both(p, q, term), p, q)


def numeric_moment(p: Distribution, function: Callable[[Array], Array]) -> Found:
    """E f(log p(X))."""
    if isinstance(p.support, Interval):
        return integral(p, lambda _x, log_p: function(log_p))
    if isinstance(p.support, (Lattice, Points)):
        return each(lambda one: expectation(one, lambda x: function(one.log_density(x))), p)
    return each(lambda one: qmc_expectation(one, lambda x: function(one.log_density(x))), p)


def _either(term: Term, log_p: Array, log_q: Array) -> Array:
    """A term where P or Q has mass."""
    y = np.where(log_q == log_p, 0.0, log_q - log_p)
    return np.where(np.maximum(log_p, log_q) == -np.inf, -np.inf, term(log_p, log_q, y))


def _over_both(p: Any, q: Any, term: Term) -> Found:
    """E of the term under both, P and Q half the time each: its ratio to their mean is bounded where the term is."""
    from bitsapart.families.built.mixture import Mixture

    def ratio(x: Array) -> Array:
        log_p, log_q = np.asarray(p.log_density(x)), np.asarray(q.log_density(x))
        with np.errstate(all="ignore"):
            return np.exp(_either(term, log_p, log_q) - np.logaddexp(log_p, log_q) + LOG_2)

    return qmc_expectation(Mixture([0.5, 0.5], [p, q]), ratio, least=0.0)


def _few_dimensions(p: Any) -> bool:
    return len(p.event_shape) == 1 and p.event_shape[0] <= HIGHEST
