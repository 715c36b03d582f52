"""Write docs/accuracy.md: the largest relative errors of bitsapart and of other libraries on the cases of tests/oracle.

`make accuracy`, or `python tools/accuracy_tables.py` where bitsapart, scipy, torch, dit and infomeasure are installed.
Every library is called as its own documentation would have it; what it offers only through a user's arithmetic is
"not offered".
"""

import json
import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from math import inf, isfinite, isinf, isnan, log
from pathlib import Path
from typing import Any

import dit
import infomeasure
import numpy as np
import scipy.spatial.distance
import scipy.special
import scipy.stats
import torch

import bitsapart as ba

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
from cases import NEAR_ONE, Case, cases, vocabulary  # noqa: E402
from make_oracle import ORACLE, key  # noqa: E402
from truth import FORMULAS, Call  # noqa: E402

LIBRARIES = ("scipy", "torch", "dit", "infomeasure")
SUBNORMAL = 2e-321
"""An error that is none: some hundred times the smallest float."""

HEAD = """# Accuracy

Written by `make accuracy` (`tools/accuracy_tables.py`). Each cell is the largest relative error over a group of inputs,
against the exact measure of the exactly normalised binary inputs, which mpmath found with as many digits as it takes
(`tests/oracle` has the cases, the formulas and the values; `make test` holds every measure against them, in NumPy, in
torch and in JAX, gradients included). Rounding the exact measure to a double costs up to 1.1e-16.

Besides a number a cell may say

- *negative*, *nan*
- *inf*: of a finite measure; *finite*: of an infinite one
- *not 0*: where the measure is exactly 0, as of P and itself
- *fails*: an error was raised
- *not offered*: the library does not have the measure for such inputs
- *slow*: all of the group are longer than the library was given (see below)

An error of 1 is a lost value (such as 0), a larger one has no digit in common with the truth. Errors below 2e-321 count
as none (of the squares, for distances that are roots).

bitsapart is called with NumPy arrays, and each other library as it documents itself: scipy with `stats.entropy`,
`special.rel_entr` and `spatial.distance.jensenshannon` (squared), logits through `special.softmax`; torch with
`F.kl_div`, `F.cross_entropy` and `torch.distributions.Categorical`; dit with its distributions, of up to 1,000 outcomes
(100 or 10 where a pair of 1,000 takes it minutes); infomeasure with samples, so only where the inputs are counts.
Orders "next to 1" are 1 - 1e-15 and 1 + 1e-15 (and, of the alpha divergence, 1e-15).

What is said to be a weight is divided by its sum for those that do not do so. "Sums off by 1e-8" are left to them as
they are, and only tell the libraries that divide by the sum from those that do not. dit's alpha divergence has another
parameter, 1 - 2 order; at orders 0 and 1 it takes the two distributions the other way round than next to these orders.
"""
TITLES = {
    "kl_divergence": "KL divergence",
    "js_divergence": "Jensen-Shannon divergence",
    "renyi_divergence": "Rényi divergence, orders 0 to infinity",
    "renyi_entropy": "Rényi entropy, orders 0 to infinity",
    "tsallis_entropy": "Tsallis entropy, orders 0 to 50",
    "tsallis_divergence": "Tsallis divergence, orders 0.001 to 50",
    "alpha_divergence": "Alpha divergence, orders -1 to 50",
}
ORDER = (
    "kl_divergence", "js_divergence", "entropy", "cross_entropy", "mutual_information", "conditional_entropy",
    "total_correlation", "conditional_mutual_information", "joint_entropy", "renyi_divergence", "renyi_entropy",
    "tsallis_divergence", "tsallis_entropy", "alpha_divergence", "total_variation", "hellinger_distance",
    "bhattacharyya_coefficient", "perplexity",
)  # fmt: skip
"""The measures that at least one other library has."""


# how each library is asked ------------------------------------------------------------------------------------------


class NotOfferedError(Exception):
    """The library has no way to do this."""


class SlowError(Exception):
    """The library has one, but nobody could wait for it."""


