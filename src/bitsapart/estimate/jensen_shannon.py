"""Jensen-Shannon divergence from two samples of counts, with its interval.

    JS = H((P + Q) / 2) - H(P) / 2 - H(Q) / 2

The two entropies by the digamma estimate (see ``entropy``), that of the mixture M by the plug-in plus half its relative
variance (Miller 1955). With g_i = (q_i/n + p_i/m) / (4 M_i) and c = 1/n + 1/m, the moments of its law are

    2 b = sum g - c/4      2 v = sum g^2 - (c/4)^2      V = Var_p(log(p/M))/4n + Var_q(log(q/M))/4m
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.degenerate import degenerate_divergence
from bitsapart.estimate.entropy import digamma_entropy
from bitsapart.estimate.kl_divergence import scatter_of_logs
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import Counted, skewed_interval
from bitsapart.measures.entropy import entropy
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


def js_divergence(p: ArrayLike, q: ArrayLike, level: float = 0.95) -> Estimate:
    """JS(P, Q) in nats, between 0 and log 2, from counts of the same outcomes, both of shape (outcomes,).

    >>> print(js_divergence([60, 40], [40, 60], 0.95))
    0.018 nats [0.002, 0.062]
    """
    p, q = as_counts(p), as_counts(q)
    known = degenerate_divergence(p, q, level)
    if known:
        return known
    rows = int(p.sum() + q.sum())
    spread = js_spread(p, q)
    value = min(max(spread.estimate, 0.0), math.log(2.0))
    low, high = skewed_interval(spread, (js_side(p, q), js_side(q, p)), level)
    high = min(max(high, value), math.log(2.0))
    return Estimate(value, min(low, value), high, level, "confidence", METHOD, Unit.nat, rows)


def js_spread(p: Array, q: Array) -> Spread:
    """The estimate and the moments of its law."""
    kept = p + q > 0
    p, q = p[kept], q[kept]
    n, m = p.sum(), q.sum()
    c = (1.0 / n + 1.0 / m) / 4.0
    x, y = p / n, q / m
    mixture = (x + y) / 2.0
    relative = (np.sum((x / n + y / m) / mixture) - np.sum(x * x / mixture) / n - np.sum(y * y / mixture) / m) / 8.0
    estimate = float(entropy(mixture, unit="nat")) + float(relative) - (digamma_entropy(p) + digamma_entropy(q)) / 2.0
    parts = ((p > 0) * y / n + (q > 0) * x / m) / (4.0 * mixture)
    bias = max(float(parts.sum()) - c, c) / 2.0
    variance = max(float(np.sum(parts**2)) - c * c, c * c) / 2.0
    first_order = (
        scatter_of_logs(p, np.log(mixture)) / n + scatter_of_logs(q, np.log(mixture)) / m
    ) / 4.0 - 2.0 * c * bias
    return Spread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance))


def js_side(p: Array, q: Array) -> Counted:
    """How the estimate depends on single counts of P: part (x log(x/M) + y log(y/M)) / 2 less its mean."""
    n = p.sum()
    y = q / q.sum()
    share = np.maximum(p, 0.5) / n
    logs = np.log(2.0 * share / (share + y)) / 2.0
    mean = float(np.sum(p / n * logs))

    def part(counts: Array) -> Array:
        x = counts / n
        mixture = (x + y) / 2.0
        both = special.xlogy(x, x) + special.xlogy(y, y) - 2.0 * special.xlogy(mixture, mixture)
        return np.asarray(both / 2.0 - x * mean, dtype=np.float64)

    return Counted(p, part, (logs - mean) / n)
