"""The quantities of a model comparison with their names and formulas, the same in every format."""

import math
from dataclasses import dataclass

from bitsapart.model_comparison.result import ModelComparison, TemperatureRepair
from bitsapart.report import words
from bitsapart.report.estimates import Form, interval, shown
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit


@dataclass(frozen=True)
class Quantity:
    """An estimate, what it is called, and how its number is written."""

    key: str
    """Its name in a data frame."""
    name: str
    what: str
    """Its formula, or a remark; may be empty."""
    estimate: Estimate
    form: Form = "bits"

    @property
    def value(self) -> str:
        """The number."""
        return shown(self.estimate.value, self.form)

    @property
    def ends(self) -> str:
        """The interval; nothing where there is none."""
        return interval(self.estimate, self.form)


def identity(comparison: ModelComparison) -> tuple[Quantity, Quantity, Quantity]:
    """Entropy, divergence, and the cross-entropy that they add up to."""
    return (
        Quantity("entropy", "entropy of the base", "H(base)", comparison.entropy),
        Quantity("kl", "divergence", "KL(base || candidate)", comparison.kl),
        Quantity("cross_entropy", "cross-entropy", "H(base, candidate)", comparison.cross_entropy),
    )


def divergences(comparison: ModelComparison) -> tuple[Quantity, ...]:
    """The other ways to measure the distance."""
    return (
        Quantity("reverse_kl", "reverse divergence", "KL(candidate || base)", comparison.reverse_kl),
        Quantity("js", "Jensen-Shannon", "between 0 and 1 bit", comparison.js),
    )


def agreements(comparison: ModelComparison) -> tuple[Quantity, ...]:
    """What would be noticed of it when text is written."""
    confident = f"flips where base ≥ {100 * comparison.confident:g} %"
    number = words.counted(comparison.confident_tokens, "token")
    return (
        Quantity("top1_agreement", "same top token", "", comparison.top1_agreement, "share"),
        Quantity("top5_agreement", "base’s top five in candidate’s", "", comparison.top5_agreement, "share"),
        Quantity("confident_flips", confident, number, comparison.confident_flips, "share"),
        Quantity("acceptance", "acceptance", "1 - total variation", comparison.acceptance, "share"),
    )


def predictions(comparison: ModelComparison) -> tuple[Quantity, ...]:
    """How both models predict the text itself; nothing where its tokens are not known."""
    found = comparison.perplexity
    if found is None:
        return ()
    return (
        Quantity("base_perplexity", "perplexity of the base", "", found.base, "number"),
        Quantity("candidate_perplexity", "perplexity of the candidate", "", found.candidate, "number"),
        Quantity("perplexity_ratio", "ratio", "candidate / base", found.ratio, "ratio"),
        Quantity("excess", "excess on the text", "bits per token", found.excess),
    )


def repairs(comparison: ModelComparison) -> tuple[Quantity, ...]:
    """What one temperature would mend; nothing where none was fitted."""
    found = comparison.temperature
    if found is None:
        return ()
    return (
        Quantity("temperature_saved", "saved by one temperature", degree(found), found.saved),
        Quantity("temperature_left", "left after it", "", found.left),
    )


def degree(repair: TemperatureRepair) -> str:
    """The temperature, with as many digits as show how far from 1 it is."""
    return shown(repair.temperature, "ratio")


def floors(comparison: ModelComparison) -> tuple[Quantity, ...]:
    """How small a divergence these files can show."""
    noise = comparison.noise
    method = f"rounding to {noise.storage_dtype}"
    storage = Estimate(noise.storage, None, None, comparison.level, "unknown", method, Unit.bit, comparison.n)
    found = []
    if not math.isnan(noise.storage):
        found.append(Quantity("storage_noise", "storage noise", words.visible(method), storage))
    if noise.rerun is not None:
        found.append(Quantity("rerun_noise", "rerun noise", "KL(base || second run)", noise.rerun))
    return tuple(found)


def everything(comparison: ModelComparison) -> tuple[Quantity, ...]:
    """All of them, in the order of the reports."""
    parts = (identity, divergences, agreements, predictions, repairs, floors)
    return tuple(quantity for part in parts for quantity in part(comparison))