@cache
def arrays(case: Case) -> list[np.ndarray]:
    """As they are; the vocabulary in single precision."""
    found = case.arrays()
    return [array.astype(np.float32) for array in found] if case.group == "vocabulary" else found


def shares(case: Case) -> list[np.ndarray]:
    """For libraries that take a distribution at its word."""
    return [array / array.sum() for array in arrays(case)] if case.normalize else arrays(case)


def probabilities(case: Case) -> list[np.ndarray]:
    return [scipy.special.softmax(row) for row in arrays(case)] if case.logits else arrays(case)


def log_probabilities(case: Case) -> list[torch.Tensor]:
    if case.logits:
        return [torch.log_softmax(torch.from_numpy(row), -1) for row in arrays(case)]
    return [torch.from_numpy(row).log() for row in shares(case)]


def categoricals(case: Case) -> list[torch.distributions.Categorical]:
    kind = "logits" if case.logits else "probs"
    return [torch.distributions.Categorical(**{kind: torch.from_numpy(row)}) for row in arrays(case)]


@cache
def dit_distributions(case: Case) -> list[dit.Distribution]:
    outcomes = list(np.ndindex(case.shape or (case.outcomes,)))
    return [dit.Distribution(outcomes, row.ravel()) for row in shares(case)]


def of_dit(case: Case, most: int = 100) -> list[dit.Distribution]:
    if case.logits:
        raise NotOfferedError
    if case.outcomes > most:
        raise SlowError
    return dit_distributions(case)


def samples(case: Case) -> list[np.ndarray]:
    """Rows in these numbers: of an outcome, or of the indices of a cell."""
    if not case.group.startswith("counts"):
        raise NotOfferedError
    counts = [row.ravel().astype(int) for row in arrays(case)]
    if case.shape:
        return list(np.repeat(np.array(list(np.ndindex(case.shape))), counts[0], axis=0).T)
    return [np.repeat(np.arange(len(row)), row) for row in counts]


def kl_by_torch(case: Case) -> Any:
    p, q = log_probabilities(case)
    if case.logits:
        return torch.nn.functional.kl_div(q, p, reduction="sum", log_target=True)
    return torch.nn.functional.kl_div(q, torch.from_numpy(shares(case)[0]), reduction="sum")


def rel_entr(case: Case) -> Any:
    p, q = probabilities(case) if case.logits else shares(case)
    return scipy.special.rel_entr(p, q).sum()


def js_by_scipy(case: Case) -> Any:
    if len(case.rows) != 2 or case.weights:
        raise NotOfferedError
    return scipy.spatial.distance.jensenshannon(*probabilities(case)) ** 2


def js_by_infomeasure(case: Case) -> Any:
    return infomeasure.jensen_shannon_divergence(*samples(case), **DISCRETE)


def cross_entropy_by_torch(case: Case) -> Any:
    q = log_probabilities(case)[1]
    p = torch.from_numpy(probabilities(case)[0] if case.logits else shares(case)[0])
    return torch.nn.functional.cross_entropy(q, p)


def renyi_divergence_by_dit(case: Case, order: float) -> float:
    if isinf(order):
        raise NotOfferedError
    return BITS * dit.divergences.renyi_divergence(*of_dit(case), order)


def tsallis_divergence_by_dit(case: Case, order: float) -> float:
    """At order 1 dit answers in bits."""
    return dit.divergences.tsallis_divergence(*of_dit(case), order) * (BITS if order == 1 else 1)


def alpha_divergence_by_dit(case: Case, order: float) -> float:
    """The same family by another parameter, Amari's; in bits at the ends."""
    amari = 1 - 2 * order
    return dit.divergences.alpha_divergence(*of_dit(case), amari) * (BITS if abs(amari) == 1 else 1)


ROOTS = ("js_distance", "hellinger_distance")
DISCRETE = {"approach": "discrete", "base": "e"}
BITS = log(2)
Way = Callable[..., Any]
"""A measure of a case in nats, given the case and the order if the measure has one."""

