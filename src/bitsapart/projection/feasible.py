"""Whether margins and moments can be had at all, on which cells, and if not, which of them contradict each other.

Two linear programs over the cells that q allows, solved by scipy's HiGHS. The first finds the least violation; where it
is not 0 its dual solution is a combination of constraints that no table satisfies (Farkas 1902). The second finds the
cells that a solution can fill: the others are 0 in every solution, and the dual has a maximum without them only.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.projection.constraints import Constraint, Moment
from bitsapart.values.errors import DataError, UsageError

Array = NDArray[np.float64]

LARGE = 500_000
"""Cells times constraints that each takes part in, up to which the programs are solved."""
SLACK = 1e-9
NAMED = 6


class InfeasibleError(UsageError):
    """No table has what is asked, on the cells that q allows."""


def fillable(q: Array, constraints: Sequence[Constraint]) -> NDArray[np.bool_]:
    """Cells that some solution fills; shape of q.

    Raises:
        InfeasibleError: there is no solution; names the constraints that contradict each other.
        DataError: the table is too large for the linear programs.
    """
    from scipy.sparse import csc_matrix, eye_array, hstack, vstack

    refuse_out_of_range(q, constraints)
    if not searchable(q, constraints):
        raise DataError(
            f"the margins or moments have no projection that Newton's method finds, and a table of {q.size:,} cells is "
            "too large to find out why: merge levels, or leave out the rarest ones"
        )
    allowed = np.flatnonzero(q.ravel() > 0.0)
    functions = csc_matrix(vstack([one.rows() for one in constraints]))[:, allowed]
    target = np.concatenate([one.target for one in constraints])
    # E_P 1 = 1 is implied by margins, not by moments
    functions = csc_matrix(vstack([functions, np.ones((1, len(allowed)))]))
    target = np.append(target, 1.0)
    unit = eye_array(len(target))
    elastic = hstack([functions, unit, -unit])
    cost = np.concatenate([np.zeros(len(allowed)), np.ones(2 * len(target))])
    least = solved(cost, elastic, target, None)
    if least.fun > SLACK * max(1.0, float(np.abs(target).max())):
        raise InfeasibleError(contradiction(np.asarray(least.eqlin.marginals), constraints, float(least.fun)))
    # cells p = s + t, both >= 0 and s <= 1, on a scale of their own: as many s as possible are 1
    scaled = hstack([functions, functions, csc_matrix(-target[:, np.newaxis])])
    wanted = np.concatenate([-np.ones(len(allowed)), np.zeros(len(allowed) + 1)])
    upper = np.concatenate([np.ones(len(allowed)), np.full(len(allowed) + 1, np.inf)])
    most = solved(wanted, scaled, np.zeros(len(target)), upper)
    found = np.zeros(q.size, dtype=bool)
    found[allowed] = most.x[: len(allowed)] > 0.5
    return found.reshape(q.shape)


def searchable(q: Array, constraints: Sequence[Constraint]) -> bool:
    """Whether the programs are small enough to be solved."""
    return int((q > 0.0).sum()) * len(constraints) <= LARGE


def refuse_out_of_range(q: Array, constraints: Sequence[Constraint]) -> None:
    """Say so where one moment alone cannot be had."""
    for one in constraints:
        if isinstance(one, Moment):
            found = one.function[q > 0.0]
            low, high = float(found.min()), float(found.max())
            if not low <= 0.0 <= high:
                ends = f"{low * one.scale + one.wanted:.6g} and {high * one.scale + one.wanted:.6g}"
                raise InfeasibleError(
                    f"no distribution has what is asked: {one.asks(0)}, where the function lies between {ends} on the "
                    "cells that q fills"
                )


def solved(cost: Array, matrix: Any, target: Array, upper: Array | None) -> Any:
    """A linear program with nonnegative variables."""
    from scipy.optimize import linprog

    bounds = (0.0, None) if upper is None else np.stack([np.zeros(len(upper)), upper], axis=1)
    result = linprog(cost, A_eq=matrix, b_eq=target, bounds=bounds, method="highs")
    if result.status != 0:
        raise DataError(f"whether the margins or moments can be had was not found: {result.message}")
    return result


def contradiction(multipliers: Array, constraints: Sequence[Constraint], violation: float) -> str:
    """Which constraints contradict each other, in words."""
    asked = [one.asks(i) for one in constraints for i in range(len(one.target))]
    size = np.abs(multipliers[:-1])
    taking_part = np.flatnonzero(size > 1e-7 * max(float(size.max(initial=0.0)), 1e-300))
    shown = [asked[i] for i in taking_part[:NAMED].tolist()]
    more = f" and {len(taking_part) - NAMED} more" if len(taking_part) > NAMED else ""
    together = "it asks" if len(taking_part) == 1 else "together they ask"
    return (
        f"no distribution on the cells that q fills has what is asked: {together} for {', '.join(shown)}{more}, which "
        f"misses by {violation:.3g} at least; where q has zeros that should not be, add pseudo-counts to it"
    )
