"""Gain from a run of nested sampling: the mean of log L over the posterior, less log Z.

The volumes X_i that the dead points enclose are known as far as their law: log X_i - log X_(i-1) is -1/n times an
exponential draw, for n live points. Replicates of the volumes give the interval. Skilling 2006, sections 2.3 and 2.4.
"""

from typing import Any

import numpy as np

from bitsapart.estimate.counts import level_of, seed_of
from bitsapart.fitting.gain.result import Gain
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

REPLICATES = 400


class NestedRun:
    """The dead points of a nested sampling run: their log-likelihoods, and how many points were alive at each.

    ``log_likelihoods`` in any order, final live points included. ``live_points``: a number (the final ones then die
    one by one), or one for each dead point in order of rising likelihood.
    """

    def __init__(self, log_likelihoods: Any, live_points: Any) -> None:
        logs = np.asarray(log_likelihoods, dtype=np.float64)
        if logs.ndim != 1 or len(logs) < 10:
            raise UsageError(f"a nested run is one row of log-likelihoods, 10 at least; got shape {logs.shape}")
        if np.isnan(logs).any() or np.isposinf(logs).any():
            raise UsageError(f"log-likelihood {int(np.argmax(~(logs < np.inf)))} is {logs[~(logs < np.inf)][0]}")
        alive = np.asarray(live_points)
        if alive.ndim == 0:
            alive = np.minimum(float(alive), len(logs) - np.arange(len(logs)))
        if alive.shape != logs.shape or not np.all(alive >= 1):
            raise UsageError("live_points should be a number, or one of 1 or more for each log-likelihood")
        order = np.argsort(logs, kind="stable")
        self.log_likelihoods = logs[order]
        self.live_points = alive.astype(np.float64)


def nested_run(value: Any) -> NestedRun | None:
    """The run that an object holds, if it is one: ours, dynesty's, or anesthetic's."""
    if isinstance(value, NestedRun):
        return value
    columns = getattr(value, "columns", None)
    if columns is not None and hasattr(value, "nlive"):
        return NestedRun(np.asarray(value.logL), np.asarray(value.nlive))
    if hasattr(value, "logl") and hasattr(value, "nlive"):
        return NestedRun(np.asarray(value.logl), int(value.nlive))
    return None


def nested_gain(run: NestedRun, level: float = 0.95, seed: int = 0) -> Gain:
    """The gain, its interval from replicates of the volumes, and the dimensionality."""
    draw = np.random.default_rng(seed_of(seed))
    steps = draw.exponential(size=(REPLICATES, len(run.log_likelihoods))) / run.live_points
    gains = [moments(run.log_likelihoods, row)[0] for row in steps]
    value, variance = moments(run.log_likelihoods, 1.0 / run.live_points)
    tail = (1.0 - level_of(level)) / 2.0
    low, high = np.quantile(gains, [tail, 1.0 - tail])
    ends = max(min(float(low), value), 0.0), max(float(high), value)
    method, n = "nested sampling, simulated volumes", len(run.log_likelihoods)
    joint = Estimate(value, *ends, level, "confidence", method, Unit.nat, n).to(Unit.bit)
    return Gain(joint, dimensionality=2.0 * variance)


def moments(logs: Any, steps: Any) -> tuple[float, float]:
    """Gain in nats, and posterior variance of log L, for steps of -log volume."""
    below = -np.cumsum(steps)
    above = np.concatenate([[0.0], below[:-1]])
    # X_(i-1) - X_i, and the last volume whole
    log_width = above + np.log(-np.expm1(-np.asarray(steps)))
    log_width[-1] = above[-1]
    weight = logs + log_width
    top = float(weight.max())
    shares = np.exp(weight - top)
    log_normaliser = top + float(np.log(shares.sum()))
    shares = shares / shares.sum()
    some = shares > 0.0
    mean = float(np.sum(shares[some] * logs[some]))
    return mean - log_normaliser, float(np.sum(shares[some] * (logs[some] - mean) ** 2))