WAYS: dict[str, dict[str, Way]] = {
    "kl_divergence": {
        "scipy stats.entropy": lambda c: scipy.stats.entropy(*probabilities(c)),
        "scipy rel_entr": rel_entr,
        "torch F.kl_div": kl_by_torch,
        "torch Categorical": lambda c: torch.distributions.kl_divergence(*categoricals(c)),
        "dit": lambda c: BITS * dit.divergences.kullback_leibler_divergence(*of_dit(c, 1000)),
        "infomeasure": lambda c: infomeasure.kld(*samples(c), **DISCRETE),
    },
    "js_divergence": {
        "scipy": js_by_scipy,
        "dit": lambda c: BITS * dit.divergences.jensen_shannon_divergence(of_dit(c, 1000), c.weights),
        "infomeasure": js_by_infomeasure,
    },
    "entropy": {
        "scipy": lambda c: scipy.stats.entropy(*probabilities(c)),
        "torch": lambda c: categoricals(c)[0].entropy(),
        "dit": lambda c: BITS * dit.multivariate.entropy(*of_dit(c, 1000)),
        "infomeasure": lambda c: infomeasure.entropy(*samples(c), **DISCRETE),
    },
    "cross_entropy": {
        "torch": cross_entropy_by_torch,
        "dit": lambda c: BITS * dit.divergences.cross_entropy(*of_dit(c)),
        "infomeasure": lambda c: infomeasure.cross_entropy(*samples(c), **DISCRETE),
    },
    "mutual_information": {
        "dit": lambda c: BITS * dit.shannon.mutual_information(*of_dit(c, 1000), [0], [1]),
        "infomeasure": lambda c: infomeasure.mutual_information(*samples(c), **DISCRETE),
    },
    "conditional_entropy": {"dit": lambda c: BITS * dit.shannon.conditional_entropy(*of_dit(c, 1000), [1], [0])},
    "total_correlation": {
        "dit": lambda c: BITS * dit.multivariate.total_correlation(*of_dit(c, 1000)),
        "infomeasure": lambda c: infomeasure.mutual_information(*samples(c), **DISCRETE),
    },
    "conditional_mutual_information": {
        "dit": lambda c: BITS * dit.multivariate.coinformation(*of_dit(c, 1000), [[0], [1]], [2]),
        "infomeasure": lambda c: infomeasure.conditional_mutual_information(
            *samples(c)[:2], cond=samples(c)[2], **DISCRETE
        ),
    },
    "joint_entropy": {
        "dit": lambda c: BITS * dit.multivariate.entropy(*of_dit(c, 1000)),
        "infomeasure": lambda c: infomeasure.entropy(tuple(samples(c)), **DISCRETE),
    },
    "renyi_divergence": {"dit": renyi_divergence_by_dit},
    "renyi_entropy": {"dit": lambda c, a: BITS * dit.other.renyi_entropy(*of_dit(c, 1000), a)},
    "tsallis_divergence": {"dit": tsallis_divergence_by_dit},
    "tsallis_entropy": {"dit": lambda c, a: dit.other.tsallis_entropy(*of_dit(c, 1000), a)},
    "alpha_divergence": {"dit": alpha_divergence_by_dit},
    "total_variation": {"dit": lambda c: dit.divergences.variational_distance(*of_dit(c, 10))},
    "hellinger_distance": {"dit": lambda c: dit.divergences.hellinger_distance(*of_dit(c, 10))},
    "bhattacharyya_coefficient": {"dit": lambda c: dit.divergences.bhattacharyya_coefficient(*of_dit(c, 10))},
    "perplexity": {"dit": lambda c: dit.other.perplexity(*of_dit(c, 1000))},
}


def by_bitsapart(name: str) -> Way:
    def way(case: Case, *order: float) -> Any:
        return getattr(ba, name)(*arrays(case), *order, **case.options((name, order)))

    return way


# what comes of it ---------------------------------------------------------------------------------------------------


