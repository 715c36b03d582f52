"""Whatever a user calls a distribution, as one of ours."""

from typing import Any

from bitsapart.families.distribution import Distribution
from bitsapart.values.errors import UsageError


def adapt(value: Any) -> Distribution:
    """The same distribution as one of ours: a family where there is one, else a wrapper that is evaluated numerically.

    scipy.stats: frozen distributions and those of the new infrastructure. torch.distributions, and objects of the same
    names and attributes: TensorFlow Probability, Pyro, NumPyro, Distrax.

    Raises:
        UsageError: it is no distribution that is known.
    """
    if isinstance(value, Distribution):
        return value
    package = type(value).__module__.partition(".")[0]
    if package == "scipy":
        from bitsapart.families.adapters.scipy import from_scipy

        return from_scipy(value)
    if hasattr(value, "log_prob"):
        from bitsapart.families.adapters.log_prob import from_log_prob

        return from_log_prob(value)
    raise UsageError(f"{value!r} is no distribution: give one of bitsapart's families, of scipy.stats or of torch")
