"""Integrals over a line, of a batch: adaptive Gauss-Kronrod rules on panels that grow with the distance from an end.

A line is cut into rays from an anchor: an end of the support, or the middle where there is no end. On a ray a panel is
even in the distance d where it is short, and even in log d where it spans a factor of two or more: powers of d at a
finite end and at infinity are then exponentials, which the rule integrates to all digits over hundreds of decades.
What lies beyond the last panel is extrapolated from the decay there; where there is none, the integral is infinite.

Piessens, de Doncker-Kapenga, Ueberhuber & Kahaner 1983, QUADPACK: the rule of 21 points and its error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any

EPS = float(np.finfo(float).eps)
HALF_NODES = (
    0.995657163025808080735527280689003,
    0.973906528517171720077964012084452,
    0.930157491355708226001207180059508,
    0.865063366688984510732096688423493,
    0.780817726586416897063717578345042,
    0.679409568299024406234327365114874,
    0.562757134668604683339000099272694,
    0.433395394129247190799265943165784,
    0.294392862701460198131126603103866,
    0.148874338981631210884826001129720,
)
HALF_WEIGHTS = (
    0.011694638867371874278064396062192,
    0.032558162307964727478818972459390,
    0.054755896574351996031381300244580,
    0.075039674810919952767043140916190,
    0.093125454583697605535065465083366,
    0.109387158802297641899210590325805,
    0.123491976262065851077958109831074,
    0.134709217311473325928054001771707,
    0.142775938577060080797094273138717,
    0.147739104901338491374841515972068,
)
MIDDLE_WEIGHT = 0.149445554002916905664936468389821
HALF_ROUGH = (
    0.066671344308688137593568809893332,
    0.149451349150580593145776339657697,
    0.219086362515982043995534934228163,
    0.269266719309996355091226921569469,
    0.295524224714752870173892994651338,
)
NODES = np.array([-x for x in HALF_NODES] + [0.0, *HALF_NODES[::-1]])
WEIGHTS = np.array([*HALF_WEIGHTS, MIDDLE_WEIGHT, *HALF_WEIGHTS[::-1]])
ROUGH = np.zeros(21)
ROUGH[1::2] = [*HALF_ROUGH, *HALF_ROUGH[::-1]]

LONG = 2.0
"""Ratio of the ends above which a panel is even in the logarithm."""
CLOSE = 1e-3
"""Distance from the anchor, as a part of x, from which rounding of x hardly moves an integrand."""
ROUNDS = 48
MOST = 4000
"""Panels of a row that are halved in one round, at most: what needs more is not resolved and says so in its error."""


@dataclass(frozen=True)
class Panels:
    """Panels of a batch: each belongs to a row, and reaches from one distance from its anchor to another."""

    row: Array
    anchor: Array
    sign: Array
    near: Array
    far: Array

    def some(self, mask: Array) -> "Panels":
        """Those for which the mask holds."""
        return Panels(*(field[mask] for field in (self.row, self.anchor, self.sign, self.near, self.far)))

    def halves(self) -> "Panels":
        """Both halves of each."""
        long = self.far > LONG * self.near
        with np.errstate(invalid="ignore"):
            even = np.sqrt(self.near) * np.sqrt(self.far)
        middle = np.where(long & (self.near > 0.0), even, 0.5 * self.near + 0.5 * self.far)
        row, anchor, sign = (np.concatenate([field, field]) for field in (self.row, self.anchor, self.sign))
        return Panels(row, anchor, sign, np.concatenate([self.near, middle]), np.concatenate([middle, self.far]))

    def nodes(self) -> tuple[Array, Array]:
        """Distances from the anchor at the nodes of the rule, and dx there, both (21, panels)."""
        t = NODES[:, np.newaxis]
        log = (self.near > 0.0) & (self.far > LONG * self.near)
        half = 0.5 * (self.far - self.near)
        ratio = 0.5 * np.log(np.where(log, self.far, 1.0) / np.where(log, self.near, 1.0))
        middle = np.sqrt(self.near) * np.sqrt(self.far)
        stretched = middle * np.exp(ratio * t)
        distance = np.where(log, stretched, 0.5 * self.near + 0.5 * self.far + half * t)
        return distance, np.where(log, stretched * ratio, half)


@dataclass(frozen=True)
class Sums:
    """Integrals of a batch: of every channel (channels, rows), and of the first the errors; ``n`` counts nodes."""

    value: Array
    truncation: Array
    rounding: Array
    broken: Array
    n: Array


Channels = Callable[[Panels, Array], tuple[Array, Array]]
"""From panels and the distances at their nodes to the logarithms of the sizes, (channels, nodes, panels), and the sign
of the first channel. That is the integrand, which steers where panels are halved; the second is its rounding error."""


def integrated(panels: Panels, channels: Channels, rows: int, tolerance: float = 1e-15) -> Sums:
    """The integrals of every row, halving panels until the errors of a row are at most the tolerance of its total."""
    settled: Any = 0.0
    truncation, rounding, broken = np.zeros(rows), np.zeros(rows), np.zeros(rows, bool)
    count = np.zeros(rows, np.int64)
    for i in range(ROUNDS):
        values, error, noise, bad = _ruled(panels, channels)
        count += 21 * np.bincount(panels.row, minlength=rows)
        sums = np.stack([np.bincount(panels.row, value, minlength=rows) for value in values])
        allowed = tolerance * np.abs(settled + sums)[0]
        split = (error > np.maximum(allowed[panels.row], noise)) & ~bad
        # a panel that ends where numbers end, or that too many share, is left
        split &= (panels.far - panels.near > 4.0 * EPS * panels.far) & (i < ROUNDS - 1)
        split &= np.bincount(panels.row[split], minlength=rows)[panels.row] < MOST
        done = ~split
        settled = settled + np.stack([np.bincount(panels.row[done], value[done], minlength=rows) for value in values])
        truncation += np.bincount(panels.row[done], error[done], minlength=rows)
        rounding += np.bincount(panels.row[done], noise[done], minlength=rows)
        broken |= np.bincount(panels.row[bad], minlength=rows) > 0
        if not split.any():
            break
        panels = panels.some(split).halves()
    return Sums(settled, truncation, rounding, broken, count)


def _ruled(panels: Panels, channels: Channels) -> tuple[Array, Array, Array, Array]:
    """Integrals of each panel by the rule, its error, the effect of rounding x, and where values are not finite."""
    distance, step = panels.nodes()
    logs, sign = channels(panels, distance)
    sizes = np.exp(logs + np.log(step))
    bad = ~np.isfinite(sizes).all(axis=(0, 1))
    sizes = np.where(bad, 0.0, sizes)
    first = sizes[0] * sign
    values = np.einsum("n,cnp->cp", WEIGHTS, sizes)
    values[0] = WEIGHTS @ first
    spread = WEIGHTS @ np.abs(first - values[0] / 2.0)
    difference = np.abs(values[0] - ROUGH @ first)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(spread > 0.0, spread * np.minimum(1.0, (200.0 * difference / spread) ** 1.5), difference)
        error = np.where(np.isfinite(error), np.minimum(error, np.maximum(difference, 0.0)), 0.0)
    x = np.abs(panels.anchor + panels.sign * distance)
    # close to the anchor integrands correct for the rounding of x, but for its square
    x = np.where(distance < CLOSE * x, x * np.minimum(1.0, 16.0 * EPS * x / distance) + distance, x)
    with np.errstate(all="ignore"):
        # how much the density changes between nodes; steps can be too small to divide by
        change = np.abs(first[1:] * (step[:-1] / step[1:]) - first[:-1]) / np.abs(np.diff(distance, axis=0))
        noise = 0.5 * change * (x[:-1] * WEIGHTS[:-1, np.newaxis] + x[1:] * WEIGHTS[1:, np.newaxis])
    return values, error, EPS * np.nansum(noise, axis=0) + values[1], bad
