"""The same verbs for distributions that are formulas: a measure of arrays hands them to the room of families.

That room stands on a higher floor, so it is named here and imported when the first such distribution is seen.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar, cast

import numpy as np

from bitsapart.values.errors import UsageError

Measure = TypeVar("Measure", bound=Callable[..., Any])

ROOM = "bitsapart.families.verbs"
ARRAYS = (np.ndarray, list, tuple, str, float, int)
DENSITIES = ("log_density", "log_prob", "logpdf", "logpmf")
"""What has one of these is a distribution: ours, torch's and TFP's, scipy's."""


TAKING: set[str] = set()
"""Measures that take distributions, of the modules that were imported."""


def is_formula(value: Any) -> bool:
    """Whether a value is a distribution and not an array of probabilities."""
    return not isinstance(value, ARRAYS) and any(hasattr(value, name) for name in DENSITIES)


def refuse_formulas(given: dict[str, Any]) -> None:
    """Say which measures take distributions, where one of arrays alone was given some."""
    for name, value in given.items():
        if is_formula(value):
            raise UsageError(
                f"{name} is a distribution that is a formula, and this measure takes arrays of probabilities; the "
                f"measures of distributions are {', '.join(sorted(TAKING))}"
            )


def takes_distributions(measure: Measure) -> Measure:
    """Let a measure of arrays take distributions too: its namesake in that room answers then."""
    TAKING.add(measure.__name__)

    @wraps(measure)
    def either(*args: Any, **options: Any) -> Any:
        if not any(map(is_formula, args)) and not any(map(is_formula, options.values())):
            return measure(*args, **options)
        for name in ("axis", "from_logits", "normalize"):
            if name in options:
                raise UsageError(f"{name} says how an array is meant, and this is a distribution: leave it out")
        return getattr(import_module(ROOM), measure.__name__)(*args, **options)

    return cast("Measure", either)
