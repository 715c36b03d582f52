from typing import Any

from numpy.typing import NDArray

WIDTH: int
entropy: int
power: int
cross_entropy: int
kl_divergence: int
js_divergence: int
total_variation: int
squared_hellinger: int
chi_squared_divergence: int
jeffreys_divergence: int
alpha_divergence: int
pairs_excess: int
pairs_deviance: int
pairs_log_gamma_bregman: int
pairs_shape_bregman: int
pairs_ratio_excess: int
pairs_normal: int
pairs_gamma: int
pairs_beta: int
pairs_interval: int
pairs_rounded: int

def rows(
    op: int,
    order: float,
    tolerance: float,
    logits: bool,
    p: NDArray[Any],
    q: NDArray[Any] | None,
    out: NDArray[Any],
    start: int,
    stop: int,
    /,
) -> int: ...
def plan(order: float, tolerance: float, /) -> bytes: ...
def part(
    op: int,
    plan: bytes,
    p: NDArray[Any],
    q: NDArray[Any] | None,
    start: int,
    stop: int,
    out: NDArray[Any],
    at: int,
    /,
) -> None: ...
def merged(op: int, plan: bytes, parts: NDArray[Any], /) -> tuple[int, bytes, tuple[float, float, float]]: ...
def pair_rows(
    p: NDArray[Any], q: NDArray[Any], labels: NDArray[Any], numbers: NDArray[Any], marks: NDArray[Any], /
) -> None: ...
def tempered_rows(p: NDArray[Any], q: NDArray[Any], betas: NDArray[Any], out: NDArray[Any], /) -> None: ...
def pairs(op: int, arrays: tuple[NDArray[Any], ...], out: NDArray[Any], start: int, stop: int, /) -> None: ...
