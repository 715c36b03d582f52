"""The posterior of a generalised linear model whose coefficients have normal priors."""

from typing import Any, Literal

import numpy as np

from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.fitting.likelihoods import Likelihood, Logistic, NormalNoise, PoissonCount, Probit
from bitsapart.values.errors import DataError, UsageError

Array = Any
AT_ONCE = 1 << 22
"""Predictors that are evaluated at once."""
LIKELIHOODS: dict[str, Likelihood] = {"logistic": Logistic(), "probit": Probit(), "poisson": PoissonCount()}


class GeneralizedLinearPosterior:
    """Coefficients beta given data: labels y_i with log p(y_i | x_i' beta), and beta_j ~ N(0, prior_sd_j^2).

    It is a target for ``ba.fit(..., direction="reverse")``, and a log density: it is called with coefficients (n, d)
    and gives log p(y, beta) in nats, (n,), whose integral is the evidence.

    Attributes:
        design: features, with a first column of ones if there is an intercept, (rows, d).
        labels: (rows,).
        likelihood: the log likelihood of a label.
        prior_sd: (d,).

    >>> import bitsapart as ba
    >>> posterior = ba.GeneralizedLinearPosterior([[-1.0], [0.5], [2.0]], [0, 1, 1], intercept=False)
    >>> posterior.dimension, float(posterior([[0.0]])[0])
    (1, -2.998...)
    """

    def __init__(
        self,
        features: Any,
        labels: Any,
        *,
        likelihood: Literal["logistic", "probit", "poisson", "normal"] = "logistic",
        prior_sd: Any = 1.0,
        intercept: bool = True,
        noise_sd: float = 1.0,
    ) -> None:
        """A posterior.

        Args:
            features: numbers of shape (rows, columns).
            labels: (rows,): 0 or 1 ("logistic", "probit"), counts ("poisson", with the logarithm as its link) or
                numbers ("normal").
            likelihood: of a label.
            prior_sd: standard deviation of the prior of each coefficient, or of all, the intercept's first.
            intercept: whether to put a column of ones before the features.
            noise_sd: of the normal likelihood.

        Raises:
            UsageError: an option does not exist, or is not positive.
            DataError: a feature is no finite number, a label is impossible, or there are not as many as rows.
        """
        design = _numbers(features, "features", 2)
        if intercept:
            design = np.concatenate([np.ones((len(design), 1)), design], axis=1)
        if likelihood == "normal":
            self.likelihood: Likelihood = NormalNoise(float(_positive(noise_sd, "noise_sd", ())))
        elif likelihood in LIKELIHOODS:
            self.likelihood = LIKELIHOODS[likelihood]
        else:
            raise UsageError(f"likelihood should be one of {', '.join([*LIKELIHOODS, 'normal'])}; got {likelihood!r}")
        if not design.size:
            raise DataError(f"features of shape {design.shape} hold nothing to learn from")
        self.name = likelihood
        self.design = design
        self.labels = _labels(labels, len(design), self.likelihood)
        self.prior_sd = _positive(prior_sd, "prior_sd", (design.shape[1],))

    @property
    def dimension(self) -> int:
        """The number of coefficients."""
        return int(self.design.shape[1])

    def __repr__(self) -> str:
        return f"posterior of {self.dimension} coefficients of a {self.name} model of {len(self.labels):,} rows"

    def __call__(self, coefficients: Any) -> Array:
        """Log p(y, beta) in nats of coefficients (n, d) or (d,); gives (n,) or a number."""
        beta = np.asarray(coefficients, float)
        if beta.shape[-1:] != (self.dimension,):
            raise UsageError(f"coefficients of shape {beta.shape} should end in ({self.dimension},)")
        flat = beta.reshape(-1, self.dimension)
        step = max(1, AT_ONCE // len(self.labels))
        parts = [self._joint(flat[i : i + step]) for i in range(0, len(flat), step)]
        return np.concatenate(parts).reshape(beta.shape[:-1])[()]

    def _joint(self, beta: Array) -> Array:
        with np.errstate(over="ignore"):
            fitted = self.likelihood.log_density(self.labels, beta @ self.design.T).sum(axis=1)
        prior = -0.5 * ((beta / self.prior_sd) ** 2).sum(axis=1) - np.log(self.prior_sd).sum()
        return fitted + prior - self.dimension * HALF_LOG_2_PI

    def gradient(self, coefficients: Any) -> Array:
        """The gradient of the log density at coefficients (n, d), of their shape."""
        beta = np.asarray(coefficients, float)
        return self.likelihood.slope(self.labels, beta @ self.design.T) @ self.design - beta / self.prior_sd**2

    def precision(self, beta: Array) -> Array:
        """The negative Hessian of the log density at one vector of coefficients, (d, d)."""
        bend = self.likelihood.bend(self.labels, self.design @ beta)
        return (self.design.T * bend) @ self.design + np.diag(self.prior_sd**-2)

    def mode(self) -> Array:
        """The coefficients of the highest density, by damped Newton steps; the log density is concave."""
        beta = np.zeros(self.dimension)
        height = self(beta)
        for _ in range(200):
            slope = self.gradient(beta[np.newaxis])[0]
            step = np.linalg.solve(self.precision(beta), slope)
            size = 1.0
            while not (higher := self(beta + size * step)) >= height and size > 1e-12:
                size *= 0.5
            if size <= 1e-12 or slope @ step < 1e-20 * (1.0 + abs(height)):
                break
            beta, height = beta + size * step, higher
        return beta


def _numbers(values: Any, name: str, axes: int) -> Array:
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} should be numbers: {error}") from error
    if array.ndim != axes:
        shape = "(rows, columns)" if axes == 2 else "(rows,)"
        raise DataError(f"{name} should have the shape {shape}; got {array.shape}")
    if not np.isfinite(array).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        where = f"row {at[0]}" + (f", column {at[1]}" if axes == 2 else "")
        raise DataError(f"{name} should be finite numbers; {where} is {array[tuple(at)]}")
    return array


def _labels(values: Any, rows: int, likelihood: Likelihood) -> Array:
    labels = _numbers(values, "labels", 1)
    if len(labels) != rows:
        raise DataError(f"there are {len(labels):,} labels for {rows:,} rows of features")
    good = likelihood.allowed(labels)
    if not good.all():
        at = int(np.argmin(good))
        raise DataError(f"labels should be {likelihood.labels}; row {at} is {labels[at]:g}")
    return labels


def _positive(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    try:
        array = np.broadcast_to(np.asarray(value, float), shape)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} should be a positive number, or one for each coefficient; got {value!r}") from error
    if not ((array > 0.0) & np.isfinite(array)).all():
        raise UsageError(f"{name} should be positive; got {value!r}")
    return array
