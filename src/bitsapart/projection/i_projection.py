"""I-projection: the distribution closest to Q, in KL(P || Q), that has given margins or moments.

Raking and iterative proportional fitting (Deming & Stephan 1940) are its case of margins, maximum entropy (Jaynes 1957)
that of a uniform Q, exponential tilting that of one moment. Csiszar 1975, I-divergence geometry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.measures.kl_divergence import kl_divergence
from bitsapart.projection.constraints import Constraint, constraints_of
from bitsapart.projection.dual import Optimum, maximise
from bitsapart.projection.feasible import fillable, searchable
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """The closest distribution with the margins and moments asked for, and what it costs.

    By the Pythagorean identity, KL(R || Q) = KL(R || P) + KL(P || Q) for every R that has them too: of the bits between
    Q and R, ``cost`` are due to what was asked.
    """

    p: Array
    """The projection, of the shape of q."""
    weights: Array
    """p / q cell by cell: what a row of each cell counts; 1 on average. 0 where q is 0."""
    cost: Estimate
    """KL(P || Q) in bits; its interval is the certificate: the dual bound from below, and what rounding leaves."""
    effective_share: float
    """1 / E_Q (p / q)^2: the share of rows that reweighting leaves, as an effective sample size. Kish 1965."""
    violation: float
    """Largest difference of an expectation from what was asked."""
    emptied: int
    """Cells that q fills and no distribution with these margins or moments can."""
    steps: int

    def __str__(self) -> str:
        lines = [
            f"cost              {self.cost.value:.6g} bits",
            f"effective share   {self.effective_share:.4g}",
            f"violation         {self.violation:.1e}",
        ]
        if self.emptied:
            lines.append(f"cells emptied     {self.emptied:,}")
        return "\n".join(lines)


def i_projection(
    q: Any,
    *,
    margins: Mapping[Any, Any] | None = None,
    moments: Sequence[tuple[Any, float]] = (),
    names: Sequence[Any] | None = None,
) -> Projection:
    """The distribution P closest to Q, smallest KL(P || Q), among all that have given margins and moments.

    Solved in the dual by damped Newton steps, after some sweeps of iterative proportional fitting; what has no solution
    is refused with the constraints that contradict each other.

    Args:
        q: probabilities, weights or counts of cells, one axis a variable; stands for q / sum(q). Zeros stay zeros.
        margins: from an axis, or a tuple of axes, to the shares of its levels: an array of their shape. Counts will do:
            all margins have one sum, and are divided by it.
        moments: pairs (f, c), which ask for E_P f = c; f an array that broadcasts to q.
        names: of the axes, so that margins can be asked by name.

    Returns:
        A `Projection`: ``.p``, ``.weights``, ``.cost`` in bits, ``.effective_share``.

    Raises:
        InfeasibleError: no distribution on the cells that q fills has them (a `UsageError`).
        UsageError: q or a margin holds no shares; margins of different sums; an axis that q does not have.

    >>> import numpy as np
    >>> table = np.array([[30.0, 20.0], [10.0, 40.0]])
    >>> found = i_projection(table, margins={0: [0.5, 0.5], 1: [0.5, 0.5]})
    >>> found.p.round(4).tolist()
    [[0.3551, 0.1449], [0.1449, 0.3551]]
    >>> print(i_projection(np.full(6, 1 / 6), moments=[(np.arange(1, 7), 4.5)]).p.round(4))   # Jaynes' die
    [0.0544 0.0788 0.1142 0.1654 0.2398 0.3475]
    """
    cells = shares(q)
    asked = constraints_of(cells.shape, margins or {}, moments, names)
    optimum = maximise(without_empty(cells, asked), asked)
    if not optimum.converged or (optimum.suspect and searchable(cells, asked)):
        optimum = maximise(np.where(fillable(cells, asked), cells, 0.0), asked)
    return projection(cells, optimum)


def projection(q: Array, optimum: Optimum) -> Projection:
    """What is reported of a maximum of the dual."""
    p = optimum.p
    divergence = float(kl_divergence(p.ravel(), q.ravel(), unit="nat", normalize=True))
    weights = np.where(q > 0.0, p / np.where(q > 0.0, q, 1.0), 0.0)
    gap = abs(divergence - optimum.dual) + 1e-15
    low, high = max(min(optimum.dual, divergence), 0.0), divergence + gap
    cost = Estimate(divergence, low, high, 0.95, "bound", "dual Newton", Unit.nat, 0).to(Unit.bit)
    emptied = int(((q > 0.0) & (p == 0.0)).sum())
    return Projection(p, weights, cost, 1.0 / float(np.sum(p * weights)), optimum.violation, emptied, optimum.steps)


def without_empty(q: Array, constraints: Sequence[Constraint]) -> Array:
    """The cells without those of levels that should be empty: there the dual has its maximum at infinity."""
    for one in constraints:
        if getattr(one, "axes", None) is not None and (one.target == 0.0).any():
            q = np.where(one.combination(np.where(one.target > 0.0, 1.0, 0.0)) > 0.0, q, 0.0)
    return q


def shares(q: Any) -> Array:
    """What a user gave as shares of cells."""
    try:
        cells = np.asarray(q, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError("q should be a table of numbers, one axis a variable") from error
    if cells.ndim == 0 or cells.size == 0:
        raise UsageError(f"q should be a table of cells; got shape {cells.shape}")
    wrong = ~((cells >= 0.0) & np.isfinite(cells))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise UsageError(f"q holds {cells[place]} in cell {place}: cells are numbers of 0 or more")
    total = float(cells.sum())
    if not total > 0.0:
        raise UsageError("q sums to 0: a table needs a cell that is not empty")
    return cells / total
