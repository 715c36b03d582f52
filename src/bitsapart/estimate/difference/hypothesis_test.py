"""What a test of a hypothesis says: the p-value, with the statistic and the procedure that gave it."""

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class HypothesisTest:
    """A p-value: how often so much evidence against the hypothesis, or more, would be seen if the hypothesis held.

    ``n`` is the number of rows behind it, of both samples together.

    >>> print(HypothesisTest(0.0123, 8.8, "no difference", "G, 9999 permutations, seed 0", 200))
    p = 0.0123 for no difference (statistic 8.8; G, 9999 permutations, seed 0)
    """

    p_value: float
    statistic: float
    hypothesis: str
    method: str
    n: int

    def __str__(self) -> str:
        return f"p = {self.p_value:.3g} for {self.hypothesis} (statistic {self.statistic:.3g}; {self.method})"


@dataclass(frozen=True, eq=False)
class HypothesisTests:
    """Tests of one hypothesis for every row of a batch: fields of one shape but for ``hypothesis``.

    An index gives one ``HypothesisTest``, or several.

    >>> one = HypothesisTest(0.5, 1.0, "no difference", "G", 20)
    >>> many = HypothesisTests.of([one, one], (2,))
    >>> many[1] == one, many.p_value.tolist()
    (True, [0.5, 0.5])
    """

    p_value: NDArray[np.float64]
    statistic: NDArray[np.float64]
    hypothesis: str
    method: NDArray[np.object_]
    n: NDArray[np.int64]

    @classmethod
    def of(cls, tests: list[HypothesisTest], shape: tuple[int, ...], hypothesis: str = "") -> "HypothesisTests":
        """These tests in an array of this shape."""
        numbers = [np.array([getattr(test, name) for test in tests], np.float64) for name in ("p_value", "statistic")]
        method = np.array([test.method for test in tests], dtype=object)
        n = np.array([test.n for test in tests], dtype=np.int64)
        p_value, statistic = (array.reshape(shape) for array in numbers)
        said = tests[0].hypothesis if tests else hypothesis
        return cls(p_value, statistic, said, method.reshape(shape), n.reshape(shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of every field that is an array."""
        return self.p_value.shape

    def __len__(self) -> int:
        return len(self.p_value)

    @overload
    def __getitem__(self, index: int | tuple[()]) -> HypothesisTest: ...
    @overload
    def __getitem__(self, index: Any) -> "HypothesisTest | HypothesisTests": ...

    def __getitem__(self, index: Any) -> "HypothesisTest | HypothesisTests":
        """One test, or those of a slice, mask or row."""
        p_value, statistic, method, n = (x[index] for x in (self.p_value, self.statistic, self.method, self.n))
        if np.ndim(p_value):
            return HypothesisTests(p_value, statistic, self.hypothesis, method, n)
        return HypothesisTest(float(p_value), float(statistic), self.hypothesis, method, int(n))

    def __str__(self) -> str:
        return f"{self.p_value.size} tests of shape {self.shape}, of {self.hypothesis}"
