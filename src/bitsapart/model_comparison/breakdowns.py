"""The divergence by document, domain and position, and by how undecided and how confident the base is."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.estimates import bits
from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.result import Breakdown, Bucket
from bitsapart.model_comparison.text_rows import Groups, Small, TextRows
from bitsapart.values.unit import Unit

MOST = 20
"""Buckets that are listed, of very many those that hold most of the divergence."""
ENTROPY = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0, math.inf)
CONFIDENCE = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


def breakdowns(measured: Measured, text: TextRows, level: float) -> tuple[Breakdown, ...]:
    """All that the data allow; where there would be one bucket only, none."""
    rows, clusters = measured.row, None if text.clusters is None else text.clusters[measured.row]
    found = []
    if text.domains is not None:
        found.append(("domain", text.domains.codes[rows], [str(name) for name in text.domains.names]))
    if text.clusters is not None:
        found.append(("document", text.documents.codes[rows], document_names(text.documents)))
        found.append(("position", *by_position(text.positions[rows])))
    if measured.bounds is None or not measured.bounds.tail_p.any():
        found.append(("entropy of the base", *by_edges(measured.entropy / Unit.bit.value, ENTROPY, " bits")))
    found.append(("confidence of the base", *by_edges(measured.probability_p, CONFIDENCE, " %", 100.0)))
    made = (breakdown(by, codes, names, measured, clusters, level) for by, codes, names in found)
    return tuple(one for one in made if one is not None)


def document_names(documents: Groups) -> list[str]:
    """Of each document, "document" and the number or name that it has."""
    return [f"document {name}" if isinstance(name, int) else str(name) for name in documents.names]


def by_position(positions: Small) -> tuple[Small, list[str]]:
    """Stretches of positions, each four times as long as all before it."""
    edges = [0, *(32 * 4**i for i in range(14))]
    codes = np.searchsorted(edges, positions, side="right") - 1
    return codes.astype(np.int32), [f"{low}-{high - 1}" for low, high in pairwise(edges)]


def by_edges(
    values: NDArray[np.floating], edges: Sequence[float], unit: str, scale: float = 1.0
) -> tuple[Small, list[str]]:
    """Buckets between edges, each with its lower edge and without its upper one; the last with both; one for nan."""
    codes = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    codes[np.isnan(values)] = len(edges) - 1
    names = [
        f"above {low * scale:g}{unit}" if math.isinf(high) else f"{low * scale:g}-{high * scale:g}{unit}"
        for low, high in pairwise(edges)
    ]
    return codes.astype(np.int32), [*names, "not known"]


def breakdown(
    by: str, codes: Small, names: Sequence[str], measured: Measured, clusters: Small | None, level: float
) -> Breakdown | None:
    """The buckets that have tokens, in their order; of very many, those that hold most."""
    counts = np.bincount(codes, minlength=len(names))
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return None
    with np.errstate(invalid="ignore"):
        sums = np.bincount(codes, measured.kl, minlength=len(names))
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(counts)
    shown = present if len(present) <= MOST else present[np.argsort(-sums[present], kind="stable")[:MOST]]
    members = (order[ends[code] - counts[code] : ends[code]] for code in shown)
    buckets = [
        bucket(names[code], tokens, measured, clusters, float(sums.sum()), level)
        for code, tokens in zip(shown, members, strict=True)
    ]
    macro = float((sums[present] / counts[present]).mean()) / Unit.bit.value
    return Breakdown(by, tuple(buckets), macro)


def bucket(
    name: str, tokens: NDArray[np.int64], measured: Measured, clusters: Small | None, total: float, level: float
) -> Bucket:
    """Some of the tokens."""
    kl = measured.kl[tokens]
    own = None if clusters is None else np.unique(clusters[tokens], return_inverse=True)[1].astype(np.int32)
    known = 0.0 < total < math.inf
    first, second = measured.top_p[tokens], measured.top_q[tokens]
    same = (first == second)[(first >= 0) & (second >= 0)]
    return Bucket(
        name=name,
        tokens=len(tokens),
        kl=bits(kl, own, level),
        kl_share=float(kl.sum()) / total if known else math.nan,
        top1_agreement=float(same.mean()) if len(same) else math.nan,
    )
