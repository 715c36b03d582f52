"""How small a divergence the files can show: what mere rounding to the type of either makes, and a second run.

The divergence of rows of the base from the same rows rounded to a type. Rows that are of that type already are moved at
random within half a step of it instead, since rounding them again would change nothing.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bitsapart.measures.logit_pairs import logit_pairs
from bitsapart.model_comparison.blocks import block_rows, chosen_rows, spread
from bitsapart.model_comparison.logits import LLAMA, SPAN, Logits
from bitsapart.model_comparison.result import Noise
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

MOST, PART = 256, 128
NUMBERS = 1 << 19
COARSE = ("bfloat16", "float16", LLAMA, "float32", "float64")
"""From the coarsest."""
CODES = 65535.0
"""Of llama.cpp."""

Floats = NDArray[np.float64]


def storage_noise(base: Logits, candidate: Logits, rows: NDArray[np.int64], seed: int) -> tuple[float, str]:
    """The mean divergence in bits that rounding to the coarser type makes, and which type that is."""
    kinds = {kind for side in (base, candidate) for kind in side.dtype.split(" and ")}
    known = [kind for kind in COARSE if kind in kinds]
    if not known or not len(rows):
        return (0.0 if len(rows) else math.nan), (known or sorted(kinds))[0]
    coarser, already = known[0], known[0] in base.dtype.split(" and ")
    number = min(MOST, max(len(rows) // PART, NUMBERS // base.vocabulary, 16))
    sampled = spread(rows, number, seed)
    random = np.random.default_rng(seed).random if already else None
    total = 0.0
    for _, p in chosen_rows(base, sampled, max(1, block_rows(base) // 4)):
        exact = p.astype(np.float64)
        total += float(logit_pairs(exact, rounded(exact, coarser, random)).kl.sum())
    return total / len(sampled) / Unit.bit.value, coarser


def rounded(rows: Floats, kind: str, random: Callable[[tuple[int, ...]], Floats] | None) -> Floats:
    """Rows as a type stores them, or where they are of that type, moved within half a step."""
    step = llama_step(rows) if kind == LLAMA else spacing(rows, kind)
    if random is not None:
        return np.asarray(rows + (random(rows.shape) - 0.5) * step)
    if kind == LLAMA:
        largest = rows.max(axis=1, keepdims=True)
        smallest = np.maximum(rows.min(axis=1, keepdims=True), largest - SPAN)
        step = np.where(step > 0.0, step, 1.0)
        return np.asarray(np.maximum(np.rint((rows - smallest) / step), 0.0) * step + smallest)
    whole = np.isfinite(rows) & (step > 0.0)
    moved: Floats = np.where(whole, np.rint(rows / np.where(step > 0.0, step, 1.0)) * step, rows)
    return moved


def spacing(rows: Floats, kind: str) -> Floats:
    """The distance of neighbouring numbers of a type, at each of some numbers."""
    digits, least = {"bfloat16": (8, -126), "float16": (11, -14), "float32": (24, -126), "float64": (53, -1022)}[kind]
    _, exponent = np.frexp(np.where(np.isfinite(rows), rows, 1.0))
    step: Floats = np.where(np.isfinite(rows), np.ldexp(1.0, np.maximum(exponent - 1, least) - (digits - 1)), 0.0)
    return step


def llama_step(rows: Floats) -> Floats:
    """The distance of neighbouring codes in each row; 0 where a row is cut off or has one value."""
    largest = rows.max(axis=1, keepdims=True)
    smallest = np.maximum(rows.min(axis=1, keepdims=True), largest - SPAN)
    return np.asarray(np.where(rows > smallest, (largest - smallest) / CODES, 0.0))


def noise(floor: tuple[float, str], kl: Estimate, rerun: Estimate | None) -> Noise:
    """Both floors, and whether the divergence is within twice of the larger."""
    known = [value for value in (floor[0], math.nan if rerun is None else rerun.value) if not math.isnan(value)]
    return Noise(floor[0], floor[1], rerun, bool(known) and kl.value <= 2.0 * max(known))
