"""Matrices: rows of numbers in memory or in files, read in blocks; no file is loaded whole, and no pickle at all."""

from bitsapart.matrices.matrix import Matrix
from bitsapart.matrices.open_matrix import open_matrix
from bitsapart.matrices.read_vector import read_vector

__all__ = ["Matrix", "open_matrix", "read_vector"]
