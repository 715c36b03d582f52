"""What the type that predictions are stored in can tell apart."""

import numpy as np

from bitsapart.scoring.result import Storage
from bitsapart.values.unit import Unit

BITS = {"float16": (10, 2.0**-24), "bfloat16": (7, 2.0**-133), "float32": (23, 2.0**-149), "float64": (52, 2.0**-1074)}
"""Binary digits after the first, and the smallest number above 0."""


def storage(dtype: str, logits: bool, row_sums: tuple[float, float] | None, largest: float = 0.0) -> Storage:
    """The storage of predictions of a type.

    A probability rounded to d binary digits is wrong by a factor 1 + 2^-(d+1) at most: its information by that many
    nats. A logit of size z is wrong by z times that. ``largest``: the largest size of a logit.
    """
    digits, smallest = BITS.get(dtype, (52, float(np.nextafter(0.0, 1.0))))
    half = 2.0 ** -(digits + 1)
    rounding = 2.0 * half * largest if logits else half
    return Storage(dtype, 0.0 if logits else smallest / 2.0, Unit.bit.of(rounding), row_sums)
