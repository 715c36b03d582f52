"""Exponential families: density h(x) exp(theta . T(x) - A(theta)), and all that follows from it, once.

    entropy          H(P)    = A(theta_p) - theta_p . E_p T - E_p log h
    cross-entropy    H(P, Q) = A(theta_q) - theta_q . E_p T_q - E_p log h_q      for any P: the moment rule
    Renyi            ((a KL(M || P) + (1 - a) KL(M || Q)) / (1 - a),  theta_m = a theta_p + (1 - a) theta_q

Brown 1986, Fundamentals of Statistical Exponential Families, chapters 1 to 3; Nielsen & Garcia 2009; for the last line,
van Erven & Harremoes 2014, theorem 30.
"""

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.found import EPS, Found
from bitsapart.families.statistic import Constant, Statistic

Array = Any


class Term(NamedTuple):
    """A coefficient and the statistic that it multiplies."""

    coefficient: Any
    statistic: Statistic


class ExponentialFamily(Distribution):
    """A member of an exponential family of one number, whose parts are arrays of the batch.

    Parameters that the natural ones do not include (``n`` of the binomial, the shape of a Weibull) are ``fixed``: two
    members lie in one family where these are equal.
    """

    fixed: tuple[str, ...] = ()

    @abstractmethod
    def natural(self) -> list[Term]:
        """Natural parameters theta, each with its statistic T."""

    @abstractmethod
    def log_partition(self) -> Array:
        """A(theta) in nats."""

    def log_base(self) -> list[Term]:
        """The log of h as terms: a coefficient and a statistic each, ``Constant()`` included."""
        return []

    @classmethod
    @abstractmethod
    def natural_space(cls, theta: list[Array], **fixed: Any) -> Any:
        """Where natural parameters belong to a member: an array of bools."""

    @classmethod
    @abstractmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "ExponentialFamily":
        """The member with these natural parameters, in the order of ``natural``, which lie in the natural space."""

    @classmethod
    @abstractmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "ExponentialFamily":
        """The member whose statistics, in the order of ``natural``, have these expectations.

        It is the projection, the closest in forward KL, of whatever has them.

        Raises:
            NoMinimiserError: the expectations lie on or outside the boundary of what members can have; says why.
        """

    def fixed_parameters(self) -> dict[str, Any]:
        """The fixed parameters by name."""
        return {name: getattr(self, name) for name in self.fixed}

    def _between(self, q: Any, alpha: float) -> dict[str, Array] | None:
        """Parameters at alpha theta_p + (1 - alpha) theta_q, nan where no member has it; None of two families."""
        fixed, fixed_of_q = self.fixed_parameters(), q.fixed_parameters()
        if not all(np.array_equal(fixed[name], fixed_of_q[name]) for name in fixed):
            return None
        shape = np.broadcast_shapes(self.batch_shape, q.batch_shape)
        pairs = list(zip(self.natural(), q.natural(), strict=True))
        own = [np.broadcast_to(first.coefficient, shape) for first, _ in pairs]
        others = [np.asarray(other.coefficient) for _, other in pairs]
        theta = [alpha * one + (1.0 - alpha) * other for one, other in zip(own, others, strict=True)]
        if not np.isfinite(theta).all():
            return None
        inside = np.broadcast_to(self.natural_space(theta, **fixed), shape)
        kept = [np.where(inside, mixed, first) for mixed, first in zip(theta, own, strict=True)]
        found = self.from_natural(kept, **fixed).parameters
        return {name: value if name in fixed else np.where(inside, value, np.nan) for name, value in found.items()}

    def density_terms(self) -> list[Term]:
        """The log density as coefficients and statistics; a family overrides it with others that cancel less."""
        return [*self.natural(), *self.log_base(), Term(-self.log_partition(), Constant())]


def moment_rule(p: Distribution, q: ExponentialFamily) -> Found | None:
    """Cross-entropy H(P, Q) for a Q of an exponential family, if P knows the expectations; infinite with the reason.

    The error is that of rounding the terms, which cancel where both are narrow: whoever wants a small divergence out of
    this compares it with the error first.
    """
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    total, size = np.zeros(shape), np.zeros(shape)
    note: Any = ""
    with np.errstate(all="ignore"):
        for coefficient, statistic in q.density_terms():
            if not np.any(coefficient):
                continue
            expected = 1.0 if isinstance(statistic, Constant) else p.moment(statistic)
            if expected is None:
                return None
            term = np.where(np.equal(coefficient, 0.0), 0.0, -coefficient * np.asarray(expected))
            infinite = np.isinf(term)
            if infinite.any():
                note = np.where(infinite & (note == ""), f"E {statistic.words} is infinite", note).astype(object)
            total, size = total + term, size + np.abs(term)
    found = Found.of(total, "moment rule", error=np.where(np.isfinite(size), 32.0 * EPS * size, 0.0))
    return Found(found.value, found.error, found.kind, found.method, np.broadcast_to(note, shape), found.n)
