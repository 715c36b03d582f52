"""From a target that has been read to its fits: one family or several, one direction or both, watched or not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import entropy
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.fitting.account import fit_of
from bitsapart.fitting.fitted import Fitted, Options
from bitsapart.fitting.formula import Projected, project, scaled_rows
from bitsapart.fitting.forward import fitted
from bitsapart.fitting.gathered import Scaling
from bitsapart.fitting.intervals import numbers
from bitsapart.fitting.log_density import log_density_of
from bitsapart.fitting.model_choice import compared
from bitsapart.fitting.normalised import project_density
from bitsapart.fitting.result import Candidate, Fit, FitComparison, Step
from bitsapart.fitting.reverse import Structure, reverse_fit
from bitsapart.fitting.smoothed import smoothed
from bitsapart.fitting.target import Sample, Unnormalised
from bitsapart.fitting.trace import forward_trace, reverse_trace, start_vector
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Array = Any
Family = type[Distribution]


@dataclass(frozen=True, eq=False)
class Backward:
    """How reverse fits are made, and whether descents are watched."""

    gradient: Any
    dimension: int | None
    start: Any
    structure: Structure
    trace: bool

    def __call__(self, target: Any, family: Family, options: Options) -> Fit:
        """The reverse fit."""
        if options.fixed:
            raise UsageError("a reverse fit holds no parameter fixed: leave out fixed=")
        begins = self.start if not self.trace or np.ndim(self.start) else None
        fit = reverse_fit(
            target,
            family,
            dimension=self.dimension,
            gradient=self.gradient,
            start=begins,
            structure=self.structure,
            level=options.level,
            seed=options.seed,
        )
        return replace(fit, trace=self.watched(target, fit)) if self.trace else fit

    def watched(self, target: Any, fit: Fit) -> tuple[Step, ...]:
        """The descent of KL(Q || P) to the fit."""
        member = fit.distribution
        if member.event_shape:
            raise UsageError("trace watches the descent in one dimension: leave it out here")
        density = log_density_of(target, dimension=1, gradient=self.gradient)
        free = Unconstrained(member)
        given = self.start if isinstance(self.start, dict | Distribution) else None
        start = None if given is None else start_vector(free, given, member, lambda one: one)

        def logs(x: Array) -> Array:
            return np.asarray(density.function(x.reshape(-1, 1))).reshape(x.shape)

        return reverse_trace(free, free.vector(member), logs, fit.divergence.value, start, shown_by(free, Scaling()))


def shown_by(free: Unconstrained, scaling: Scaling) -> Any:
    """From unconstrained parameters in z to the parameters of values as they were given."""
    from bitsapart.fitting.fitted import unscaled

    def shown(vector: Array) -> tuple[float, ...]:
        return tuple(numbers(unscaled(free.member(vector), scaling)).tolist())

    return shown


def of_sample(
    sample: Sample, families: Sequence[Family], options: Options, folds: int, backward: Backward
) -> Fit | FitComparison:
    """A sample, forward."""
    if len(families) > 1:
        if backward.trace:
            raise UsageError("trace watches the fit of one family: leave it out for several")
        return compared(families, sample, options, folds)
    found = fitted(families[0], sample, options)
    fit = fit_of(found, sample, options.level, options.seed)
    if not backward.trace:
        return fit
    return replace(fit, trace=watched(found, fit, backward.start))


def of_sample_in(
    sample: Sample, families: Sequence[Family], direction: str, options: Options, folds: int, backward: Backward
) -> Fit | FitComparison:
    """A sample backward, or in both directions: what needs a density has the sample's, smoothed."""
    ahead = of_sample(sample, families, options, folds, replace(backward, trace=False))
    if isinstance(ahead, Fit):
        candidates = [Candidate(ahead.family, (ahead,), None, None)]
        whole = FitComparison(ahead.target, ahead.n, ahead.entropy, (), ())
    else:
        candidates, whole = list(ahead.candidates), ahead
    found = []
    for candidate in candidates:
        if not candidate.fits:
            found.append(candidate)
            continue
        forward = candidate.fits[0]
        behind: tuple[Fit, ...] = ()
        try:
            behind = (behind_of(sample, forward, options, backward),)
        except UsageError as error:
            if len(candidates) == 1:
                raise
            candidate = replace(candidate, note=f"reverse: {error}")
        found.append(replace(candidate, fits=behind if direction == "reverse" else (forward, *behind)))
    if len(found) == 1 and direction == "reverse":
        return found[0].fits[0]
    return replace(whole, candidates=tuple(found))


