"""Surprisal.  -log p of each outcome: what it tells when it happens.  Shannon 1948; Tribus 1961."""

from contextlib import nullcontext
from typing import Any

import numpy as np

from bitsapart.measures.arrays import namespace_of
from bitsapart.measures.door import Options, distributions, poisoned, read, unit_of
from bitsapart.values.unit import Unit


def surprisal(
    p: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Surprisal -log p of every outcome, infinite where p = 0; the shape of p.

    Its mean under P is the entropy. Arguments and errors are those of `entropy`.

    >>> surprisal([0.5, 0.25, 0.25, 0.0]).tolist()
    [1.0, 2.0, 2.0, inf]
    """
    scale = unit_of(unit).value
    options = Options(axis, from_logits, normalize)
    xp = namespace_of(p)
    (array,), tolerance = read({"p": p}, options, xp)
    with np.errstate(all="ignore") if xp is np else nullcontext():
        wide = array.astype(np.float64) if xp is np else array
        (side,), valid = distributions([wide], ["p"], tolerance, options, xp)
        nats = xp.astype(xp.where(side.possible, -side.log_p, xp.inf), array.dtype)
    nats = poisoned(nats, None if valid is None else valid[..., None], xp)
    return (nats if axis in {-1, nats.ndim - 1} else xp.moveaxis(nats, -1, axis)) / scale
