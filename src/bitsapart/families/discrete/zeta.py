"""Zeta distribution (Zipf's). Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 11.2.20.

The zeta function comes with its derivatives from the alternating series, whose terms are weighted so that 26 of them
have all digits (Borwein 2000, An Efficient Algorithm for the Riemann Zeta Function, algorithm 2).
"""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import excess, step_deviance
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.numeric.lattice_quantile import lattice_quantile, lattice_upper_quantile
from bitsapart.families.parameter import ABOVE_ONE, Domain
from bitsapart.families.statistic import LogFactorial, LogPower, Power, Statistic
from bitsapart.families.support import Lattice, Support

TERMS = 26
LOG_2 = math.log(2.0)


class Zeta(ExponentialFamily):
    """Zeta distribution of x = 1, 2, ... with probability x^-s / zeta(s), s > 1.

    KL(P || Q) = log(zeta(s_q) / zeta(s_p)) + (s_q - s_p) E log x, E log x = -zeta'(s_p) / zeta(s_p), as the sum of
    the Bregman divergences of the logarithms of the alternating series and of its factor 1 / (1 - 2^(1 - s)).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Zeta(2.0), ba.Zeta(3.0), unit="nat"))
    0.256295 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"s": ABOVE_ONE}

    def __init__(self, s: Any) -> None:
        self._set(s=s)

    s: Array

    @property
    def support(self) -> Support:
        return Lattice(1.0)

    def _log_density(self, x: Array) -> Array:
        return -self.s * np.log(x) - log_zeta(self.s)

    def _entropy(self) -> Array:
        return self.s * mean_log(self.s - 1.0) + log_zeta(self.s)

    def _kl_divergence(self, q: "Zeta") -> Array:
        return _alternating_bregman(self.s, q.s) + _factor_bregman(self.s, q.s)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                finite = self.s - k > 1.0
                return np.where(finite, sp.zeta(np.where(finite, self.s - k, 2.0)) / sp.zeta(self.s), np.inf)
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = mean_log(self.s - 1.0)
                return np.where(np.equal(k, 1.0), mean, variance_log(self.s - 1.0) + mean**2)
            case LogFactorial() if np.all(self.s <= 2.0):
                return np.full(self.batch_shape, np.inf)
        return None

    def natural(self) -> list[Term]:
        return [Term(-self.s, LogPower())]

    def log_partition(self) -> Array:
        return log_zeta(self.s)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < -1.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Zeta":
        return cls(-theta[0])

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Zeta":
        wanted = np.asarray(moments[0], float)
        if not np.all(np.isfinite(wanted) & (wanted > 0.0)):
            raise NoMinimiserError("no zeta distribution is closest: E log x is not above 0, or does not exist")
        # Newton for log E log x as a function of log(s - 1); E log x is 1 / (s - 1) near 1, log 2 2^-s far from it
        above = np.where(wanted > 0.5, 1.0 / wanted, np.maximum(-np.log2(wanted / LOG_2) - 1.0, 0.5))
        for _ in range(60):
            mean = mean_log(above)
            step = (np.log(mean) - np.log(wanted)) * mean / variance_log(above)
            above = np.maximum(above + step, 0.2 * above)
            if np.all(np.abs(step) <= 4e-16 * (1.0 + above)):
                break
        return cls(1.0 + above)

    def _survival(self, x: Array) -> Array:
        k = np.maximum(np.floor(x), 0.0) + 1.0
        return np.where(k == 1.0, 1.0, sp.zeta(self.s, k) / sp.zeta(self.s))

    def _cdf(self, x: Array) -> Array:
        return 1.0 - self._survival(x)

    def _quantile(self, u: Array) -> Array:
        return lattice_quantile(self._cdf, u, 1.0, self.batch_shape)

    def _upper_quantile(self, u: Array) -> Array:
        return lattice_upper_quantile(self._survival, u, 1.0, self.batch_shape)

    def _frozen(self) -> Any:
        from scipy.stats import zipf

        return zipf(self.s)


def log_zeta(s: Array) -> Array:
    """Log zeta(s), exact for large s too."""
    return np.log1p(sp.zetac(s))


def _alternating_weights() -> Array:
    """Weights of 1, -2^-s, 3^-s, ... in zeta(s) (1 - 2^(1 - s)): 1 for the first, falling to 0, in whole numbers."""
    n = TERMS
    sums, total = [], 0
    for i in range(n + 1):
        total += n * math.factorial(n + i - 1) * 4**i // (math.factorial(n - i) * math.factorial(2 * i))
        sums.append(total)
    return np.array([(sums[n] - sums[k]) / sums[n] * (-1.0) ** k for k in range(n)])


ALTERNATING = _alternating_weights().tolist()
LOGS = [math.log(k) for k in range(1, TERMS + 1)]


def _alternating_moments(s: Array) -> tuple[Array, Array]:
    """Minus the first and the second derivative of the logarithm of the alternating series."""
    total, first, second = np.ones(np.shape(s)), np.zeros(np.shape(s)), np.zeros(np.shape(s))
    for weight, length in zip(ALTERNATING[1:], LOGS[1:], strict=True):
        term = weight * np.exp(-s * length)
        total, first, second = total + term, first + term * length, second + term * length**2
    return first / total, second / total - (first / total) ** 2


def _alternating_bregman(s: Array, t: Array) -> Array:
    """Of the log of the series: the mean of e^-x - 1 + x, x = (t - s) log k, less the excess of that of e^-x - 1."""
    shape = np.broadcast_shapes(np.shape(s), np.shape(t))
    total, rises, apart = np.ones(np.shape(s)), np.zeros(shape), np.zeros(shape)
    for weight, length in zip(ALTERNATING[1:], LOGS[1:], strict=True):
        term = weight * np.exp(-s * length)
        rise, beyond = _risen(term, weight * np.exp(-t * length), (t - s) * length)
        total, rises, apart = total + term, rises + rise, apart + beyond
    return apart / total - excess(rises / total)


def _factor_bregman(s: Array, t: Array) -> Array:
    """Of -log(1 - 2^(1 - s)): what two geometric distributions whose probabilities fall by 2^(1 - s) are apart."""
    above, other = (s - 1.0) * LOG_2, (t - 1.0) * LOG_2
    ratio, success = np.exp(-above), -np.expm1(-above)
    rise, beyond = _risen(ratio, np.exp(-other), (t - s) * LOG_2)
    return (step_deviance(success, -np.expm1(-other), -rise) + beyond) / success


def _risen(term: Array, other: Array, x: Array) -> tuple[Array, Array]:
    """Other - term and other - term + x term >= 0 for other = term e^-x."""
    # beyond that, e^-x would overflow for terms that underflow
    usual, near = np.abs(x) < 30.0, np.abs(x) < 0.25
    change = np.expm1(np.where(usual, -x, 0.0))
    bend = np.where(near, excess(np.where(near, change, 0.0)), change + x)
    rise = np.where(usual, term * change, other - term)
    return rise, np.where(usual, term * bend, rise + term * x)


def mean_log(above: Array) -> Array:
    """E log x = -zeta' / zeta at 1 + above."""
    with np.errstate(over="ignore"):
        return _alternating_moments(1.0 + above)[0] + LOG_2 / np.expm1(above * LOG_2)


def variance_log(above: Array) -> Array:
    """Var log x = (log zeta)'' at 1 + above."""
    with np.errstate(over="ignore"):
        return _alternating_moments(1.0 + above)[1] + (0.5 * LOG_2 / np.sinh(0.5 * above * LOG_2)) ** 2
