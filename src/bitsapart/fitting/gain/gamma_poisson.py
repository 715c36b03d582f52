"""Counts of n intervals, with a gamma prior on their rate. Gelman et al. 2013, Bayesian Data Analysis, section 2.6."""

from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.gamma import Gamma
from bitsapart.families.divergence import kl_divergence
from bitsapart.families.found import EPS, Found
from bitsapart.families.parameter import COUNT, checked
from bitsapart.fitting.gain.model import ConjugateModel
from bitsapart.values.errors import UsageError

TAIL = 1e-17
LONGEST = 10_000_000
TIES = 1e-10


class GammaPoissonModel(ConjugateModel):
    """n counts of one Poisson rate with the prior Gamma(shape, rate); the data are the counts.

    >>> import bitsapart as ba
    >>> print(ba.bayesian_gain(ba.GammaPoissonModel(2.0, 1.0, n=3), [4, 2, 5]).joint)
    1.18491 bits
    """

    prior: Gamma

    def __init__(self, shape: Any, rate: Any, n: int) -> None:
        self.prior = Gamma(shape, rate)
        intervals = checked("GammaPoissonModel", "n", n, COUNT)
        if self.prior.batch_shape or intervals.ndim:
            raise UsageError("GammaPoissonModel: shape, rate and n should be single numbers")
        self.n = int(intervals)

    def posterior(self, data: Any) -> Gamma:
        """Gamma(shape + sum of counts, rate + n)."""
        return Gamma(self.prior.shape + self._total(data), self.prior.rate + self.n)

    def expected_gain(self) -> Found:
        """The mean over the total, which is negative binomial; what is left out of it has less mass than rounding."""
        totals = np.arange(self._highest() + 1.0)
        gains = kl_divergence(Gamma(self.prior.shape + totals, self.prior.rate + self.n), self.prior)
        shares = np.exp(self._log_predictive(totals))
        value = float(np.sum(shares * gains.value))
        left_out = TAIL * 4.0 * float(gains.value[-1])
        error = float(np.sum(shares * gains.error)) + 64.0 * EPS * value + left_out
        return Found.of(value, "series", error=error, kind="bound", n=totals.size)

    def p_value(self, data: Any) -> float:
        """Of the total, by its probability under the negative binomial law."""
        total = self._total(data)
        logs = self._log_predictive(np.arange(max(self._highest(), total) + 1.0))
        return float(min(np.exp(logs[logs <= logs[int(total)] + TIES]).sum(), 1.0))

    def _log_predictive(self, total: Any) -> Any:
        """Log probability of a total count."""
        shape, rate = self.prior.shape, self.prior.rate
        logs = -sp.betaln(shape, total + 1.0) - np.log(shape + total)
        return logs + shape * np.log(rate / (rate + self.n)) + total * np.log(self.n / (rate + self.n))

    def _highest(self) -> float:
        from scipy.stats import nbinom

        highest = float(nbinom(self.prior.shape, self.prior.rate / (self.prior.rate + self.n)).isf(TAIL))
        if not highest < LONGEST:
            raise UsageError(
                f"GammaPoissonModel: the prior expects totals up to {highest:.3g}, more than can be summed: "
                "count shorter intervals"
            )
        return highest

    def _total(self, data: Any) -> float:
        counts = np.asarray(data, float)
        if counts.shape != (self.n,) or not np.all((counts >= 0.0) & (counts == np.floor(counts))):
            raise UsageError(
                f"GammaPoissonModel: the data are {self.n} counts, whole numbers of 0 or more; got {data!r}"
            )
        return float(counts.sum())
