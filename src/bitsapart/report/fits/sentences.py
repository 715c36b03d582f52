"""What there is to say of several fits, in words."""

from bitsapart.fitting.result import Candidate, Fit, FitComparison
from bitsapart.report import words
from bitsapart.report.fit import sentences as of_fit
from bitsapart.report.fit.numbers import brackets
from bitsapart.values.estimate import Estimate


def headline(found: FitComparison) -> str:
    """Which family is best, and whether the next one is told apart from it."""
    fitted = [candidate for candidate in found.candidates if candidate.fits]
    if not fitted:
        return f"No family could be fitted to {of_fit.target(found.target)}"
    best, *rest = fitted
    if not rest:
        ways = " and ".join(f"{of_fit.distance(fit)} by {of_fit.direction(fit)}" for fit in best.fits)
        return f"The closest {name(best)}{' in both directions' if len(best.fits) > 1 else ''}: {ways}"
    if best.held_out is None:
        then = f"{of_fit.distance(best.fits[0])} by {of_fit.direction(best.fits[0])}, then {name(rest[0])}"
        return f"{name(best)} is the closest of {len(fitted)} families: {then} with {of_fit.distance(rest[0].fits[0])}"
    return f"{name(best)} predicts new rows best of {len(fitted)} families: {_next(rest[0])}"


def name(of: Candidate | Fit) -> str:
    """The family."""
    return words.visible(of.family)


def _next(second: Candidate) -> str:
    """What the second costs more than the best."""
    above = second.above_best
    if above is None or above.value != above.value:
        return f"{name(second)} is next"
    costs = f"{words.fine(above.value)} bits a row more {brackets(above)}".rstrip()
    if above.kind == "confidence" and above.low is not None and above.low <= 0.0:
        return f"not told apart from {name(second)}, which costs {costs}"
    return f"{name(second)} costs {costs}"


def summary(found: FitComparison) -> str:
    """The target and its floor."""
    return f"{of_fit.target(found.target)}, floor {cell(found.entropy)} bits"


def cell(estimate: Estimate | None) -> str:
    """A number with its interval; nothing where there is none, or none to speak of."""
    return f"{words.fine(estimate.value)} {brackets(estimate)}".rstrip() if estimate else ""


def misfit(candidate: Candidate) -> str:
    """How far the family is, in each direction."""
    return " and ".join(cell(fit.misfit) for fit in candidate.fits)


def judged(found: FitComparison) -> list[tuple[Candidate, Estimate, Estimate]]:
    """Families with what rows cost that they have not seen, and how much more than under the best; none of formulas."""
    three = ((candidate, candidate.held_out, candidate.above_best) for candidate in found.candidates)
    return [(candidate, held_out, above) for candidate, held_out, above in three if held_out and above]


def left_out(found: FitComparison) -> list[str]:
    """Families that could not be fitted, and why."""
    return [_note(candidate) for candidate in found.candidates if candidate.note and not candidate.fits]


def notes(found: FitComparison) -> list[str]:
    """Remarks on those that were fitted, and on all."""
    own = [_note(candidate) for candidate in found.candidates if candidate.note and candidate.fits]
    return [*own, *of_fit.notes(found.notes)]


def _note(candidate: Candidate) -> str:
    return f"{name(candidate)}: {of_fit.sentence(candidate.note)}"


def fits(found: FitComparison) -> list[tuple[str, Fit]]:
    """All fits, each with what it is called among them."""
    every = [fit for candidate in found.candidates for fit in candidate.fits]
    both = len({fit.direction for fit in every}) > 1
    return [(f"{name(fit)}, {fit.direction}" if both else name(fit), fit) for fit in every]
