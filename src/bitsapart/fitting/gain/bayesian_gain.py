"""The information gained from prior to posterior, of formulas, draws, nested samples and conjugate models."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bitsapart.estimate.counts import level_of
from bitsapart.families.adapters.adapt import adapt
from bitsapart.families.built.product import Product
from bitsapart.families.continuous.beta import Beta
from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import kl_divergence
from bitsapart.families.found import Found
from bitsapart.families.multivariate.dirichlet import Dirichlet
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.fitting.gain.from_draws import gain_from_draws, has_groups
from bitsapart.fitting.gain.model import ConjugateModel
from bitsapart.fitting.gain.nested import nested_gain, nested_run
from bitsapart.fitting.gain.result import Gain
from bitsapart.fitting.gain.simulated import simulated_gain
from bitsapart.measures.door import unit_of
from bitsapart.measures.formulas import is_formula
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit


def bayesian_gain(prior: Any, posterior: Any = None, *, level: float = 0.95, seed: int = 0) -> Gain:
    """The information that data brought: KL(posterior || prior) in bits, jointly and per parameter.

    Args:
        prior: a distribution, or a dictionary of them by parameter (independent ones); or draws: an array (draws,
            parameters), a dictionary of arrays, ArviZ InferenceData or DataTree, PyMC or Stan results. By itself: an
            InferenceData with the groups prior and posterior, or a nested sampling run (`NestedRun`, dynesty,
            anesthetic). Or a conjugate model (`BetaBinomialModel`, `GammaPoissonModel`, `LinearGaussianModel`).
        posterior: a distribution, or draws as above; for a conjugate model, the data.
        level: confidence level of the intervals, of draws and nested runs.
        seed: of what is random there.

    Returns:
        A `Gain`: ``.joint``, ``.parameters`` by name; of a conjugate model also ``.expected``, ``.surprise`` and the
        prior-predictive ``.p_value``.

    Raises:
        UsageError: something is missing, or is neither a distribution nor draws.

    >>> import bitsapart as ba
    >>> print(bayesian_gain(ba.Normal(0.0, 2.0), ba.Normal(1.0, 0.5)))
    gain            1.50407 bits
    >>> print(bayesian_gain(ba.BetaBinomialModel(1, 1, n=10), 0))
    gain            2.14789 bits
    expected        1.23206 bits
    surprise        0.915833 bits
    p-value         1
    """
    level = level_of(level)
    if isinstance(prior, ConjugateModel):
        if posterior is None:
            raise UsageError("a conjugate model gains from data: give them as the second argument")
        return of_model(prior, posterior)
    run = nested_run(prior) if posterior is None else None
    if run is not None:
        return nested_gain(run, level, seed)
    if posterior is None and not has_groups(prior):
        raise UsageError("a gain is from a prior to a posterior: give both, or InferenceData with both groups")
    if is_formula(prior) and is_formula(posterior):
        return of_formulas(adapt(prior), adapt(posterior))
    return gain_from_draws(prior, posterior, level, seed)


def expected_information_gain(
    prior: Any,
    simulate: Callable[[Any, np.random.Generator], Any] | None = None,
    log_likelihood: Callable[[Any, Any], Any] | None = None,
    *,
    draws: int = 2000,
    contrasts: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    unit: str | Unit = "bit",
) -> Estimate:
    """How much a design is to be expected to teach: the mutual information of parameters and data. Lindley 1956, eq. 8.

    Args:
        prior: a conjugate model, whose answer is exact; or a distribution, or a function (n, generator) -> parameters
            (n, ...), of a model that can be simulated.
        simulate: (parameters (n, ...), generator) -> data (n, ...).
        log_likelihood: (data (n, ...), parameters (n, ...)) -> (n,), row by row.
        draws: data sets that are simulated.
        contrasts: other parameters that each is compared with. The bias falls with their number.
        level: confidence level of the interval, which reaches from a bound below to a bound above.
        seed: of all draws.
        unit: "bit", "nat" or "ban".

    Raises:
        UsageError: what simulates or judges is missing, or gives something else than described.

    >>> import bitsapart as ba
    >>> found = expected_information_gain(
    ...     ba.Normal(0.0, 2.0),
    ...     lambda theta, generator: generator.normal(theta, 1.0),
    ...     lambda y, theta: ba.Normal(theta, 1.0).log_density(y),
    ... )
    >>> bool(found.low < np.log2(5.0) / 2.0 < found.high)
    True
    """
    if isinstance(prior, ConjugateModel):
        found = prior.expected_gain()
    elif simulate is None or log_likelihood is None:
        raise UsageError("of a model that is not conjugate, give simulate= and log_likelihood=")
    else:
        source = adapt(prior) if is_formula(prior) else prior
        found = simulated_gain(
            source, simulate, log_likelihood, draws=draws, contrasts=contrasts, level=level, seed=seed
        )
    answer: Estimate = replace(found, level=level_of(level)).estimate(unit_of(unit), least=0.0)
    return answer


def of_model(model: ConjugateModel, data: Any) -> Gain:
    """Gain, expected gain, surprise and p-value of a conjugate model."""
    posterior = model.posterior(data)
    own = of_formulas(model.prior, posterior)
    gained, expected = kl_divergence(posterior, model.prior), model.expected_gain()
    surprise = Found.of(gained.value - expected.value, "closed form", error=gained.error + expected.error)
    told = [one.estimate(Unit.bit) for one in (expected, surprise)]
    return replace(own, expected=told[0], surprise=told[1], p_value=model.p_value(data))


def of_formulas(prior: Distribution, posterior: Distribution) -> Gain:
    """The gain of formulas, and of their marginals where these are formulas too."""
    joint: Estimate = kl_divergence(posterior, prior).estimate(Unit.bit, least=0.0)
    if not isinstance(joint, Estimate):
        raise UsageError("a gain is of one prior and one posterior: take one of the batch")
    before, after = marginals(prior), marginals(posterior)
    each = {
        f"[{i}]": kl_divergence(q, p).estimate(Unit.bit, least=0.0)
        for i, (p, q) in enumerate(zip(before, after, strict=False))
    }
    return Gain(joint, each)


def marginals(p: Distribution) -> list[Distribution]:
    """The distribution of every entry of a vector; none where they are no formulas."""
    if isinstance(p, MultivariateNormal):
        return [Normal(m, s) for m, s in zip(p.mean, np.sqrt(np.diagonal(p.covariance)), strict=True)]
    if isinstance(p, Product):
        return list(p.parts)
    if isinstance(p, Dirichlet):
        return [Beta(a, p.concentration.sum() - a) for a in p.concentration]
    return []
