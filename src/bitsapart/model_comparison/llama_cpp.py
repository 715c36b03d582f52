"""The table that llama.cpp's perplexity tool prints with --kl-divergence, by its own definitions.

With l = scale * code + minimum of the base file, b the candidate's logits and log Z the logarithm of the sum of e^b:

    KLD = sum over l > -16 of e^l (l - b + log Z)        Δp = e^(b - log Z) - e^l of the token that came

The e^l do not quite sum to 1 and are not made to, so that a KLD is off by about 1e-5 nats, and may be negative. What is
of one token is rounded to float32 at every step, sums over tokens are float64, and errors take tokens as independent.
A candidate that is a base file too has no logits any more: its own l stand for b - log Z.

Source: tools/perplexity/perplexity.cpp of llama.cpp, without fused multiplications, and with exponentials that are
right to the last bit of a float32, as those of the usual C libraries are with few exceptions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.measures.logit_pairs import by_tasks, chunks
from bitsapart.model_comparison.estimates import exp
from bitsapart.model_comparison.logits import LLAMA, Logits
from bitsapart.model_comparison.result import LlamaCppTable, WithError

Singles = NDArray[np.float32]
Whole = NDArray[np.int64]

LEAST = np.float32(-16)
"""Of the base's log-probabilities, only those above this count."""
ENDS = (0.0, 0.1, 1.0, 5.0, 10.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
"""Percentiles of the KLD that are printed."""
QUARTERS = (25.0, 75.0)
"""Printed of Δp as well."""
FEW = 10
"""Tokens up to which there are no errors."""


@dataclass(frozen=True, eq=False)
class LlamaCppTokens:
    """One entry a row of the files, gathered in one pass."""

    labels: Whole
    stored: bool
    """Whether the candidate is a base file too."""
    kld: NDArray[np.float64]
    change: Singles
    """Δp."""
    nll: Singles
    nll_base: Singles
    same: NDArray[np.bool_]

    @staticmethod
    def of(base: Logits, candidate: Logits) -> "LlamaCppTokens | None":
        """Room for all rows, where the base is a base file of llama.cpp that is compared whole."""
        labels = base.matrix.tokens
        if base.dtype != LLAMA or labels is None or base.vocabulary != base.matrix.columns:
            return None
        change, nll, nll_base = np.empty((3, len(labels)), np.float32)
        kld, same = np.empty(len(labels)), np.empty(len(labels), np.bool_)
        return LlamaCppTokens(labels, candidate.dtype == LLAMA, kld, change, nll, nll_base, same)

    def fill(self, place: slice, p: NDArray[Any], q: NDArray[Any]) -> None:
        """Gather a block of both sides, as their files have it."""
        by_tasks(partial(self._fill_range, place.start, p, q), p.shape)

    @np.errstate(all="ignore")
    def _fill_range(self, first: int, p: NDArray[Any], q: NDArray[Any], start: int, stop: int) -> bool:
        for rows in chunks(start, stop, p.shape[1]):
            logs, logits = (side[rows].astype(np.float32, copy=False) for side in (p, q))
            self._fill_rows(slice(first + rows.start, first + rows.stop), logs, logits)
        return True

    def _fill_rows(self, place: slice, logs: Singles, logits: Singles) -> None:
        norm = np.zeros((len(logits), 1), np.float32) if self.stored else log_sums(logits)
        terms = (logs - logits + norm) * expf(logs)
        bits = terms.view(np.int32)
        bits &= -(logs > LEAST).astype(np.int32)  # 0 where not, an infinite one too; ten times as fast as by index
        self.kld[place] = terms.sum(1, dtype=np.float64)
        labels = self.labels[place, None]
        nll, nll_base = norm - np.take_along_axis(logits, labels, 1), -np.take_along_axis(logs, labels, 1)
        self.change[place] = (expf(-nll) - expf(-nll_base))[:, 0]
        self.nll[place], self.nll_base[place] = nll[:, 0], nll_base[:, 0]
        self.same[place] = logits.argmax(1) == logs.argmax(1)

    @np.errstate(all="ignore")
    def table(self) -> LlamaCppTable | None:
        """What is printed of all tokens; None where a number is NaN or both infinities meet."""
        if np.isnan(self.kld).any() or np.isnan(self.change).any():
            return None
        candidate, base = mean(self.nll), mean(self.nll_base)
        covariance = shared(self.nll, self.nll_base)
        ratio = WithError(candidate.value - base.value, apart(candidate.error, base.error, covariance))
        ppl, ppl_base = exponential(candidate), exponential(base)
        squares = self.change * self.change
        between = np.float64(ppl.value) * ppl_base.value * covariance
        return LlamaCppTable(
            tokens=len(self.labels),
            perplexity=ppl,
            base_perplexity=ppl_base,
            correlation=float(np.float64(covariance) / (candidate.error * base.error)),
            log_ratio=ratio,
            ratio=exponential(ratio),
            difference=WithError(ppl.value - ppl_base.value, apart(ppl.error, ppl_base.error, between)),
            kld=mean(self.kld),
            kld_percentiles=percentiles(self.kld.astype(np.float32), ENDS),
            change=mean(self.change),
            change_percentiles=percentiles(self.change, sorted((*ENDS, *QUARTERS))),
            rms_change=root(mean(squares, squares.astype(np.float64) ** 2)),
            same_top=share(self.same),
        )


def expf(x: Singles) -> Singles:
    """e^x, rounded once: NumPy's own for float32 is off in the last bit of two numbers in five."""
    return np.exp(x, dtype=np.float64, casting="same_kind", out=np.empty_like(x))


def log_sums(logits: Singles) -> Singles:
    """The logarithm of the sum of the exponentials of each row, (rows, 1)."""
    largest = logits.max(1, keepdims=True)
    sums = expf(logits - largest).sum(1, dtype=np.float64, keepdims=True)
    return np.asarray(largest + np.log(sums).astype(np.float32))


def mean(values: NDArray[Any], squares: NDArray[Any] | None = None) -> WithError:
    """The mean over tokens and sqrt((mean of squares - square of mean) / (n - 1)); squares are of the values' type."""
    number = len(values)
    squares = values * values if squares is None else squares
    value = values.sum(dtype=np.float64) / number
    spread = squares.sum(dtype=np.float64) / number - value * value
    return WithError(float(value), float(np.sqrt(spread / (number - 1))) if spread > 0 and number > FEW else 0.0)


def shared(first: Singles, second: Singles) -> float:
    """The covariance of two means."""
    number = len(first)
    if number < FEW:
        return 0.0
    means = first.sum(dtype=np.float64) / number, second.sum(dtype=np.float64) / number
    return float(((first * second).sum(dtype=np.float64) / number - means[0] * means[1]) / (number - 1))


def apart(first: float, second: float, covariance: float) -> float:
    """The error of a difference; nan where rounding leaves a square below 0, as it may for models that are equal."""
    return float(np.sqrt(np.float64(first * first + second * second - 2.0 * covariance)))


def exponential(logarithm: WithError) -> WithError:
    """e^x, its error to first order."""
    value = exp(logarithm.value)
    return WithError(value, value * logarithm.error)


def root(square: WithError) -> WithError:
    """The square root, its error to first order."""
    value = np.sqrt(np.float64(square.value))
    return WithError(float(value), float(np.float64(0.5) / value * square.error))


def share(marks: NDArray[np.bool_]) -> WithError:
    """The share of tokens that are marked."""
    value = np.float64(np.count_nonzero(marks)) / len(marks)
    return WithError(float(value), float(np.sqrt(value * (1.0 - value) / np.float64(len(marks) - 1))))


def percentiles(values: Singles, percents: Sequence[float]) -> Mapping[float, float]:
    """Of some values, by percent."""
    ordered = np.sort(values)
    return {percent: float(at(ordered, percent)) for percent in percents}


def at(ordered: Singles, percent: float) -> np.float32:
    """Straight lines between neighbours, the place in float32 too; the median is the mean of the middle two."""
    last = len(ordered) - 1
    if percent in {0.0, 100.0}:
        return np.float32(ordered[0 if percent == 0.0 else last])
    if percent == 50.0:
        middle = ordered[len(ordered) // 2]
        return np.float32(middle if last % 2 == 0 else np.float32(0.5) * (middle + ordered[last // 2]))
    exact = np.float32(percent / 100.0) * np.float32(last)
    i = int(exact)
    w = exact - np.float32(i)
    return np.float32((np.float32(1) - w) * ordered[i] + w * ordered[min(i + 1, last)])
