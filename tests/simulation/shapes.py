"""The distributions that the simulations draw from."""

import numpy as np

SHAPES = ("uniform", "zipf", "geometric", "two spikes")


def shape(name, outcomes):
    """A distribution of this shape."""
    i = np.arange(1, outcomes + 1)
    if name == "uniform":
        weights = np.ones(outcomes)
    elif name == "zipf":
        weights = 1.0 / i
    elif name == "geometric":
        weights = np.exp(-5.0 * i / outcomes) if outcomes > 2 else np.array([0.9, 0.1])
    else:
        weights = np.full(outcomes, 0.1 / max(outcomes - 2, 1))
        weights[:2] = (0.45, 0.45) if outcomes > 2 else (0.98, 0.02)
    return weights / weights.sum()
