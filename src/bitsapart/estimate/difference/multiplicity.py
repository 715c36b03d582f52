"""The false discovery rate of many tests: q-values by the step-up procedure of Benjamini & Hochberg 1995.

q_(i) = min over j >= i of  p_(j) k / j          p_(1) <= ... <= p_(k)
"""

import math
from collections.abc import Sequence

import numpy as np


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """q-values in the order of the p-values; those that are None or nan stay so and do not count as tests.

    >>> benjamini_hochberg([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    tested = [i for i, p in enumerate(p_values) if p is not None and not math.isnan(p)]
    q_values = list(p_values)
    if not tested:
        return q_values
    values = np.array([p_values[i] for i in tested], dtype=np.float64)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(tested) / np.arange(1, len(tested) + 1)
    smallest = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    for place, q in zip(order, smallest, strict=True):
        q_values[tested[place]] = float(q)
    return q_values
