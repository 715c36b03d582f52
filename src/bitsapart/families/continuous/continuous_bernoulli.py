"""Continuous Bernoulli distribution. Loaiza-Ganem & Cunningham 2019, The continuous Bernoulli, NeurIPS 32."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.uniform import Uniform
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.bessel import bessel_bregman, bessel_ratio, concentration, log_mean_exp, mean_gap
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import UNIT, Domain
from bitsapart.families.statistic import Deviation, Exponential, LogComplement, LogitPower, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support

ORDER = 0.5


class ContinuousBernoulli(ExponentialFamily):
    """Continuous Bernoulli distribution with density c(p) p^x (1 - p)^(1 - x) for x from 0 to 1.

    2 x - 1 is the cosine of a direction in three dimensions whose concentration u is half the logit of p, so that
    log c = -f(|u|) up to the end where the density is highest, and KL(P || Q) is the divergence of the directions.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.ContinuousBernoulli(0.2), ba.ContinuousBernoulli(0.5)))
    0.110243 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"p": UNIT}

    def __init__(self, p: Any) -> None:
        self._set(p=p)

    p: Array

    @property
    def _tilt(self) -> Array:
        """Half the logit of p."""
        return 0.5 * _logit(self.p)

    @property
    def support(self) -> Support:
        return Interval(0.0, 1.0)

    def _log_density(self, x: Array) -> Array:
        u = self._tilt
        return -2.0 * np.abs(u) * np.where(u > 0.0, 1.0 - x, x) - log_mean_exp(ORDER, np.abs(u))

    def _entropy(self) -> Array:
        u = np.abs(self._tilt)
        return log_mean_exp(ORDER, u) + u * mean_gap(ORDER, u)

    def _kl_divergence(self, q: "ContinuousBernoulli") -> Array:
        u_p, u_q = np.broadcast_arrays(self._tilt, q._tilt)
        least, most = np.minimum(self.p, q.p), np.maximum(self.p, q.p)
        distance = 0.5 * np.log1p((most - least) / least / (1.0 - most))
        same = u_p * u_q >= 0.0
        # of the sizes, from the difference of p; on two sides of 1/2 the directions are opposite
        outward = (np.abs(u_q) > np.abs(u_p)) | (np.equal(u_p, 0.0))
        step = np.where(same, np.where(outward, distance, -distance), np.abs(u_q) - np.abs(u_p))
        step = np.maximum(step, -np.abs(u_p))
        turn = np.where(same, 0.0, 2.0 * np.abs(u_q) * bessel_ratio(ORDER, np.abs(u_p)))
        return bessel_bregman(ORDER, np.abs(u_p), step) + turn

    def moment(self, statistic: Statistic) -> Array | None:
        u = self._tilt
        gap = 0.5 * mean_gap(ORDER, np.abs(u))
        mean = np.where(u > 0.0, 1.0 - gap, gap)
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, mean**2 + _variance(2.0 * u))
            case Power(k):
                k = np.maximum(np.asarray(k, float), -1.0)
                with np.errstate(divide="ignore", invalid="ignore"):
                    found = sp.hyp1f1(k + 1.0, k + 2.0, 2.0 * u) / sp.exprel(2.0 * u) / (k + 1.0)
                return np.where(k > -1.0, found, np.inf)
            case LogPower(k) if np.all(np.equal(k, 1.0)):
                return _mean_log(2.0 * u)
            case LogComplement(a) if np.all(np.equal(a, 1.0)):
                return _mean_log(-2.0 * u)
            case LogitPower(k) if np.all(np.equal(k, 1.0)):
                return _mean_log(2.0 * u) - _mean_log(-2.0 * u)
            case LogitPower(k) if np.all(np.equal(k, 2.0)):
                return self._squared_logit()
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (mean - center) ** 2 + _variance(2.0 * u)
            case Exponential(c):
                moved = u + 0.5 * np.asarray(c)
                logarithm = log_mean_exp(ORDER, np.abs(moved)) + np.abs(moved) + moved
                return np.exp(logarithm - log_mean_exp(ORDER, np.abs(u)) - np.abs(u) - u)
        return None

    def _squared_logit(self) -> Array:
        """E (logit x)^2, both halves from their own end, where 1 - x is not lost."""
        from bitsapart.families.numeric.quadrature import integral

        def at(x: Array, _log_p: Array, u: Array, rest: Array) -> Array:
            size = -2.0 * np.abs(u)
            near, far = np.exp(size * x - rest), np.exp(size * (1.0 - x) - rest)
            return 0.5 * (near + far) * (np.log(x) - np.log1p(-x)) ** 2

        return integral(
            Uniform(0.0, np.full(self.batch_shape, 0.5)), at, self._tilt, log_mean_exp(ORDER, np.abs(self._tilt))
        ).value

    def natural(self) -> list[Term]:
        return [Term(_logit(self.p), Power())]

    def log_partition(self) -> Array:
        u = self._tilt
        return log_mean_exp(ORDER, np.abs(u)) + np.abs(u) + u

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "ContinuousBernoulli":
        return cls(1.0 / (1.0 + np.exp(-theta[0])))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "ContinuousBernoulli":
        mean = np.asarray(moments[0], float)
        if not np.all((mean > 0.0) & (mean < 1.0)):
            raise NoMinimiserError("no continuous Bernoulli distribution is closest: E x should be between 0 and 1")
        small = np.minimum(mean, 1.0 - mean)
        logit = 2.0 * concentration(ORDER, 1.0 - 2.0 * small, 2.0 * small)
        return cls.from_natural([np.where(mean > 0.5, logit, -logit)])

    def _cdf(self, x: Array) -> Array:
        tilt, x = 2.0 * self._tilt, np.clip(x, 0.0, 1.0)
        # the exponential of the lesser end is left out
        part = x * sp.exprel(-np.abs(tilt) * x) / sp.exprel(-np.abs(tilt))
        return np.where(tilt > 0.0, np.exp(-np.abs(tilt) * (1.0 - x)), 1.0) * part

    def _survival(self, x: Array) -> Array:
        tilt, rest = 2.0 * self._tilt, 1.0 - np.clip(x, 0.0, 1.0)
        part = rest * sp.exprel(-np.abs(tilt) * rest) / sp.exprel(-np.abs(tilt))
        return np.where(tilt > 0.0, 1.0, np.exp(-np.abs(tilt) * (1.0 - rest))) * part

    def _quantile(self, u: Array) -> Array:
        tilt = 2.0 * self._tilt
        held = np.where(tilt == 0.0, 1.0, tilt)
        return np.where(tilt == 0.0, u, np.log1p(u * np.expm1(held)) / held)

    def _upper_quantile(self, u: Array) -> Array:
        tilt = 2.0 * self._tilt
        held = np.where(tilt == 0.0, 1.0, tilt)
        falling = np.log(np.exp(held) - u * np.expm1(held)) / held
        rising = 1.0 + np.log1p(u * np.expm1(-np.maximum(held, -1.0))) / held
        found = np.where(u > 0.5, self._quantile(1.0 - u), np.where(held < -1.0, falling, rising))
        return np.where(tilt == 0.0, 1.0 - u, found)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self._quantile(generator.random((*shape, *self.batch_shape)))


