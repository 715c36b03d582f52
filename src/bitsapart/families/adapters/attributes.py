"""What objects of other libraries hold, read by the names of their attributes, in double precision."""

from typing import Any

import numpy as np

from bitsapart.values.errors import UsageError


def read(value: Any, *names: str) -> Any:
    """The first attribute of these names, as a NumPy array; one that is a function is called."""
    for name in names:
        found = getattr(value, name, None)
        if found is not None:
            return numbers(found() if callable(found) and not hasattr(found, "shape") else found)
    raise UsageError(f"{type(value).__name__} has no {' or '.join(names)}, so that it cannot be read")


def numbers(found: Any) -> Any:
    """An array or a tensor as float64."""
    if hasattr(found, "to_dense"):
        found = found.to_dense()
    # bfloat16 is nothing to NumPy
    found = found.detach().cpu().double() if hasattr(found, "detach") else found
    return np.asarray(found, dtype=np.float64)


def given(value: Any, *names: str) -> str | None:
    """Which of these attributes its maker was given: the first that was set; what is derived comes later."""
    held: dict[str, Any] = getattr(value, "__dict__", {})
    parameter = held.get("_param")
    for name in held:
        if name in names and held[name] is not None and (parameter is None or held[name] is parameter):
            return name
    return None


def probabilities(value: Any, *, failure: bool = False) -> Any:
    """Probabilities of success, or of failure; from logits in double precision where these were given.

    Raises:
        UsageError: a logit is so large that the probability of one outcome is 0, or 1, in double precision.
    """
    from scipy.special import expit

    if given(value, "probs", "logits") == "logits" or _only_logits(value):
        logits = read(value, "logits", "logits_parameter")
        found = expit(-logits if failure else logits)
        _check(value, logits, (found > 0.0) & (found < 1.0) | np.isinf(logits))
        return found
    success = read(value, "probs", "probs_parameter")
    return 1.0 - success if failure else success


def both_probabilities(value: Any) -> Any:
    """Those of failure and success, (..., 2), from logits; None where probabilities were given."""
    from scipy.special import expit

    if given(value, "probs", "logits") != "logits" and not _only_logits(value):
        return None
    logits = read(value, "logits", "logits_parameter")
    both = expit(np.stack([-logits, logits], axis=-1))
    _check(value, logits, (both > 0.0).all(axis=-1) | np.isinf(logits))
    return both


def shares(value: Any) -> Any:
    """Probabilities of categories that sum to 1 in double precision."""
    if given(value, "probs", "logits") == "logits" or _only_logits(value):
        from scipy.special import softmax

        logits = read(value, "logits", "logits_parameter")
        found = softmax(logits, axis=-1)
        _check(value, logits, (found > 0.0) | (logits == -np.inf))
        return found
    found = read(value, "probs", "probs_parameter", "categorical_probs")
    return found / found.sum(axis=-1, keepdims=True)


def _only_logits(value: Any) -> bool:
    return getattr(value, "logits", None) is not None and getattr(value, "probs", None) is None


def _check(value: Any, logits: Any, good: Any) -> None:
    if not np.all(good):
        worst = logits[~good].flat[0]
        raise UsageError(
            f"{type(value).__name__}: a logit of {worst:g} gives an outcome a probability that double precision rounds "
            "to 0 or 1: compare logits with ba.kl_divergence(p, q, from_logits=True), or write -inf for 0"
        )


def covariance(value: Any) -> Any:
    """The covariance, from what was given; of a matrix that is symmetric to rounding only, the lower triangle."""
    name = given(value, "covariance_matrix", "scale_tril", "precision_matrix")
    if hasattr(value, "cov_factor"):
        factor = read(value, "_unbroadcasted_cov_factor", "cov_factor")
        diagonal = read(value, "_unbroadcasted_cov_diag", "cov_diag")
        found = factor @ np.swapaxes(factor, -1, -2) + diagonal[..., np.newaxis] * np.eye(diagonal.shape[-1])
    elif name == "scale_tril":
        lower = read(value, "scale_tril")
        found = lower @ np.swapaxes(lower, -1, -2)
    elif name == "precision_matrix":
        found = np.linalg.inv(read(value, "precision_matrix"))
    else:
        found = read(value, "covariance_matrix", "covariance")
    lower = np.tril(found)
    return lower + np.swapaxes(np.tril(found, -1), -1, -2)


def squared(factor: Any) -> Any:
    """A covariance from a factor of it, which may be a linear operator."""
    lower = numbers(factor)
    return lower @ np.swapaxes(lower, -1, -2)
