"""Gain from draws: of a sampler's posterior against a prior that is a formula, or draws too.

A prior that is a formula is made uniform: of u = F(theta) with the prior's distribution functions, the gain is the
negative entropy of u, and needs no draws of the prior, which would be rare where the posterior is. Rosenblatt 1952.
Draws that depend on each other are thinned to as many as they are worth: neighbours in time are none by chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.continuous import entropy_from_samples, kl_divergence_from_samples
from bitsapart.families.adapters.adapt import adapt
from bitsapart.families.built.product import Product
from bitsapart.families.distribution import Distribution
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.fitting.draws import Draws, read_draws
from bitsapart.fitting.gain.result import Gain
from bitsapart.fitting.gain.thinning import effective_draws
from bitsapart.measures.formulas import is_formula
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate

Array = NDArray[np.float64]

FEWEST = 50
"""Independent draws that a gain needs."""


def has_groups(value: Any) -> bool:
    """Whether an object holds draws of a prior and of a posterior: ArviZ InferenceData, or a DataTree."""
    return hasattr(value, "prior") and hasattr(value, "posterior")


def gain_from_draws(prior: Any, posterior: Any, level: float, seed: int) -> Gain:
    """The gain, jointly and per parameter."""
    if posterior is None:
        prior, posterior = group(prior, "prior"), group(prior, "posterior")
    if is_formula(posterior):
        raise UsageError(
            "a posterior that is a formula needs a prior that is one: draws of a prior do not tell its tails"
        )
    after = read_draws(group(posterior, "posterior"))
    names = after.names
    kept, note = independent(after)
    notes = (note,) if note else ()
    formula = formula_of(prior, names)
    if formula is not None:
        uniform = made_uniform(formula, kept, names)
        each = {name: negative_entropy(uniform[:, i], level, seed) for i, name in enumerate(names)}
        joint = each[names[0]] if len(names) == 1 else negative_entropy(uniform, level, seed)
        return Gain(joint, {} if len(names) == 1 else each, notes=notes)
    others = read_draws(group(prior, "prior"))
    if sorted(others.names) != sorted(names):
        missing = sorted(set(names) ^ set(others.names))
        raise UsageError(f"prior and posterior should have the same parameters; only one has {', '.join(missing)}")
    before = independent(others)[0][:, [others.names.index(name) for name in names]]
    each = {
        name: kl_divergence_from_samples(kept[:, i], before[:, i], level=level, seed=seed)
        for i, name in enumerate(names)
    }
    joint = each[names[0]] if len(names) == 1 else kl_divergence_from_samples(kept, before, level=level, seed=seed)
    return Gain(joint, {} if len(names) == 1 else each, notes=notes)


def group(value: Any, name: str) -> Any:
    """A group of an object that has both; anything else as it is."""
    return getattr(value, name) if has_groups(value) else value


def independent(found: Draws) -> tuple[Array, str]:
    """Draws thinned to about as many as they are worth, and what to say of it."""
    draws = found.values
    worth = effective_draws(draws, found.chains)
    step = max(1, round(len(draws) / worth)) if worth else len(draws)
    kept = draws[::step]
    # a sampler that rejects repeats a draw
    kept = kept[np.append(True, np.any(kept[1:] != kept[:-1], axis=1))]
    if len(kept) < FEWEST:
        raise UsageError(f"{len(draws):,} draws are worth {worth:.0f} independent ones, and a gain needs {FEWEST}")
    thinned = f"one in {step} of {len(draws):,} draws: they are worth {worth:,.0f} independent ones"
    return kept, thinned if step > 1 else ""


def formula_of(prior: Any, names: Sequence[str]) -> Distribution | None:
    """A prior of independent formulas or a multivariate normal one, in the order of the posterior's parameters."""
    if isinstance(prior, Mapping) and any(is_formula(value) for value in prior.values()):
        missing = [name for name in names if name not in prior]
        if missing:
            raise UsageError(f"the prior says nothing of {missing[0]!r}, which the posterior has")
        return Product([adapt(prior[name]) for name in names])
    if not is_formula(prior):
        return None
    found = adapt(prior)
    size = found.event_shape[0] if found.event_shape else 1
    if size != len(names):
        raise UsageError(f"the prior is of {size} parameters, the posterior has draws of {len(names)}")
    if found.event_shape and not isinstance(found, Product | MultivariateNormal):
        raise UsageError(
            f"a prior that is a formula should be a Product, a MultivariateNormal or of one number; for a "
            f"{type(found).__name__}, give draws of it"
        )
    return found


def made_uniform(prior: Distribution, draws: Array, names: Sequence[str]) -> Array:
    """The draws moved so that the prior would be uniform on a cube."""
    if isinstance(prior, MultivariateNormal):
        from scipy.special import ndtr

        root = np.linalg.cholesky(prior.covariance)
        return np.asarray(ndtr(np.linalg.solve(root, (draws - prior.mean).T).T))
    parts = prior.parts if isinstance(prior, Product) else [prior]
    for part, column, name in zip(parts, draws.T, names, strict=True):
        outside = ~np.asarray(part.support.holds(column))
        if outside.any():
            row = int(np.argmax(outside))
            raise UsageError(f"draw {row} of {name} is {column[row]:g}, where the prior {part} has no mass")
    return np.stack([np.asarray(part.cdf(column)) for part, column in zip(parts, draws.T, strict=True)], axis=1)


def negative_entropy(uniform: Array, level: float, seed: int) -> Estimate:
    """Minus the entropy of draws in a cube, in bits: their divergence from uniform ones."""
    found = entropy_from_samples(uniform, level=level, seed=seed)
    low, high = (None if end is None else max(0.0, -end) for end in (found.high, found.low))
    value = max(0.0, -found.value)
    return replace(found, value=value, low=low, high=high)
