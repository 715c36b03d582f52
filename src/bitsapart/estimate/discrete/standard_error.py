"""The standard error of an entropy by the delta method.

    se^2 = (sum p log^2 p - H^2) / n = sum p (log p + H)^2 / n          p = c / n

Basharin 1959. It is that of the plug-in; estimators that mend the bias vary somewhat more where much is unseen. It is 0
for a uniform sample, where the next order is all there is: then it is no base for an interval.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.discrete.plug_in import minus_x_log_x, total

Array = NDArray[np.float64]


def delta_standard_error(counts: ArrayLike, **_: Any) -> Array:
    """Standard error in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    Further keyword arguments, those of an estimator, change nothing.

    >>> round(float(delta_standard_error([50, 25, 25])), 6)
    0.034657
    """
    counts = np.asarray(counts, dtype=np.float64)
    n = total(counts)
    share = counts / n[..., None]
    entropy = minus_x_log_x(share).sum(axis=-1)
    logs = np.log(np.where(share > 0.0, share, 1.0)) + entropy[..., None]
    return np.asarray(np.sqrt(np.sum(share * logs**2, axis=-1) / n))
