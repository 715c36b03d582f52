"""Predictions that are an array, or a file of one."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.open_matrix import open_matrix
from bitsapart.matrices.paths import split_member
from bitsapart.matrices.read_vector import read_vector
from bitsapart.scoring.opened import Request
from bitsapart.scoring.reader import Reader
from bitsapart.scoring.targets import Values
from bitsapart.values.errors import DataError, UsageError


@dataclass(frozen=True, eq=False)
class InMemory:
    """Values that are in memory, as they are."""

    name: str
    array: NDArray[Any]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.array)

    @property
    def columns(self) -> int:
        """How many."""
        return self.array.shape[1] if self.array.ndim > 1 else 1

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop)."""
        return self.array[start:stop].reshape(stop - start, -1)


class Arrays(Reader):
    """Predictions are an array or a file of one; the other parts are arrays, or files, or members of that file."""

    def __init__(self, predictions: Any, request: Request, role: str = "predictions") -> None:
        super().__init__(request, role)
        self.given = predictions
        self.shape: tuple[int, ...] = ()
        """Of the predictions without their classes; labels may have it too."""

    def predicted(self) -> tuple[Values, str, tuple[str, ...] | None]:
        """The array."""
        if self.request.columns is not None:
            raise UsageError("columns= (--prediction) names columns of a table, and the predictions are an array")
        matrix = open_matrix(self.given, self.role)
        if "float" not in matrix.dtype:
            raise DataError(
                f"{matrix.name} holds {matrix.dtype}, and predictions are probabilities or logits: for predicted "
                "classes there is no cross-entropy (.astype(float) if these are no classes)"
            )
        self.shape = matrix.shape[:-1]
        return matrix, matrix.dtype, None

    def is_several(self, wanted: Any, part: str) -> bool:
        """Whether labels have two axes."""
        if part != "labels" or isinstance(wanted, str | os.PathLike):
            return False
        shape = self.array_of(wanted, part).shape
        return len(shape) == 2 and shape[1] > 1 and shape != self.shape

    def array_of(self, wanted: Any, part: str) -> NDArray[Any]:
        """Whatever holds values, as an array."""
        try:
            return np.asarray(wanted)
        except (ValueError, TypeError, RuntimeError) as error:
            raise DataError(f"the {part} do not make an array: rows differ in length, or {error}") from error

    def values(self, wanted: Any, part: str, numeric: bool) -> Values:
        """An array or a file."""
        if isinstance(wanted, str | os.PathLike):
            wanted = self.file_of(str(wanted), part)
            if numeric or part in {"votes", "features"}:
                return open_matrix(wanted, part)
            return self.vector_or_matrix(wanted, part)
        if type(wanted).__module__.partition(".")[0] in {"pandas", "polars", "pyarrow"} and hasattr(wanted, "to_numpy"):
            wanted = wanted.to_numpy()
        if numeric:
            return open_matrix(wanted, part)
        if isinstance(wanted, np.ma.MaskedArray) and np.ma.is_masked(wanted):
            raise DataError(f"the {part} have masked values: fill them or leave their rows out first")
        array = self.array_of(wanted, part)
        array = array.reshape(-1) if array.shape == self.shape else array
        if array.ndim == 0 or array.ndim > 2:
            raise DataError(f"the {part} have the shape {array.shape}: one value a row is needed")
        return InMemory(f"the {part}", array)

    def vector_or_matrix(self, path: str, part: str) -> Values:
        """A file of labels: one value a row, text too; or several columns; a .npy of numbers stays where it is."""
        if path.endswith(".npy"):
            with suppress(DataError):  # text
                matrix = open_matrix(path, part)
                if matrix.dtype != "bool":
                    return matrix
        try:
            return InMemory(path, read_vector(path, part))
        except DataError as error:
            if "shape" not in str(error):
                raise
            return open_matrix(path, part)

    def file_of(self, wanted: str, part: str) -> str:
        """The path of a file, or of a member of the predictions' own file."""
        if Path(wanted.partition(":")[0]).exists():
            return wanted
        if isinstance(self.given, str | os.PathLike):
            mine, _ = split_member(str(self.given), None)
            if mine.endswith((".npz", ".safetensors")):
                return f"{mine}:{wanted}"
        raise DataError(f"no such file: {wanted!r}, wanted for the {part}")