def behind_of(sample: Sample, forward: Fit, options: Options, backward: Backward) -> Fit:
    """The reverse fit to the sample's smoothed density, drawn over the sample."""
    density, said = smoothed(sample, forward.distribution)
    fit = backward(density, type(forward.distribution), options)
    # what sampling and the width of the kernels do to it is not known
    unknown = replace(fit.divergence, low=None, high=None, kind="unknown")
    drawn = replace(fit.picture, edges=forward.picture.edges, heights=forward.picture.heights)
    return replace(
        fit,
        target=f"{forward.target}, smoothed",
        n=forward.n,
        divergence=unknown,
        misfit=unknown,
        picture=drawn,
        notes=(*fit.notes, said),
    )


def watched(found: Fitted, fit: Fit, start: Any) -> tuple[Step, ...]:
    """The descent of the mean loss to the fit of a sample."""
    if found.ends is not None or found.whole is not None:
        raise UsageError(f"{fit.family} has no gradient to descend along: leave out trace")
    free, data = Unconstrained(found.member, found.fixed), found.data

    def scale(member: Distribution) -> Distribution:
        if data.scaling.is_identity:
            return member
        unit = member.standardised(data.scaling.location, data.scaling.scale)
        assert unit is not None  # noqa: S101 - so was the fit
        return unit

    begin = None if start is None else start_vector(free, start, fit.distribution, scale)
    best = free.vector(found.member)
    shown = shown_by(free, data.scaling)
    return forward_trace(free, best, data.values, data.weights, fit.divergence.value, begin, shown)


def of_formula(
    p: Distribution, families: Sequence[Family], direction: str, options: Options, backward: Backward
) -> Fit | FitComparison:
    """A distribution, in one direction or both."""
    wanted = ("forward", "reverse") if direction == "both" else (direction,)
    if len(families) == 1 and len(wanted) == 1:
        return of_formula_in(p, families[0], wanted[0], options, backward)
    found: list[tuple[Fit, ...]] = []
    notes: dict[str, str] = {}
    for family in families:
        fits = []
        for one in wanted:
            try:
                fits.append(of_formula_in(p, family, one, options, backward))
            except UsageError as error:
                name = family.__name__
                notes[name] = "; ".join(
                    filter(None, (notes.get(name, ""), f"{one}: {error}" if len(wanted) > 1 else str(error)))
                )
        found.append(tuple(fits))
    return side_by_side(families, found, notes, repr(p), entropy(p).estimate(Unit.bit))


def of_density(
    known: Unnormalised, families: Sequence[Family], direction: str, options: Options, backward: Backward
) -> Fit | FitComparison:
    """A log density, forward, or in both directions."""
    density = log_density_of(known.function, dimension=known.dimension, gradient=known.gradient)
    begins = backward.start if np.ndim(backward.start) or isinstance(backward.start, float | int) else None
    found = []
    for family in families:
        forward = project_density(density, family, options, begins)
        both = (forward, backward(known.function, family, options)) if direction == "both" else (forward,)
        found.append(both)
    if len(found) == 1 and len(found[0]) == 1:
        return found[0][0]
    return side_by_side(families, found, {}, density.words, found[0][0].entropy)


def of_formula_in(p: Distribution, family: Family, direction: str, options: Options, backward: Backward) -> Fit:
    """A distribution and one family, in one direction."""
    if direction == "reverse":
        return backward(p, family, options)
    fit = project(family, p, options)
    if not backward.trace:
        return fit
    if p.event_shape:
        raise UsageError("trace watches the descent in one dimension: leave it out here")
    data, unit = scaled_rows(Projected(p, options.seed), fit.distribution)
    found = Fitted(unit, data, tuple(options.fixed), 0.0, fit.certificate, False)
    return replace(fit, trace=watched(found, fit, backward.start))


def side_by_side(
    families: Sequence[Family], fits: Sequence[tuple[Fit, ...]], notes: dict[str, str], target: str, own: Any
) -> FitComparison:
    """Fits to a formula, the closest first.

    Raises:
        NoMinimiserError: there is none at all.
    """
    if not any(fits):
        raise NoMinimiserError("; ".join(notes.values()))
    candidates = [
        Candidate(family.__name__, of_one, None, None, notes.get(family.__name__, ""))
        for family, of_one in zip(families, fits, strict=True)
    ]
    candidates.sort(key=lambda candidate: candidate.fits[0].divergence.value if candidate.fits else np.inf)
    return FitComparison(target, 0, own, tuple(candidates))
