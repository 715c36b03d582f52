"""Kumaraswamy distribution. Jones 2009, Kumaraswamy's distribution: a beta-type distribution with tractability."""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.cauchy import CLOSE
from bitsapart.families.continuous.exponential import Exponential
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.found import ROUNDING, Found
from bitsapart.families.maths.gamma_functions import log_gamma_bregman, rising
from bitsapart.families.maths.ratios import excess, exponential_excess, log_ratio
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Constant, Deviation, LogComplement, LogitPower, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support

NODES = 12 + 16
ROUGH, FINE = np.polynomial.legendre.leggauss(12), np.polynomial.legendre.leggauss(16)
LAST = 5.25
"""Where integrals over the log of an exponential variable end."""
SLIGHT = 0.1
"""Relative differences of parameters below which e^y - 1 - y is integrated, y the log ratio of the densities."""
SHORT = 0.003
"""Steps below which a second difference is its Taylor series."""
CHUNK = 256
"""Pairs at a time."""


class Kumaraswamy(ExponentialFamily):
    """Kumaraswamy distribution with density a b x^(a - 1) (1 - x^a)^(b - 1) for x from 0 to 1.

    It is an exponential family in b. KL(P || Q) = b_q / b_p - 1 - log(b_q / b_p) where a is the same; where it is not,
    it is integrated over e = -b log(1 - x^a), which is exponential and resolves both ends.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Kumaraswamy(2.0, 1.0), ba.Kumaraswamy(2.0, 2.0), unit="nat"))
    0.306853 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"a": POSITIVE, "b": POSITIVE}
    fixed = ("a",)

    def __init__(self, a: Any, b: Any) -> None:
        self._set(a=a, b=b)

    a: Array
    b: Array

    @property
    def support(self) -> Support:
        return Interval(0.0, 1.0)

    def _log_density(self, x: Array) -> Array:
        rest = sp.xlogy(self.a - 1.0, x) + (self.b - 1.0) * _log_complement(self.a, x)
        return np.log(self.a) + np.log(self.b) + np.where(np.equal(self.b, 1.0), sp.xlogy(self.a - 1.0, x), rest)

    def _log_ratio(self, q: "Kumaraswamy", x: Array) -> Array:
        """Log of q's density over this one's at x, exact where the two are close."""
        step = q.a - self.a
        growth = np.expm1(sp.xlogy(step, x)) / np.expm1(self.a * np.log(x))
        # of 1 - x^a, relative
        change = x**self.a * growth
        close = np.log1p(np.where(change > CLOSE, change, 0.0))
        powers = np.where(change > CLOSE, close, _log_complement(q.a, x) - _log_complement(self.a, x))
        scales = np.log1p(step / self.a) + np.log1p((q.b - self.b) / self.b)
        return scales + sp.xlogy(step, x) + (q.b - 1.0) * powers + (q.b - self.b) * _log_complement(self.a, x)

    @property
    def _harmonic(self) -> Array:
        """-a E log x."""
        return np.euler_gamma + sp.digamma(self.b + 1.0)

    def _entropy(self) -> Array:
        return (1.0 - 1.0 / self.a) * self._harmonic + (1.0 - 1.0 / self.b) - np.log(self.a) - np.log(self.b)

    def _kl_divergence(self, q: "Kumaraswamy") -> Array | Found:
        shape = np.broadcast_shapes(self.batch_shape, q.batch_shape)
        closed = np.broadcast_to(excess((q.b - self.b) / self.b, q.b / self.b), shape)
        same = self.a == q.a
        if np.all(same):
            return closed
        own = [np.broadcast_to(part, shape).ravel() for part in (self.a, self.b, q.a, q.b)]
        parts = [_integrated(*(part[i : i + CHUNK, np.newaxis] for part in own)) for i in range(0, own[0].size, CHUNK)]
        value, error = (np.concatenate(part).reshape(shape) for part in zip(*parts, strict=True))
        integral = Found.of(value, "quadrature", error=error, kind="bound", n=_edges(self.b.min()).size * NODES)
        return integral.where(same, Found.of(closed, "closed form"))

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                part = np.asarray(k, float) / self.a
                return np.where(part > -1.0, _beta(np.maximum(part, -1.0), self.b), np.inf)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                mean = _beta(1.0 / self.a, self.b)
                step = 1.0 / self.a
                # the log of E x^2 over that of (E x)^2
                growth = _second_difference(1.0, step) - _second_difference(self.b + 1.0, step)
                return (mean - center) ** 2 + mean**2 * np.expm1(growth)
            case LogPower(k) if np.all(np.equal(k, 1.0)):
                return -self._harmonic / self.a
            case LogPower(k) if np.all(np.equal(k, 2.0)):
                return (self._harmonic**2 + math.pi**2 / 6.0 - sp.polygamma(1, self.b + 1.0)) / self.a**2
            case LogComplement(a) if np.all(np.equal(a, self.a)):
                return np.broadcast_to(-1.0 / self.b, self.batch_shape)
            case LogComplement(a) if np.all(np.equal(a, 1.0)):
                return self._of_logs(lambda _below, above: above)
            case LogitPower(k):
                return self._of_logs(lambda below, above: (below - above) ** k)
        return None

    def _of_logs(self, function: Callable[[Array, Array], Array]) -> Array:
        """E f(log x, log(1 - x)), over -b log(1 - x^a), which is exponential: there 1 - x is not lost near 1."""
        from bitsapart.families.numeric.quadrature import integral

        def at(z: Array, _log_p: Array, a: Array, b: Array) -> Array:
            depth = z / b
            below = np.where(depth > 0.7, np.log1p(-np.exp(-depth)), np.log(-np.expm1(-depth))) / a
            above = np.where(below < -0.7, np.log1p(-np.exp(below)), np.log(-np.expm1(below)))
            # so near 1 that log x is no number any more
            return function(below, np.where(depth > 600.0, -depth - np.log(a), above))

        return integral(Exponential(np.ones(self.batch_shape)), at, *np.broadcast_arrays(self.a, self.b)).value

    def natural(self) -> list[Term]:
        return [Term(self.b - 1.0, LogComplement(self.a))]

    def log_partition(self) -> Array:
        return -np.log(self.b)

    def log_base(self) -> list[Term]:
        return [Term(self.a - 1.0, LogPower()), Term(np.log(self.a), Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] > -1.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "Kumaraswamy":
        return cls(fixed["a"], theta[0] + 1.0)

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "Kumaraswamy":
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError("no Kumaraswamy distribution is closest: E log(1 - x^a) is infinite or undefined")
        if not np.all(np.asarray(moments[0]) < 0.0):
            raise NoMinimiserError("no Kumaraswamy distribution is closest: all mass is at 0, and b would be infinite")
        return cls(fixed["a"], -1.0 / np.asarray(moments[0]))

    def _cdf(self, x: Array) -> Array:
        return -np.expm1(self.b * _log_complement(self.a, np.clip(x, 0.0, 1.0)))

    def _survival(self, x: Array) -> Array:
        return np.exp(self.b * _log_complement(self.a, np.clip(x, 0.0, 1.0)))

    def _quantile(self, u: Array) -> Array:
        return (-np.expm1(np.log1p(-u) / self.b)) ** (1.0 / self.a)

    def _upper_quantile(self, u: Array) -> Array:
        return (-np.expm1(np.log(u) / self.b)) ** (1.0 / self.a)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self._upper_quantile(generator.random((*shape, *self.batch_shape)))


def _beta(x: Array, y: Array) -> Array:
    """Gamma(x + 1) Gamma(y + 1) / Gamma(x + y + 1)."""
    least, most = np.minimum(x, y), np.maximum(x, y)
    with np.errstate(all="ignore"):
        tiny = np.exp(sp.gammaln(x + 1.0) + sp.gammaln(y + 1.0) - sp.gammaln(x + y + 1.0))
        return np.where(least < 100.0, sp.gamma(least + 1.0) / rising(most + 1.0, least), tiny)


def _second_difference(x: Any, step: Array) -> Array:
    """Log Gamma(x + 2 step) - 2 log Gamma(x + step) + log Gamma(x)."""
    middle = x + step
    found = log_gamma_bregman(middle, middle + step) + log_gamma_bregman(middle, x)
    small = np.minimum(step, SHORT)
    series = sum(2.0 * small**k / math.factorial(k) * sp.polygamma(k - 1, x + small) for k in (2, 4, 6))
    return np.where(step < SHORT, series, found)


def _log_complement(a: Array, x: Array) -> Array:
    """log(1 - x^a), exact near 0 and 1."""
    with np.errstate(divide="ignore"):
        return _log_one_less(a * np.log(x))


def _log_one_less(log: Array) -> Array:
    """log(1 - e^log) for log of 0 or less."""
    with np.errstate(divide="ignore"):
        return np.where(log < -0.7, np.log1p(-np.exp(log)), np.log(-np.expm1(log)))


def _integrated(a_p: Array, b_p: Array, a_q: Array, b_q: Array) -> tuple[Array, Array]:
    """KL of columns of pairs, of positive terms where they are close, and the difference that more nodes make to it."""
    growth, step = (a_q - a_p) / a_p, (b_q - b_p) / b_p
    close = (np.abs(growth) < SLIGHT) & (np.abs(step) < SLIGHT)
    found = []
    edges = _edges(b_p.min())
    for nodes, weights in (ROUGH, FINE):
        half = 0.5 * np.diff(edges)[:, np.newaxis]
        s = (edges[:-1, np.newaxis] + half * (1.0 + nodes)).ravel()
        e = np.exp(s)
        weight = (half * weights).ravel() * np.exp(s - e)
        y = _log_ratio_at(e, a_p, b_p, a_q, b_q)
        found.append(np.where(close, exponential_excess(np.where(close, y, 0.0)), -y) @ weight)
    rough, fine = found
    size = np.where(close[:, 0], fine, np.abs(y) @ weight)
    return fine, np.abs(fine - rough) + ROUNDING * size


def _edges(least: float) -> Array:
    """Panels down to where nothing is left, e^-39 of the whole, fine where densities bend: above the least b."""
    low = min(0.0, float(np.log(least)))
    return np.concatenate([np.arange(low - 44.0, low - 8.0, 1.0), np.arange(low - 8.0, LAST, 0.25), [LAST]])


def _log_ratio_at(e: Array, a_p: Array, b_p: Array, a_q: Array, b_q: Array) -> Array:
    """Log of q's density over p's where 1 - x^a_p = e^(-e / b_p)."""
    growth, step = (a_q - a_p) / a_p, (b_q - b_p) / b_p
    rest = np.exp(-e / b_p)
    log_power = _log_one_less(-e / b_p)
    held = np.maximum(rest, 1e-300)
    change = np.where(rest > 1e-300, -np.exp(log_power) * np.expm1(growth * log_power) / held, growth)
    far = _log_one_less(a_q / a_p * log_power) + e / b_p
    near, held = change > CLOSE, np.maximum(change, CLOSE)
    powers = np.where(near, np.log1p(held), far)
    # log(a_q / a_p) - powers, which cancel where x is close to 1: most of the mass, for a small b
    left = np.where(near, np.log1p((growth - held) / (1.0 + held)), log_ratio(a_q, a_p) - far)
    with np.errstate(invalid="ignore"):
        return log_ratio(b_q, b_p) + left + growth * log_power + b_q * powers - step * e
