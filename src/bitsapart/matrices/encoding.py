"""How numbers are stored, and what a block of them becomes: native byte order, bfloat16 widened."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.values.errors import DataError

WHAT = {
    "c": "complex numbers",
    "M": "dates",
    "m": "durations",
    "S": "text",
    "T": "text",
    "U": "text",
    "V": "records",
}


@dataclass(frozen=True)
class Encoding:
    """The type of stored numbers."""

    name: str
    raw: np.dtype[Any]
    """What the bytes are read as: unsigned integers for bfloat16, which NumPy does not know."""

    @property
    def bfloat16(self) -> bool:
        """Whether the numbers are the upper halves of float32."""
        return self.name == "bfloat16"

    @property
    def native(self) -> np.dtype[Any]:
        """The type of a decoded block."""
        if self.bfloat16:
            return np.dtype(np.float32)
        if self.raw.kind == "b":
            return np.dtype(np.uint8)
        return np.dtype(np.float64) if self.raw.kind == "f" and self.raw.itemsize > 8 else self.raw.newbyteorder("=")

    def decode(self, raw: NDArray[Any]) -> NDArray[Any]:
        """Raw values as numbers, C-contiguous; a view where nothing has to change."""
        if self.bfloat16:
            wide = np.empty(raw.shape, np.uint32)
            np.left_shift(raw, 16, out=wide, dtype=np.uint32)
            return wide.view(np.float32)
        return np.ascontiguousarray(raw, self.native)


BFLOAT16 = Encoding("bfloat16", np.dtype("<u2"))


def encoding_of(dtype: np.dtype[Any], name: str, text: bool = False) -> Encoding:
    """The encoding of an array's type, which must be one of numbers, or of text where that is welcome."""
    if dtype.name == "bfloat16":  # from ml_dtypes, which JAX brings
        return BFLOAT16
    if dtype.kind in "fiub" or (text and dtype.kind in "SU" and dtype.itemsize):
        return Encoding(dtype.name, dtype)
    if dtype.hasobject:
        raise DataError(f"{name} holds pickled objects, which are never loaded (they can run code): save plain numbers")
    needed = "numbers or text are" if text else "numbers are"
    raise DataError(f"{name} holds {WHAT.get(dtype.kind, 'values')} ({dtype.name}): {needed} needed")
