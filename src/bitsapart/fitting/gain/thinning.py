"""How many independent draws the draws of a sampler are worth. Geyer 1992, section 3.3."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def effective_draws(draws: Array, chains: NDArray[np.int64] | None = None) -> float:
    """The smallest effective number of draws of all columns; draws (n, d), and the chain that each is of, (n,).

    n / (1 + 2 sum of autocorrelations), the sum over the initial run of pairs of lags whose sum is positive and falls.

    >>> rows = np.random.default_rng(0).normal(size=(1000, 1))
    >>> 700 < effective_draws(rows) <= 1000
    True
    """
    n = len(draws)
    of_chain = np.zeros(n, np.int64) if chains is None else chains
    parts = [draws[of_chain == chain] for chain in np.unique(of_chain)]
    shortest = min(map(len, parts))
    blocks = np.stack([part[:shortest] for part in parts])
    worth = [effective_of(blocks[:, :, i]) for i in range(blocks.shape[-1])]
    return float(min(worth, default=n))


def effective_of(chains: Array) -> float:
    """Of one parameter, (chains, draws)."""
    m, n = chains.shape
    centred = chains - chains.mean(axis=1, keepdims=True)
    size = 1 << (2 * n - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    covariance = np.fft.irfft(power, size, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / max(n - 1, 1)
    between = float(chains.mean(axis=1).var(ddof=1)) if m > 1 else 0.0
    total = within * (n - 1) / n + between
    if not total > 0.0:
        return float(m * n)
    correlation = 1.0 - (within - covariance * n / max(n - 1, 1)) / total
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    positive = int(np.argmin(pairs > 0.0)) if not np.all(pairs > 0.0) else len(pairs)
    falling = np.minimum.accumulate(pairs[:positive])
    time = max(2.0 * float(falling.sum()) - 1.0, 1.0 / np.log10(max(m * n, 10)))
    return float(min(m * n / time, m * n))