def _mean_log(tilt: Array) -> Array:
    """E log x of the density proportional to e^(tilt x), by exponential integrals. Abramowitz & Stegun 5.1.39, 40."""
    size = np.abs(tilt)
    near = size < 1.0
    held = np.where(near, 1.0, size)
    small = np.where(near, tilt, 0.0)
    series = np.zeros(np.shape(tilt))
    for n in range(20, 0, -1):
        series = small / n * (1.0 / n + series)
    falling = -(np.log(held) + np.euler_gamma + sp.exp1(held)) / -np.expm1(-held)
    rising = np.minimum(held, 700.0)
    large = np.ones(np.shape(tilt))
    for n in range(8, 0, -1):
        large = 1.0 + n / held * large
    growing = np.where(
        held < 700.0, (sp.expi(rising) - np.log(rising) - np.euler_gamma) / np.expm1(rising), large / held
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        close = np.where(small == 0.0, -1.0, -series / np.expm1(small))
    return np.where(near, close, np.where(tilt < 0.0, falling, -growing))


def _logit(p: Array) -> Array:
    close = np.abs(p - 0.5) < 0.25
    return np.where(close, 2.0 * np.arctanh(np.where(close, 2.0 * p - 1.0, 0.0)), np.log(p) - np.log1p(-p))


def _variance(logit: Array) -> Array:
    """1 / l^2 - 1 / (4 sinh(l / 2)^2)."""
    size = np.abs(logit)
    near = size < 0.5
    held = np.where(near, 1.0, np.minimum(size, 700.0))
    square = np.where(near, logit, 0.0) ** 2
    series = np.polynomial.polynomial.polyval(
        square, [1 / 12, -1 / 240, 1 / 6048, -1 / 172800, 1 / 5322240, -691 / 118879488000, 1 / 5748019200]
    )
    return np.where(near, series, 1.0 / np.where(near, 1.0, size) ** 2 - 0.25 / np.sinh(0.5 * held) ** 2)