@dataclass
class Cell:
    """What a library makes of a group of cases."""

    error: float = -inf
    words: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    def add(self, way: Way, case: Case, call: Call, truth: float) -> None:
        """One more case."""
        try:
            found = float(way(case, *call[1]))
        except NotOfferedError:
            self.absent.add("not offered")
        except SlowError:
            self.absent.add("slow")
        except Exception:  # whatever a library throws is its answer
            self.words.add("fails")
        else:
            none = SUBNORMAL / truth if call[0] in ROOTS and truth else SUBNORMAL
            self.judge(found, truth, none)

    def judge(self, found: float, truth: float, none: float) -> None:
        """One more value; an error up to `none` is none."""
        if word := word_for(found, truth):
            self.words.add(word)
        elif isinf(truth) or abs(found - truth) <= none:
            self.error = max(self.error, 0.0)
        if isfinite(found) and isfinite(truth) and truth > 0 and abs(found - truth) > none:
            self.error = max(self.error, min(abs(found / truth - 1), sys.float_info.max))

    def __str__(self) -> str:
        number = [] if self.error == -inf else [f"{self.error:.0e}" if self.error else "0"]
        return ", ".join([*number, *sorted(self.words)]) or ", ".join(sorted(self.absent))


def word_for(found: float, truth: float) -> str:
    """What no number says."""
    if isnan(found):
        return "nan"
    if isinf(truth) or isinf(found):
        return "" if found == truth else "finite" if isinf(truth) else "inf"
    if found < 0:
        return "negative"
    return "not 0" if truth == 0 and found > SUBNORMAL else ""


def label(case: Case, call: Call) -> str:
    """The row of a case: its group, by the size of the difference, and whether the order is 1e-15 from 1 or 0."""
    found = case.group
    by = re.search(r"by (\S+)$", case.name)
    if by and "near" in found:
        decade = -round(np.log10(float(by[1])))
        ends = ((5, "1e-1 to 1e-5"), (10, "1e-6 to 1e-10"), (15, "1e-11 to 1e-15"), (inf, "less than 1e-15"))
        found += ", by " + next(words for end, words in ends if decade <= end)
    if case.group == "vocabulary":
        found = "128,256 logits in float32, by 1e-5"
    return found + (", order next to 1" if call[1] and call[1][0] in (*NEAR_ONE, 1e-15) else "")


def columns(name: str) -> dict[str, Way]:
    """The ways to a measure, bitsapart's first."""
    return {"bitsapart": by_bitsapart(name)} | WAYS[name]


def tables() -> dict[str, dict[str, dict[str, Cell]]]:
    """Cells by measure, row and library."""
    known = json.loads(ORACLE.read_text())
    found: dict[str, dict[str, dict[str, Cell]]] = {name: {} for name in ORDER}
    for case in [*cases(), vocabulary()]:
        for call in case.calls():
            if call[0] in found:
                row = found[call[0]].setdefault(label(case, call), {})
                for column, way in columns(call[0]).items():
                    truth = float(known[case.name]["truth"][key(call)])
                    row.setdefault(column, Cell()).add(way, case, call, truth)
    return found


def together(rows: Iterable[str]) -> list[str]:
    """Rows of one group next to each other, the groups in the order of their first."""
    groups = list(dict.fromkeys(row.split(", by ")[0] for row in rows))
    return sorted(rows, key=lambda row: groups.index(row.split(", by ")[0]))


def written(name: str, rows: dict[str, dict[str, Cell]]) -> str:
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    head = ["inputs", *columns(name)]
    lines = [head, ["---"] * len(head), *([row, *map(str, rows[row].values())] for row in together(rows))]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    missing = [library for library in LIBRARIES if not any(column.startswith(library) for column in columns(name))]
    return "\n\n".join([f"## {title}", table, *([f"Not offered by {', '.join(missing)}."] if missing else [])])


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    versions = ", ".join(f"{library} {version(library)}" for library in ("numpy", *LIBRARIES))
    others = sorted(set(FORMULAS) - set(ORDER))
    only = f"In `make test` alone: {', '.join(name.replace('_', ' ') for name in others)}."
    parts = [HEAD + f"\nMeasured with {versions}.", *(written(*table) for table in tables().items()), only]
    (ROOT / "docs" / "accuracy.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
