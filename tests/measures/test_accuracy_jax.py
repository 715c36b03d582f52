"""Values and gradients under JAX in double precision, against the stored truth."""

from collections.abc import Iterator

import numpy as np
import pytest
from cases import Case, cases, gradient_calls
from make_oracle import key
from test_accuracy import KNOWN, judge, report, steep
from truth import Call

import bitsapart as ba

SMALLEST_NORMAL = float(np.finfo(np.float64).tiny)
jax = pytest.importorskip("jax")

VALUES = ("entropy", "cross_entropy", "kl_divergence", "js_divergence", "total_variation", "renyi_divergence(2)")
CALLED = sorted({key(call) for case in cases() for call in gradient_calls(case)})


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def of_length(*lengths: int) -> Iterator[Case]:
    """Arrays of few lengths, as each is compiled anew; without subnormals, which XLA takes for 0 on a processor."""
    for case in cases():
        subnormal = any(0 < abs(x) < SMALLEST_NORMAL for row in case.rows for x in row)
        if case.of in ("one", "pair") and case.outcomes in lengths and not (subnormal and not case.logits):
            yield case


@pytest.mark.parametrize("called", VALUES)
def test_a_measure_is_its_truth(called: str) -> None:
    def failures() -> Iterator[tuple[str, str]]:
        for case in of_length(2, 10):
            for call in case.calls():
                if key(call) == called:
                    arrays = [jax.numpy.asarray(array) for array in case.arrays()]
                    yield case.name, judge(case, call, arrays, KNOWN[case.name]["truth"][called])

    report(failures())


def jax_gradient(case: Case, call: Call) -> np.ndarray:
    def value(*rows: jax.Array) -> jax.Array:
        return getattr(ba, call[0])(*rows, *call[1], **case.options(call))

    rows = [jax.numpy.asarray(array) for array in case.arrays()]
    return np.array(jax.grad(value, argnums=tuple(range(len(rows))))(*rows))


@pytest.mark.parametrize("called", CALLED)
def test_a_gradient_is_its_truth(called: str) -> None:
    report(
        (case.name, steep(jax_gradient(case, call), case, called))
        for case in of_length(3, 4, 10, 11)
        for call in gradient_calls(case)
        if key(call) == called
    )
