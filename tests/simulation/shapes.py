"""The distributions that the simulations draw from."""

import numpy as np

import bitsapart as ba

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


def tilted(p, nats, rng):
    """The exponential tilt of p along a random direction whose divergence from it is this."""
    if nats == 0.0:
        return p
    direction = rng.standard_normal(p.size) if p.size > 2 else np.array([1.0, -1.0])
    low, high = 0.0, 50.0
    q = p
    for _ in range(100):
        middle = (low + high) / 2.0
        logs = np.log(p) + middle * direction
        q = np.exp(logs - logs.max())
        q = q / q.sum()
        low, high = (middle, high) if ba.kl_divergence(p, q, unit="nat") < nats else (low, middle)
    return q
