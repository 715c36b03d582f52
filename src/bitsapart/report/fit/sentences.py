"""What there is to say of a fit, in words."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from bitsapart.fitting.result import Fit, Minimum
from bitsapart.report import words
from bitsapart.report.fit.numbers import brackets
from bitsapart.values.estimate import Estimate

LEAST = 1e-15
"""Bits below which a gap is rounding."""
FORWARD, REVERSE = "KL(target ‖ fit)", "KL(fit ‖ target)"
MEMBER, TARGET = 240, 160
"""How much is shown of a long formula."""


def direction(fit: Fit) -> str:
    """Which divergence was made small."""
    return FORWARD if fit.direction == "forward" else REVERSE


def headline(fit: Fit) -> str:
    """The answer."""
    away = f"The closest {words.visible(fit.family)} is {distance(fit)} away"
    if math.isinf(fit.divergence.value) and math.isfinite(fit.misfit.value):
        away += ", but the one that the sample gives infinitely many"
    return f"{away}: {direction(fit)} {brackets(fit.misfit)}".rstrip()


def distance(fit: Fit) -> str:
    """How far the family is from the target."""
    return _bits(fit.misfit.value)


def _bits(value: float) -> str:
    if math.isfinite(value):
        return f"{words.fine(value)} bits"
    return "an unknown number of bits" if math.isnan(value) else "infinitely many bits"


def target(name: str) -> str:
    """What was fitted to."""
    return words.shortened(words.visible(name), TARGET)


def member(found: Fit | Minimum) -> str:
    """The closest member of the family, or the member at a stationary point."""
    return words.shortened(words.visible(repr(found.distribution)), MEMBER)


def ends(fit: Fit) -> str:
    """From what to what."""
    return f"{target(fit.target)} → {member(fit)}"


class Term(NamedTuple):
    """A number of the account, and its sign before it."""

    sign: str
    name: str
    bits: Estimate


def account(fit: Fit) -> list[Term]:
    """The floor and what comes on top of it; the last is their sum."""
    whole = Term("=", "cross-entropy", fit.cross_entropy)
    if fit.direction == "reverse":
        return [Term("", "entropy of the fit", fit.entropy), Term("+", REVERSE, fit.divergence), whole]
    parts = [Term("", "floor, entropy of the target", fit.entropy), Term("+", "family misfit", fit.misfit)]
    if fit.parameter_error.value != 0.0:
        parts.append(Term("+", "parameter error", fit.parameter_error))
    return [*parts, whole]


def per(fit: Fit) -> str:
    """What the account is in."""
    return "in bits per value" if fit.n else "in bits"


def certificate(fit: Fit) -> list[str]:
    """How far the fit can be from the best one, and what its importance weights say."""
    found = fit.certificate
    by = f"({words.visible(found.kind)})"
    gap = "" if found.gap <= LEAST else _bits(found.gap)
    if found.proved:
        closer = f" by more than {gap}" if gap else ""
        lines = [f"No member of the family is closer{closer}, which is proved up to rounding {by}."]
    else:
        left = f"; {gap} may be left to gain nearby" if gap else ""
        lines = [f"Nothing closer was found, which is no proof {by}{left}."]
    lines += [sentence(found.note)] if found.note else []
    return [*lines, f"Stationarity residual {words.fine(found.residual)}.", *_khat(fit)]


def _khat(fit: Fit) -> list[str]:
    found, limit = fit.diagnostics.get("khat"), fit.diagnostics.get("khat_threshold")
    if found is None or limit is None:
        return []
    said = f"Pareto k-hat {words.fine(found.value)} is {{}} {words.fine(limit.value)}: "
    if found.value <= limit.value:
        return [f"{said.format('not above')}importance weights can be used."]
    if found.value > limit.value:
        warning = "numbers from importance weights are not to be trusted, although the fit may be close."
        return [f"{said.format('above')}{warning}"]
    return ["Pareto k-hat is unknown: numbers from importance weights are not to be trusted."]


def sentence(text: str) -> str:
    """A note as a sentence."""
    shown = words.visible(text)
    return f"{shown[:1].upper()}{shown[1:]}{'' if shown.endswith('.') else '.'}"


def stationary(fit: Fit) -> tuple[Minimum, ...]:
    """The stationary points, where there is another one than the fit."""
    return fit.minima if len(fit.minima) > 1 else ()


def minimum(found: Minimum) -> str:
    """What a stationary point is."""
    return f"{found.kind}, the best" if found.best else found.kind


NAMES = {
    "elbo": "evidence lower bound, bits",
    "forward_divergence": f"{FORWARD}, bits",
    "khat": "Pareto k-hat of the importance weights",
    "khat_threshold": "above which weights are not to be trusted",
    "log_normaliser": "log₂ of the target’s normaliser",
}


def diagnostic(name: str) -> str:
    """A diagnostic in words."""
    return NAMES.get(name, words.visible(name.replace("_", " ")))


def notes(found: Sequence[str]) -> list[str]:
    """Remarks."""
    return [sentence(note) for note in found if note]


def trace(fit: Fit) -> str:
    """The descent in a sentence; nothing where none was watched."""
    if not fit.trace:
        return ""
    first, last = fit.trace[0].divergence, fit.trace[-1].divergence
    steps = words.counted(len(fit.trace) - 1, "step")
    return f"In {steps} of gradient descent the divergence fell from {words.fine(first)} to {words.fine(last)} bits."


def more(left: int, noun: str) -> str:
    """That there are more than are shown; nothing where there are not."""
    return f"{words.counted(left, f'more {noun}')} in the JSON document." if left > 0 else ""
