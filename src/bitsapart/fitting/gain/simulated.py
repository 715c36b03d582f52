"""Expected information gain of a model that can be simulated, between a bound from below and one from above.

With theta_0 the parameters that made y, and theta_1 ... theta_L others from the prior,

    E log p(y | theta_0) - log mean over l = 0 ... L of p(y | theta_l)    is not more than the gain,
    E log p(y | theta_0) - log mean over l = 1 ... L of p(y | theta_l)    is not less.

Foster et al. 2020, "A unified stochastic gradient approach", theorem 1 (prior contrastive estimation); Rainforth et al.
2018, section 3 (nested Monte Carlo). The first is never above log(L + 1).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.estimate.counts import level_of, seed_of
from bitsapart.families.distribution import Distribution
from bitsapart.families.found import Found
from bitsapart.values.errors import UsageError

BLOCK = 1 << 20
"""Pairs of data and parameters that a likelihood is asked for at a time."""


def simulated_gain(
    prior: Any,
    simulate: Callable[[Any, np.random.Generator], Any],
    log_likelihood: Callable[[Any, Any], Any],
    *,
    draws: int,
    contrasts: int,
    level: float,
    seed: int,
) -> Found:
    """The expected gain in nats, and an interval from the bound below to the bound above."""
    generator = np.random.default_rng(seed_of(seed))
    if min(draws, contrasts) < 2:
        raise UsageError(f"draws and contrasts should be 2 or more; got {draws} and {contrasts}")
    theta = sampled(prior, draws, generator)
    data = np.asarray(simulate(theta, generator))
    if data.ndim == 0 or len(data) != draws:
        raise UsageError(
            f"simulate should give data of shape ({draws}, ...), one for each row of parameters; got {data.shape}"
        )
    own = likelihoods(log_likelihood, data, theta)
    lower, upper = np.empty(draws), np.empty(draws)
    step = max(1, BLOCK // contrasts)
    for start in range(0, draws, step):
        rows = slice(start, min(start + step, draws))
        count = rows.stop - rows.start
        others = sampled(prior, count * contrasts, generator)
        logs = likelihoods(log_likelihood, np.repeat(data[rows], contrasts, axis=0), others).reshape(count, contrasts)
        rest = sp.logsumexp(logs, axis=1)
        lower[rows] = own[rows] - (np.logaddexp(rest, own[rows]) - np.log(contrasts + 1.0))
        upper[rows] = own[rows] - (rest - np.log(contrasts))
    reach = float(sp.ndtri(0.5 + level_of(level) / 2.0)) / np.sqrt(draws)
    low = max(float(lower.mean() - reach * lower.std(ddof=1)), 0.0)
    high = float(upper.mean() + reach * upper.std(ddof=1)) if np.isfinite(upper).all() else np.inf
    value = float((lower.mean() + upper.mean()) / 2.0) if np.isfinite(high) else float(lower.mean())
    note = "" if np.isfinite(high) else "no bound from above: for some data, no other parameters are possible"
    if float(lower.mean()) > np.log(contrasts + 1.0) - 1.0:
        note = f"near log({contrasts + 1}), above which the bound from below cannot rise: take more contrasts"
    # an interval that is not symmetric: its longer side is the error
    return Found.of(
        value,
        "nested Monte Carlo bounds",
        error=max(value - low, high - value),
        kind="confidence",
        note=note,
        n=draws * contrasts,
    )


def sampled(prior: Any, n: int, generator: np.random.Generator) -> Any:
    """Parameters from a distribution, or from a function of how many and a generator."""
    theta = prior.sample(n, seed=generator) if isinstance(prior, Distribution) else np.asarray(prior(n, generator))
    if np.ndim(theta) == 0 or len(theta) != n:
        raise UsageError(f"the prior should give {n} rows of parameters; got shape {np.shape(theta)}")
    return theta


def likelihoods(log_likelihood: Any, data: Any, theta: Any) -> Any:
    """Log-likelihoods row by row, checked."""
    found = np.asarray(log_likelihood(data, theta), dtype=np.float64)
    if found.shape != (len(data),):
        raise UsageError(f"log_likelihood should give shape ({len(data)},), one for each row; got {found.shape}")
    if np.isnan(found).any() or np.isposinf(found).any():
        row = int(np.argmax(np.isnan(found) | np.isposinf(found)))
        raise UsageError(f"log_likelihood is {found[row]} for data {data[row]} and parameters {theta[row]}")
    return found
