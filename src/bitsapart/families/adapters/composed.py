"""Distributions with ``log_prob`` that are made of others: independent entries, mixtures, transforms."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.adapters.attributes import read, shares
from bitsapart.families.adapters.moved import moved
from bitsapart.families.built.mixture import Mixture
from bitsapart.families.built.product import Product
from bitsapart.families.built.transformed import Transformed
from bitsapart.families.distribution import Distribution
from bitsapart.values.errors import UsageError


def _adapted(value: Any) -> Distribution:
    from bitsapart.families.adapters.adapt import adapt

    return adapt(value)


def _base(value: Any) -> Distribution:
    return _adapted(getattr(value, "base_dist", None) or value.distribution)


def independent(value: Any) -> Distribution:
    """Independent entries along the last axis of the batch."""
    base = _base(value)
    taken = int(getattr(value, "reinterpreted_batch_ndims", 1) or 0)
    if taken == 0:
        return base
    if taken > 1 or base.event_shape:
        raise UsageError("Independent: one axis of numbers can be made the event; reshape it to one axis")
    return Product([base[..., i] for i in range(base.batch_shape[-1])])


def repeated(value: Any) -> Distribution:
    """Sample of TensorFlow Probability: draws of one distribution of numbers."""
    count = np.asarray(value.sample_shape, int).reshape(-1)
    if len(count) != 1:
        raise UsageError(f"Sample: its shape should have one axis; got {tuple(count.tolist())}")
    return Product([_base(value)] * int(count[0]))


def blocks(value: Any) -> Distribution:
    """Blockwise of TensorFlow Probability: distributions of numbers side by side."""
    return Product([_adapted(part) for part in value.distributions])


def mixture(value: Any) -> Distribution:
    """MixtureSameFamily: the components on the last axis of the batch."""
    components = getattr(value, "component_distribution", None) or value.components_distribution
    return Mixture(shares(value.mixture_distribution), _adapted(components))


def mixture_of_list(value: Any) -> Distribution:
    """Mixture of TensorFlow Probability: components of any families, in a list."""
    return Mixture(shares(value.cat), [_adapted(component) for component in value.components])


def transformed(value: Any) -> Distribution:
    """TransformedDistribution: steps that have an inverse."""
    found = _base(value)
    steps = getattr(value, "transforms", None)
    for step in [value.bijector] if steps is None else steps:
        found = after(found, step)
    return found


def after(base: Distribution, step: Any) -> Distribution:
    """One transform after a distribution, of a vector on every entry.

    Raises:
        UsageError: it is not known here, or not one to one on the support.
    """
    name = type(step).__name__.removesuffix("Transform").lstrip("_")
    if name in {"Compose", "Chain"}:
        # a chain of bijectors applies the last one first
        for part in step.parts if name == "Compose" else reversed(step.bijectors):
            base = after(base, part)
        return base
    if isinstance(base, Product):
        return Product([after(part, step) for part in base.parts])
    if name in STEPS:
        return STEPS[name](base, step)
    known = ", ".join(sorted(STEPS))
    raise UsageError(f"{type(step).__name__} is no transform that is known here; known are {known}")


def _affine(base: Distribution, step: Any) -> Distribution:
    location = read(step, "loc", "shift") if hasattr(step, "loc") or hasattr(step, "shift") else 0.0
    return moved(base, location, read(step, "scale") if hasattr(step, "scale") else 1.0)


def _inverse(base: Distribution, step: Any) -> Distribution:
    original = getattr(step, "_inv", None) or step.bijector
    name = type(original).__name__.removesuffix("Transform")
    if name not in INVERSES:
        known = ", ".join(sorted(INVERSES))
        raise UsageError(f"the inverse of {type(original).__name__} is not known here; known are those of {known}")
    return Transformed(base, INVERSES[name])


def _named(transform: str) -> Callable[[Distribution, Any], Distribution]:
    return lambda base, _step: Transformed(base, transform)


def _sigmoid(base: Distribution, step: Any) -> Distribution:
    """Between the ends of a bijector, 0 and 1 by default."""
    low, high = (getattr(step, name, None) for name in ("low", "high"))
    found = Transformed(base, "expit")
    return found if low is None else moved(found, np.asarray(low), np.asarray(high) - np.asarray(low))


def _tanh(base: Distribution, _step: Any) -> Distribution:
    return moved(Transformed(moved(base, 0.0, 2.0), "expit"), -1.0, 2.0)


def _softplus(base: Distribution, step: Any) -> Distribution:
    softness = getattr(step, "hinge_softness", None)
    soft = 1.0 if softness is None else np.asarray(softness, float)
    return moved(Transformed(moved(base, 0.0, 1.0 / soft), "softplus"), 0.0, soft)


def _power(base: Distribution, step: Any) -> Distribution:
    exponent = read(step, "exponent", "power")
    if exponent.size != 1:
        raise UsageError(f"{type(step).__name__}: one exponent for the whole batch is known here; got {exponent.size}")
    return Transformed(base, float(exponent.reshape(())))


INVERSES = {"Exp": "log", "Log": "exp", "Reciprocal": "reciprocal", "Sigmoid": "logit"}
STEPS: dict[str, Callable[[Distribution, Any], Distribution]] = {
    "Abs": _named("abs"),  # whether it is one to one on the support is found there
    "Affine": _affine,
    "Exp": _named("exp"),
    "Inverse": _inverse,
    "Invert": _inverse,
    "Log": _named("log"),
    "Power": _power,
    "Reciprocal": _named("reciprocal"),
    "Scale": _affine,
    "Shift": _affine,
    "Sigmoid": _sigmoid,
    "Softplus": _softplus,
    "Tanh": _tanh,
}
COMPOSED: dict[str, Callable[[Any], Distribution]] = {
    "Blockwise": blocks,
    "Independent": independent,
    "Mixture": mixture_of_list,
    "MixtureSameFamily": mixture,
    "Sample": repeated,
    "TransformedDistribution": transformed,
}
