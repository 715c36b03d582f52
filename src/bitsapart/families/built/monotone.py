"""Strictly monotone maps of numbers, as values that know their inverse, their slope and where they are one to one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.values.errors import UsageError

Array = Any
LINE = (-np.inf, np.inf)
RIGHT, LEFT = (0.0, np.inf), (-np.inf, 0.0)


@dataclass(frozen=True)
class Monotone:
    """A map y = f(x). ``domains`` are the intervals on each of which it is strictly monotone, and defined."""

    name: str
    inverse_name: str
    domains: tuple[tuple[float, float], ...]
    forward: Callable[[Array], Array]
    backward: Callable[[Array, bool], Array]
    """From y, and whether the domain is the left half line."""
    log_slope: Callable[[Array], Array]
    rises: Callable[[bool], bool]

    def domain_of(self, low: Any, high: Any) -> tuple[float, float] | None:
        """The domain in which a support lies; None if it lies in none."""
        for domain in self.domains:
            if np.all(np.asarray(low) >= domain[0]) and np.all(np.asarray(high) <= domain[1]):
                return domain
        return None


def power(k: float) -> Monotone:
    """x^k: one to one on the line for odd whole k > 0, on half lines for other whole k, else on positive numbers."""
    exponent = float(k)
    if not np.isfinite(exponent) or exponent == 0.0:
        raise UsageError(f"a power should be a finite number other than 0; got {k!r}")
    whole, odd = exponent == np.floor(exponent), exponent % 2.0 == 1.0
    domains = (LINE,) if odd and exponent > 0.0 else (RIGHT, LEFT) if whole else (RIGHT,)

    def backward(y: Array, left: bool) -> Array:
        root = np.abs(y) ** (1.0 / exponent)
        return np.sign(y) * root if odd else -root if left else root

    def log_slope(x: Array) -> Array:
        return np.log(np.abs(exponent)) + (exponent - 1.0) * np.log(np.abs(x))

    return Monotone(
        f"power {exponent!r}",
        f"power {1.0 / exponent!r}",
        domains,
        lambda x: x**exponent,
        backward,
        log_slope,
        lambda left: (exponent > 0.0) != (left and not odd),
    )


def _rising(_left: bool) -> bool:
    return True


NAMED = {
    "exp": Monotone("exp", "log", (LINE,), np.exp, lambda y, _: np.log(y), lambda x: x, _rising),
    "log": Monotone("log", "exp", (RIGHT,), np.log, lambda y, _: np.exp(y), lambda x: -np.log(x), _rising),
    "expit": Monotone(
        "expit",
        "logit",
        (LINE,),
        sp.expit,
        lambda y, _: np.log(y) - np.log1p(-y),
        lambda x: -np.logaddexp(0.0, x) - np.logaddexp(0.0, -x),
        _rising,
    ),
    "logit": Monotone(
        "logit",
        "expit",
        ((0.0, 1.0),),
        lambda x: np.log(x) - np.log1p(-x),
        lambda y, _: sp.expit(y),
        lambda x: -np.log(x) - np.log1p(-x),
        _rising,
    ),
    "softplus": Monotone(
        "softplus",
        "",
        (LINE,),
        lambda x: np.logaddexp(0.0, x),
        lambda y, _: y + np.log(-np.expm1(-y)),
        lambda x: -np.logaddexp(0.0, -x),
        _rising,
    ),
    "reciprocal": power(-1.0),
    "square": power(2.0),
    "cube": power(3.0),
    "sqrt": power(0.5),
    "abs": Monotone(
        "abs",
        "abs",
        (RIGHT, LEFT),
        np.abs,
        lambda y, left: -y if left else y,
        lambda x: 0.0 * x,
        lambda left: not left,
    ),
}


def named(transform: str | Monotone | float) -> Monotone:
    """A map by its name, or x^k for a number k."""
    if isinstance(transform, Monotone):
        return transform
    if isinstance(transform, (int, float)) and not isinstance(transform, bool):
        return power(transform)
    if isinstance(transform, str):
        if transform in NAMED:
            return NAMED[transform]
        if transform.startswith("power "):
            return power(float(transform.removeprefix("power ")))
    raise UsageError(f"transform should be a power or one of {', '.join(NAMED)}; got {transform!r}")
