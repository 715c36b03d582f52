"""A distribution under a strictly monotone map. Casella & Berger 2002, theorem 2.1.5."""

from typing import Any, ClassVar, Self

import numpy as np

from bitsapart.families.built.image import Image
from bitsapart.families.built.monotone import Monotone, named
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.parameter import Domain
from bitsapart.families.registry import family
from bitsapart.families.support import Interval, Support
from bitsapart.values.errors import UsageError

KNOWN = {
    ("Normal", "exp"): "LogNormal",
    ("LogNormal", "log"): "Normal",
    ("Normal", "expit"): "LogitNormal",
    ("LogitNormal", "logit"): "Normal",
    ("Gamma", "power -1.0"): "InverseGamma",
    ("InverseGamma", "power -1.0"): "Gamma",
}
"""Families whose image is another's with the same parameters, in the order of both."""


class Transformed(Image):
    """Distribution of f(X) for a base X with a density and a map that is strictly monotone where X has mass.

    ``transform``: "exp", "log", "expit", "logit", "softplus", "reciprocal", "square", "cube", "sqrt", "abs", or a
    number k for x^k. A map that is not one to one on the support, such as "abs" of a normal, is refused.
    KL(f(X) || f(Y)) = KL(X || Y), and KL(f(X) || Q) is KL(X || f^-1(Q)) where that is of a known family.

    >>> import bitsapart as ba
    >>> p = ba.Transformed(ba.Normal(0.0, 1.0), "exp")
    >>> print(ba.kl_divergence(p, ba.LogNormal(1.0, 1.0), unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {}

    def __init__(self, base: Distribution, transform: str | float | Monotone) -> None:
        if not isinstance(base, Distribution) or not isinstance(base.support, Interval):
            raise UsageError(f"Transformed: the base should be a distribution of numbers with a density; got {base!r}")
        found = named(transform)
        domain = found.domain_of(base.support.low, base.support.high)
        if domain is None:
            raise UsageError(
                f"Transformed: {found.name} is not one to one, or not defined, on {base.support.words}: "
                "give a base whose support it maps one to one"
            )
        self.__dict__.update(transform=found, left=domain[1] == 0.0)
        self._keep(base)

    transform: Monotone
    left: bool

    @property
    def parameters(self) -> dict[str, Any]:
        return {"base": self.base, "transform": self.transform.name}

    def __repr__(self) -> str:
        return f"Transformed({self.base!r}, {self.transform.name!r})"

    def _forward(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.transform.forward(x))

    def _backward(self, y: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.transform.backward(y, self.left))

    def _log_slope(self, x: Array) -> Array:
        return self.transform.log_slope(x)

    def _rising(self) -> Array:
        return np.asarray(self.transform.rises(self.left))

    @property
    def support(self) -> Support:
        own = self.base.support
        # 1 / x of a negative x goes down to -inf at 0
        zero = -0.0 if self.left else 0.0
        ends = [self._forward(np.where(np.equal(end, 0.0), zero, end)) for end in (own.low, own.high)]
        return Interval(np.minimum(*ends), np.maximum(*ends))

    def _entropy(self) -> Found | None:
        from bitsapart.families.divergence import entropy

        known = self.known()
        return None if known is self else entropy(known)

    def known(self) -> Distribution:
        """The same distribution as a member of a family where it is one."""
        name = KNOWN.get((type(self.base).__name__, self.transform.name))
        return self if name is None else family(name)(*self.base.parameters.values())

    def pulled_back(self, q: Distribution) -> Distribution | None:
        """What Q is under the inverse of this map, where that is of a known family."""
        if not self.transform.inverse_name:
            return None
        inverse = named(self.transform.inverse_name)
        if not isinstance(q.support, Interval) or inverse.domain_of(q.support.low, q.support.high) is None:
            return None
        found = Transformed(q, inverse)
        known = found.known()
        return None if known is found else known

    def _same_map(self, q: Any) -> bool:
        return bool(self.transform.name == q.transform.name and self.left == q.left)

    def _made(self, base: Any, _own: dict[str, Any]) -> Self:
        return type(self)(base, self.transform)

    def __hash__(self) -> int:
        return hash((Transformed, self.base, self.transform.name))

    @property
    def mean(self) -> Any:
        """E f(X)."""
        known = self.known()
        return self._by_quadrature(1.0) if known is self else known.mean

    @property
    def variance(self) -> Any:
        """Var f(X)."""
        known = self.known()
        return self._by_quadrature(2.0) - self.mean**2 if known is self else known.variance

    def _by_quadrature(self, k: float) -> Any:
        from bitsapart.families.numeric.quadrature import integral

        return integral(self.base, lambda x, _log_p: self._forward(x) ** k).value[()]
