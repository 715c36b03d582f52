"""Safetensors files: the length of a JSON header, the header, the numbers.

Read here, not by the library of that name: version 0.8 keeps every page it has read (2 GB resident after 2 GB of rows),
and refuses bfloat16 where torch or ml_dtypes is not there.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from bitsapart.matrices.encoding import BFLOAT16, Encoding
from bitsapart.matrices.members import chosen
from bitsapart.matrices.stored import Place, Stored
from bitsapart.values.errors import DataError

LONGEST_HEADER = 100_000_000
"""As the format's own reader has it."""
TYPES = {
    "BF16": BFLOAT16,
    "BOOL": Encoding("bool", np.dtype("?")),
    **{
        f"{letter}{8 * size}": Encoding(f"{kind}{8 * size}", np.dtype(f"<{kind[0]}{size}"))
        for letter, kind, sizes in (("F", "float", (2, 4, 8)), ("I", "int", (1, 2, 4, 8)), ("U", "uint", (1, 2, 4, 8)))
        for size in sizes
    },
}


def open_safetensors(path: Path, member: str | None, vector: bool) -> Stored:
    """One tensor of a safetensors file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, LONGEST_HEADER):
            raise DataError(f"{path} is no safetensors file, or cut short: its header would take {length:,} bytes")
        try:
            tensors = json.loads(file.read(length), object_pairs_hook=distinct)
        except RecursionError as error:
            raise DataError(f"{path} is no safetensors file: its header has lists within lists without end") from error
    if not isinstance(tensors, dict):
        raise DataError(f"{path} is no safetensors file: its header is no JSON object")
    tensors.pop("__metadata__", None)
    if not tensors:
        raise DataError(f"{path} holds no tensor")
    for key, tensor in tensors.items():
        if not well_formed(tensor):
            raise DataError(f"{path} has a broken header at {key!r}: {str(tensor)[:80]}")
    end = 8 + length + max(tensor["data_offsets"][1] for tensor in tensors.values())
    if size != end:
        raise DataError(f"{path} has {size:,} bytes where its header says {end:,}: it is cut short or damaged")
    key = chosen({key: tuple(tensor["shape"]) for key, tensor in tensors.items()}, member, str(path), vector)
    name = f"{path}:{key}" if len(tensors) > 1 else str(path)
    return tensor_at(path, 8 + length, tensors[key], name)


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, whose names must differ."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is twice in its header")
    return found


def well_formed(tensor: Any) -> bool:
    """Whether a header's entry is as the format has it."""
    if not isinstance(tensor, dict) or not {"dtype", "shape", "data_offsets"} <= tensor.keys():
        return False
    shape, offsets = tensor["shape"], tensor["data_offsets"]
    whole = all(isinstance(part, list) and all(type(n) is int and n >= 0 for n in part) for part in (shape, offsets))
    return whole and isinstance(tensor["dtype"], str) and len(offsets) == 2 and offsets[0] <= offsets[1]


def tensor_at(path: Path, start: int, tensor: dict[str, Any], name: str) -> Stored:
    """A tensor whose bytes are counted from a start."""
    if tensor["dtype"] not in TYPES:
        raise DataError(f"{name} is stored as {tensor['dtype']}, which is not read here; known are {', '.join(TYPES)}")
    encoding, shape = TYPES[tensor["dtype"]], tuple(tensor["shape"])
    first, end = tensor["data_offsets"]
    if end - first != math.prod(shape) * encoding.raw.itemsize:
        raise DataError(
            f"{name} has {end - first:,} bytes where {shape} {encoding.name} takes "
            f"{math.prod(shape) * encoding.raw.itemsize:,}"
        )
    return Stored(name, shape, Place.of(path, start + first), encoding)
