"""The closest member of a family to a target: one entry for data, formulas and log densities, in both directions."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from bitsapart.fitting.family_names import family_of
from bitsapart.fitting.fitted import Options
from bitsapart.fitting.result import Fit, FitComparison
from bitsapart.fitting.reverse import STRUCTURES, Structure
from bitsapart.fitting.routes import Backward, of_density, of_formula, of_sample, of_sample_in, side_by_side
from bitsapart.fitting.target import Formula, Sample, distribution_of, is_data, read_target
from bitsapart.values.errors import UsageError

DIRECTIONS = ("forward", "reverse", "both")


def fit(
    target: Any,
    family: Any,
    *,
    direction: Literal["forward", "reverse", "both"] = "forward",
    weights: Any = None,
    column: str | Sequence[str] | None = None,
    fixed: Mapping[str, Any] | None = None,
    components: int = 2,
    gradient: Any = None,
    dimension: int | None = None,
    start: Any = None,
    structure: Structure = "full",
    folds: int = 5,
    trace: bool = False,
    level: float = 0.95,
    seed: int = 0,
) -> Fit | FitComparison:
    """The member of a family that is closest to a target, what is lost by it, and how sure that is, in bits.

    Forward is KL(P || Q) with the target as P: maximum likelihood, where the target is a sample. Reverse is KL(Q || P):
    variational inference, where the target is a posterior density.

    Args:
        target: rows, an array (n,) or (n, d), or a Series; a mapping from values to counts; a table (path or frame) of
            which ``column`` is fitted; posterior draws (ArviZ, Stan); a distribution, one of bitsapart's, of
            scipy.stats or torch; a log density, a function that need not be normalised.
        family: a family (``ba.Normal``), its name ("normal", "student-t", "gamma" ...), or a list of them, which are
            compared by the bits of rows that they have not seen.
        direction: "forward", "reverse" or "both". Reverse needs a density: that of a sample is smoothed by kernels.
        weights: one number of 0 or more a row, or the name of a column of them.
        column: of a table; several names fit vectors.
        fixed: parameters that are held, by name.
        components: of ``ba.Mixture``, which is fitted with normal components.
        gradient: of a log density.
        dimension: of a log density's points.
        start: where the descent of ``trace`` begins, a member or its parameters by name; of a log density, a point
            near its mass.
        structure: of a reverse fit's covariance: "full", "low-rank" or "mean-field".
        folds: of the cross-validation.
        trace: whether to record a gradient descent to the fit, as ``.trace``.
        level: of all intervals.
        seed: of folds, starts and draws.

    Families that are searched see at most 65,536 rows, drawn at random; a note says so.

    Returns:
        A Fit; a FitComparison, best first, of several families or both directions.

    Raises:
        UsageError: data outside the support, with the row; parameters that must be held; options that do not suit.
        NoMinimiserError: no member is closest, and why.
        DataError: a table cannot be read.

    >>> import bitsapart as ba
    >>> found = ba.fit(np.random.default_rng(0).normal(3.0, 2.0, 1000), "normal")
    >>> found.distribution
    Normal(mean=2.90394, sd=1.95351)
    >>> found.certificate.proved
    True
    """
    if direction not in DIRECTIONS:
        raise UsageError(f"direction should be one of {', '.join(DIRECTIONS)}; got {direction!r}")
    if structure not in STRUCTURES:
        raise UsageError(f"structure should be one of {', '.join(STRUCTURES)}; got {structure!r}")
    options = checked(Options(dict(fixed or {}), level, seed, components), folds)
    families = [family_of(one) for one in (family if isinstance(family, list | tuple) else [family])]
    if not families:
        raise UsageError("give at least one family")
    backward = Backward(gradient, dimension, start, structure, trace)
    if direction == "reverse" and not is_data(target):
        known_law = distribution_of(target)
        wanted = target if known_law is None else known_law
        fits = [backward(wanted, one, options) for one in families]
        if len(fits) == 1:
            return fits[0]
        return side_by_side(families, [(one,) for one in fits], {}, fits[0].target, fits[0].entropy)
    known = read_target(target, weights, column, gradient, dimension)
    if isinstance(known, Formula):
        return of_formula(known.distribution, families, direction, options, backward)
    if not isinstance(known, Sample):
        return of_density(known, families, direction, options, backward)
    if direction != "forward":
        return of_sample_in(known, families, direction, options, folds, backward)
    return of_sample(known, families, options, folds, backward)


def checked(options: Options, folds: int) -> Options:
    """Options that make sense, whatever the target is."""
    if not 0.0 < options.level < 1.0:
        raise UsageError(f"level should be a number between 0 and 1, such as 0.95; got {options.level!r}")
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or folds < 2:
        raise UsageError(f"folds should be a whole number, 2 or more; got {folds!r}")
    if isinstance(options.components, bool) or not isinstance(options.components, int | np.integer):
        raise UsageError(f"components should be a whole number, 1 or more; got {options.components!r}")
    if isinstance(options.seed, bool) or not isinstance(options.seed, int | np.integer) or options.seed < 0:
        raise UsageError(f"seed should be a whole number, 0 or more; got {options.seed!r}")
    return options
