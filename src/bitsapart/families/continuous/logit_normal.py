"""Logit-normal distribution. Atchison & Shen 1980, Logistic-normal distributions: some properties and uses."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import HALF_LOG_2_PI, Normal
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.found import ROUNDING, Found
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Deviation, LogComplement, LogitPower, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class LogitNormal(ExponentialFamily):
    """Distribution of x from 0 to 1 whose logit log(x / (1 - x)) is normal, of mean logit_mean and deviation logit_sd.

    KL(P || Q) is that of the normal distributions. Means and the entropy have no closed form.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.LogitNormal(0.0, 1.0), ba.LogitNormal(1.0, 1.0), unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"logit_mean": REAL, "logit_sd": POSITIVE}

    def __init__(self, logit_mean: Any = 0.0, logit_sd: Any = 1.0) -> None:
        self._set(logit_mean=logit_mean, logit_sd=logit_sd)

    logit_mean: Array
    logit_sd: Array

    @property
    def _logit(self) -> Normal:
        return Normal(self.logit_mean, self.logit_sd)

    @property
    def support(self) -> Support:
        return Interval(0.0, 1.0)

    def _log_density(self, x: Array) -> Array:
        log, complement = np.log(x), np.log1p(-x)
        inside = self._logit._log_density(log - complement) - log - complement
        return np.where((x > 0.0) & (x < 1.0), inside, -np.inf)

    def _kl_divergence(self, q: "LogitNormal") -> Array:
        return self._logit._kl_divergence(q._logit)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case LogitPower(k):
                return self._logit.moment(Power(k))
        return None

    def natural(self) -> list[Term]:
        linear, quadratic = (term.coefficient for term in self._logit.natural())
        return [Term(linear, LogitPower()), Term(quadratic, LogitPower(2.0))]

    def _entropy(self) -> Found:
        """That of the logit z, less E (|z| + 2 log(1 + e^-|z|)): on the line of x, tails end in too few numbers."""
        from bitsapart.families.numeric.quadrature import integral

        center = np.zeros(self.batch_shape)
        bend = integral(self._logit, lambda z, _log_p: 2.0 * np.log1p(np.exp(-np.abs(z))), breakpoints=[center])
        known = self._logit._entropy() - self._logit.moment(Deviation(center))
        rounding = ROUNDING * (np.abs(known) + bend.value)
        return Found(known - bend.value, bend.error + rounding, bend.kind, bend.method, bend.note, bend.n)

    def log_partition(self) -> Array:
        return self._logit.log_partition()

    def log_base(self) -> list[Term]:
        return [Term(-1.0, LogPower()), Term(-1.0, LogComplement()), Term(-HALF_LOG_2_PI, Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **fixed: Any) -> Any:
        return Normal.natural_space(theta, **fixed)

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "LogitNormal":
        normal = Normal.from_natural(theta, **fixed)
        return cls(normal.mean, normal.sd)

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "LogitNormal":
        try:
            normal = Normal.from_moments(moments, **fixed)
        except NoMinimiserError as error:
            raise NoMinimiserError(f"of the logits, {error}") from error
        return cls(normal.mean, normal.sd)

    def _cdf(self, x: Array) -> Array:
        return self._logit._cdf(sp.logit(np.clip(x, 0.0, 1.0)))

    def _survival(self, x: Array) -> Array:
        return self._logit._survival(sp.logit(np.clip(x, 0.0, 1.0)))

    def _quantile(self, u: Array) -> Array:
        return sp.expit(self._logit._quantile(u))

    def _upper_quantile(self, u: Array) -> Array:
        return sp.expit(self._logit._upper_quantile(u))

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return sp.expit(self._logit._sample(shape, generator))
