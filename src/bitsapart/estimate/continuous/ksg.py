"""Mutual information of paired rows from distances to nearest neighbours.

    I = psi(k) + psi(n) - mean [ psi(n_x + 1) + psi(n_y + 1) ]       Kraskov, Stoegbauer & Grassberger 2004, eq. 8

n_x and n_y: the others nearer than the kth neighbour in the joint space, under the largest coordinate. With ties
(columns part discrete, part continuous), where that distance is 0, k_i is the number of the others at 0, else k, and

    I = mean [ psi(k_i) + log n - psi(n_x + 1) - psi(n_y + 1) ]      Gao, Kannan, Oh & Viswanath 2017, algorithm 1

with psi as in the authors' program. The paper prints log(n_x + 1) and log(n_y + 1), the same for large k; for small k
these are too low, by log 4 - psi(3) = 0.46 nats where x is a class, y determines it, and k = 3.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

INSIDE = 1.0 - 1e-10
"""Strictly within a radius, whatever the rounding."""


def ksg_terms(x: Array, y: Array, k: int) -> Array:
    """One term a row, algorithm 1 for data without ties; the mean is I(X; Y) in nats; x (n, dx), y (n, dy).

    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=(3000, 2))
    >>> x, y = z[:, :1], 0.6 * z[:, :1] + 0.8 * z[:, 1:]
    >>> bool(abs(ksg_terms(x, y, 3).mean() + np.log(1.0 - 0.36) / 2.0) < 0.04)
    True
    """
    n = len(x)
    radius = kth_distance(np.column_stack([x, y]), k)
    beside = [within(side, radius * INSIDE) for side in (x, y)]
    return np.asarray(special.digamma(k) + special.digamma(n) - sum(special.digamma(count) for count in beside))


def mixed_terms(x: Array, y: Array, k: int) -> Array:
    """One term a row for data with ties; the mean is I(X; Y) in nats.

    A fair coin and its copy, log 2 but for 1/n:

    >>> coin = np.arange(2000.0)[:, np.newaxis] % 2.0
    >>> bool(abs(mixed_terms(coin, coin, 3).mean() - np.log(2.0)) < 0.002)
    True
    """
    joint = np.column_stack([x, y])
    radius = kth_distance(joint, k)
    neighbours = np.where(radius == 0.0, within(joint, radius) - 1, k)
    # strictly nearer, but for ties; the row itself is the + 1
    beside = [within(side, radius * INSIDE) for side in (x, y)]
    counts = sum(special.digamma(count) for count in beside)
    return np.asarray(special.digamma(neighbours) + np.log(len(x)) - counts)


def kth_distance(rows: Array, k: int) -> Array:
    """The distance to the kth neighbour among the others, under the largest coordinate."""
    from scipy.spatial import KDTree

    return np.asarray(KDTree(rows).query(rows, k=[k + 1], p=np.inf)[0][:, 0])


def within(rows: Array, radius: Array) -> NDArray[np.int64]:
    """How many rows lie within the radius of each, itself included."""
    from scipy.spatial import KDTree

    if rows.shape[1] == 1:
        ordered = np.sort(rows[:, 0])
        low = np.searchsorted(ordered, rows[:, 0] - radius, "left")
        return np.asarray(np.searchsorted(ordered, rows[:, 0] + radius, "right") - low)
    return np.asarray(KDTree(rows).query_ball_point(rows, radius, p=np.inf, return_length=True))
