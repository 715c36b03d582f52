"""Rows that are in memory already: arrays, tensors, lists."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.encoding import BFLOAT16, Encoding, encoding_of
from bitsapart.matrices.matrix import Shaped
from bitsapart.values.errors import DataError


@dataclass(frozen=True, eq=False)
class InMemory(Shaped):
    """An array, of which nothing is copied but what a block needs."""

    raw: NDArray[Any]
    encoding: Encoding

    @property
    def dtype(self) -> str:
        """As given."""
        return self.encoding.name

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop)."""
        self.check(start, stop)
        return self.encoding.decode(taken(self.raw, start, stop))


def taken(array: NDArray[Any], start: int, stop: int) -> NDArray[Any]:
    """Rows [start, stop) of an array of any number of axes in any order; a view where one exists."""
    if array.ndim <= 2:
        return array[start:stop].reshape(stop - start, *(array.shape[1:] or (1,)))
    if array.flags.c_contiguous:
        return array.reshape(-1, array.shape[-1])[start:stop]
    return array[np.unravel_index(np.arange(start, stop), array.shape[:-1])]


def from_object(source: object, role: str, text: bool = False) -> InMemory:
    """The matrix that an array, a tensor or a nested list of numbers is."""
    raw = array_of(source, role)
    torch_bfloat16 = str(getattr(source, "dtype", "")) == "torch.bfloat16"
    encoding = BFLOAT16 if torch_bfloat16 else encoding_of(raw.dtype, role, text)
    return InMemory(role, raw.shape, raw.view(encoding.raw) if encoding is BFLOAT16 else raw, encoding)


def array_of(source: object, role: str) -> NDArray[Any]:
    """Whatever holds an array, as a NumPy array of the same values; bfloat16 tensors as int16 of the same bits."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(source, torch.Tensor):
        return tensor_values(source, torch, role)
    if isinstance(source, np.ma.MaskedArray) and np.ma.is_masked(source):
        raise DataError(f"{role} has masked values: fill them or leave their rows out first")
    try:
        if hasattr(source, "__dlpack__") and not hasattr(source, "__array__"):
            return np.from_dlpack(source)
        array = np.asarray(source)
    except (ValueError, TypeError, RuntimeError, BufferError) as error:
        raise DataError(uneven(source, role) or f"{role} cannot be read as an array: {error}") from error
    if array.ndim == 0:
        raise DataError(f"{role} is {described(source)}: an array, a list or the path of a file is needed")
    if array.dtype.kind in "OT":
        return plain(array.astype(object), role)
    if array.dtype.kind in "SU" and isinstance(source, list | tuple):
        plain(np.asarray(source, dtype=object), role)  # NumPy makes text of the numbers in a list that has any text
    return array


def tensor_values(tensor: Any, torch: Any, role: str) -> NDArray[Any]:
    """A torch tensor as NumPy array; NumPy does not know bfloat16, whose bits come as int16."""
    try:
        detached = tensor.detach()
        found: NDArray[Any] = (detached.view(torch.int16) if tensor.dtype == torch.bfloat16 else detached).numpy(
            force=True
        )
    except (TypeError, RuntimeError) as error:
        raise DataError(f"{role} is a tensor of {tensor.dtype} that NumPy cannot take: convert it first") from error
    if not found.ndim:
        raise DataError(f"{role} is a single number: rows of numbers are needed")
    return found


def plain(array: NDArray[Any], role: str) -> NDArray[Any]:
    """Objects that are all numbers, or all text, as an array of such."""
    first = sort_of(array.flat[0]) if array.size else ""
    for place, value in np.ndenumerate(array):
        if sort_of(value) not in {first} - {""}:
            where = place[0] if len(place) == 1 else place
            raise DataError(f"{role} holds {described(value)} at {where}, where numbers alone or text alone are needed")
    found = np.asarray(array.tolist())
    if found.dtype.kind == "O":
        raise DataError(f"{role} holds whole numbers beyond 64 bits, or none at all")
    return found


def sort_of(value: object) -> str:
    """What an object may be mixed with in an array; nothing for what is neither number nor text."""
    if isinstance(value, bool | int | float | np.bool_ | np.number):
        return "number"
    return "text" if isinstance(value, str) else ""


def uneven(source: object, role: str) -> str:
    """What is wrong with a nested list whose rows differ in length; nothing where it is not that."""
    if not isinstance(source, list | tuple) or not source:
        return ""
    lengths = [len(row) if hasattr(row, "__len__") and not isinstance(row, str) else None for row in source]
    odd = next((place for place, length in enumerate(lengths) if length != lengths[0]), None)
    if odd is None:
        return ""
    first, other = ("one value" if n is None else f"{n} values" for n in (lengths[0], lengths[odd]))
    return f"row {odd} of {role} has {other} where row 0 has {first}"


def described(value: object) -> str:
    """A short name of any object."""
    simple = value is None or isinstance(value, int | float | str)
    return repr(value)[:40] if simple else f"an object of type {type(value).__name__}"
