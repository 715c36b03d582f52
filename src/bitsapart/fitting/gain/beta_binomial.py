"""Successes of n trials, with a beta prior on their probability. Gelman et al. 2013, section 2.4."""

from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.beta import Beta
from bitsapart.families.divergence import kl_divergence
from bitsapart.families.found import EPS, Found
from bitsapart.families.parameter import COUNT, checked
from bitsapart.fitting.gain.model import ConjugateModel
from bitsapart.values.errors import UsageError

TIES = 1e-10


class BetaBinomialModel(ConjugateModel):
    """k of n trials succeed, each with probability p; p has the prior Beta(a, b).

    >>> import bitsapart as ba
    >>> print(ba.expected_information_gain(ba.BetaBinomialModel(1, 1, n=10)))
    1.23206 bits
    """

    prior: Beta

    def __init__(self, a: Any, b: Any, n: int) -> None:
        self.prior = Beta(a, b)
        trials = checked("BetaBinomialModel", "n", n, COUNT)
        if self.prior.batch_shape or trials.ndim:
            raise UsageError("BetaBinomialModel: a, b and n should be single numbers")
        self.n = int(trials)

    def posterior(self, data: Any) -> Beta:
        """Beta(a + k, b + n - k) after k successes."""
        k = self._successes(data)
        return Beta(self.prior.a + k, self.prior.b + self.n - k)

    def expected_gain(self) -> Found:
        """The mean over k = 0 ... n."""
        k = np.arange(self.n + 1.0)
        gains = kl_divergence(Beta(self.prior.a + k, self.prior.b + self.n - k), self.prior)
        shares = np.exp(self._log_predictive(k))
        value = float(np.sum(shares * gains.value))
        error = float(np.sum(shares * gains.error)) + 8.0 * EPS * np.log(self.n + 2.0) * value
        return Found.of(value, "finite sum", error=error)

    def p_value(self, data: Any) -> float:
        """Of k, by its probability under the beta-binomial law."""
        logs = self._log_predictive(np.arange(self.n + 1.0))
        return float(min(np.exp(logs[logs <= logs[int(self._successes(data))] + TIES]).sum(), 1.0))

    def _log_predictive(self, k: Any) -> Any:
        """Log probability of k successes."""
        a, b = self.prior.a, self.prior.b
        choose = -sp.betaln(k + 1.0, self.n - k + 1.0) - np.log(self.n + 1.0)
        logs = choose + sp.betaln(a + k, b + self.n - k) - sp.betaln(a, b)
        return logs - sp.logsumexp(logs) if np.size(logs) == self.n + 1 else logs

    def _successes(self, data: Any) -> float:
        k = np.asarray(data, float)
        if k.ndim or not 0.0 <= k <= self.n or k != np.floor(k):
            raise UsageError(f"BetaBinomialModel: the data are a number of successes from 0 to {self.n}; got {data!r}")
        return float(k)
