"""How much of the divergence one scalar would mend: candidate logits divided by T, with T fitted to other documents.

f(beta) = mean H(P, softmax(beta b)) is convex in beta = 1 / T. It is evaluated at five betas around a centre; the least
point of the quartic through them is the next centre, until it lies among the five.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import within
from bitsapart.measures.logit_pairs import tempered_cross_entropy
from bitsapart.model_comparison.blocks import block_rows, chosen_rows, spread
from bitsapart.model_comparison.estimates import in_bits, means_of
from bitsapart.model_comparison.logits import Logits
from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.result import TemperatureRepair
from bitsapart.model_comparison.text_rows import TextRows

MOST, FEWEST, PART = 1024, 20, 32
"""Tokens that are sampled at the most, that a half must have, and the part of all that is enough."""
NUMBERS = 2 << 20
"""Logits of one side that are always worth reading again."""
STEPS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
WIDTH, TURNS = 0.02, 12
LEAST, LARGEST = 1e-2, 1e2

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], Floats]
"""From betas (m,) to the cross-entropy of each sampled token at each, (tokens, m)."""


def temperature_repair(
    base: Logits, candidate: Logits, measured: Measured, text: TextRows, level: float, seed: int
) -> TemperatureRepair | None:
    """What one temperature saves and leaves on sampled tokens; None where there are too few, or there is no such."""
    able = np.flatnonzero(np.isfinite(measured.kl))
    number = min(MOST, max(len(measured) // PART, NUMBERS // base.vocabulary, 4 * FEWEST))
    sampled = spread(able, number, seed)
    second = halves(text, measured.row[sampled], seed)
    if min(np.count_nonzero(second), np.count_nonzero(~second)) < FEWEST or base.vocabulary < 2:
        return None
    evaluate = evaluator(base, candidate, measured.row[sampled])
    betas = fitted(evaluate, (~second, second))
    if betas is None:
        return None
    losses = evaluate(np.array([1.0, *betas]))
    tempered = np.where(second, losses[:, 1], losses[:, 2])
    saved = losses[:, 0] - tempered
    clusters = None if text.clusters is None else text.clusters[measured.row[sampled]]
    means = means_of(clusters, saved, measured.kl[sampled] - saved)
    return TemperatureRepair(
        temperature=1.0 / math.sqrt(betas[0] * betas[1]),
        saved=in_bits(means, 0, level),
        left=within(in_bits(means, 1, level), 0.0, math.inf),
        tokens=len(sampled),
    )


def halves(text: TextRows, rows: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Which tokens are in the second half: every second document in a random order, or every second token of one."""
    if text.clusters is None:
        return np.asarray(np.arange(len(rows)) % 2 == 1)
    order = np.random.default_rng(seed).permutation(np.unique(text.clusters[rows]))
    return np.asarray(np.isin(text.clusters[rows], order[1::2]))


def evaluator(base: Logits, candidate: Logits, rows: NDArray[np.int64]) -> Evaluate:
    """The cross-entropies of some rows, which are read again each time."""
    step = block_rows(base, candidate)

    def evaluate(betas: Floats) -> Floats:
        found = np.empty((len(rows), len(betas)))
        for place, p in chosen_rows(base, rows, step):
            _, q = next(chosen_rows(candidate, rows[place], step))
            found[place] = tempered_cross_entropy(p, q, betas)
        return found

    return evaluate


def fitted(evaluate: Evaluate, members: tuple[NDArray[np.bool_], ...]) -> list[float] | None:
    """The best beta of each group of tokens; None where one is beyond all that make sense."""
    centres, done = [1.0] * len(members), [False] * len(members)
    for _ in range(TURNS):
        open_ = sorted({centre for centre, finished in zip(centres, done, strict=True) if not finished})
        if not open_:
            break
        betas = {centre: centre * (1.0 + WIDTH * STEPS) for centre in open_}
        losses = evaluate(np.concatenate(list(betas.values())))
        for i, member in enumerate(members):
            if not done[i]:
                start = len(STEPS) * open_.index(centres[i])
                curve = losses[member, start : start + len(STEPS)]
                move, done[i] = next_step(curve - curve[:, 2:3])
                centres[i] = float(np.clip(centres[i] * (1.0 + WIDTH * move), LEAST, LARGEST))
    return centres if all(done) else None


def next_step(curves: Floats) -> tuple[float, bool]:
    """Where the mean of curves through ``STEPS`` is least, and whether that is among them."""
    f = curves.mean(axis=0)
    slope = (f[0] - 8.0 * f[1] + 8.0 * f[3] - f[4]) / 12.0
    bend = (-f[0] + 16.0 * f[1] - 30.0 * f[2] + 16.0 * f[3] - f[4]) / 12.0
    if not bend > 0.0:  # flat to rounding: nothing to mend, or far out
        return (0.0, True) if slope == 0.0 else (-10.0 * math.copysign(1.0, slope), False)
    move = -slope / bend
    if abs(move) > 2.0:
        return float(np.clip(move, -20.0, 40.0)), False
    quartic = np.polynomial.Polynomial.fit(STEPS, f, 4, domain=[-1, 1], window=[-1, 1])
    first, second = quartic.deriv(), quartic.deriv(2)
    for _ in range(8):
        curvature = float(second(move))
        move = float(np.clip(move - float(first(move)) / curvature, -2.0, 2.0)) if curvature > 0.0 else move
    return move, True
