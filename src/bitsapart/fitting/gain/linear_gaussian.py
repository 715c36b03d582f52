"""Linear regression with known noise and a normal prior. Chaloner & Verdinelli 1995, section 2.2."""

from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.found import EPS, Found
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.families.parameter import MATRIX, POSITIVE, VECTOR, checked
from bitsapart.fitting.gain.model import ConjugateModel
from bitsapart.values.errors import UsageError


class LinearGaussianModel(ConjugateModel):
    """y = X b + noise: ``design`` X of shape (rows, parameters), independent normal noise, a normal prior on b.

    The expected gain is log det(I + S X'X / noise_sd^2) / 2 for a prior covariance S, whatever the data.

    >>> import bitsapart as ba
    >>> model = ba.LinearGaussianModel([[1, 0], [1, 1], [1, 2]], noise_sd=0.5)
    >>> print(ba.expected_information_gain(model, unit="nat"))
    2.42991 nats
    """

    prior: MultivariateNormal

    def __init__(
        self, design: Any, *, noise_sd: float = 1.0, prior_mean: Any = None, prior_covariance: Any = None
    ) -> None:
        self.design = checked("LinearGaussianModel", "design", design, MATRIX)
        if self.design.ndim != 2 or 0 in self.design.shape:
            raise UsageError(
                f"LinearGaussianModel: design should have shape (rows, parameters); got {self.design.shape}"
            )
        self.noise_sd = float(checked("LinearGaussianModel", "noise_sd", noise_sd, POSITIVE))
        size = self.design.shape[1]
        mean = np.zeros(size) if prior_mean is None else prior_mean
        self.prior = MultivariateNormal(mean, np.eye(size) if prior_covariance is None else prior_covariance)
        if self.prior.event_shape != (size,) or self.prior.batch_shape:
            raise UsageError(f"LinearGaussianModel: the prior should be of the design's {size} parameters")

    def posterior(self, data: Any) -> MultivariateNormal:
        """Normal, with precision S^-1 + X'X / noise_sd^2."""
        y = self._responses(data)
        root = np.linalg.cholesky(self.prior.covariance)
        signal = self.design @ root / self.noise_sd
        _, values, vectors = np.linalg.svd(signal)
        scale = np.ones(len(root))
        scale[: len(values)] = 1.0 / (1.0 + values**2)
        towards = signal.T @ ((y - self.design @ self.prior.mean) / self.noise_sd)
        mean = self.prior.mean + root @ (vectors.T @ (scale * (vectors @ towards)))
        half = root @ vectors.T * np.sqrt(scale)
        return MultivariateNormal(mean, half @ half.T)

    def expected_gain(self) -> Found:
        """Sum of log(1 + s^2) / 2 over the singular values s of the whitened design."""
        signal = self.design @ np.linalg.cholesky(self.prior.covariance) / self.noise_sd
        values = np.linalg.svd(signal, compute_uv=False)
        terms = 0.5 * np.log1p(values**2)
        error = (
            16.0 * EPS * (float(terms.sum()) + len(terms) * float(values.max()) ** 2 / (1.0 + float(values.max()) ** 2))
        )
        return Found.of(float(terms.sum()), "closed form", error=error)

    def p_value(self, data: Any) -> float:
        """Of what the data say of b: their squared distance from the prediction, chi-square with the design's rank."""
        left, values, right = np.linalg.svd(self.design, full_matrices=False)
        rank = int(np.sum(values > EPS * max(self.design.shape) * values.max()))
        left, values, right = left[:, :rank], values[:rank], right[:rank]
        off = left.T @ (self._responses(data) - self.design @ self.prior.mean)
        half = values[:, np.newaxis] * right
        spread = self.noise_sd**2 * np.eye(rank) + half @ self.prior.covariance @ half.T
        return float(sp.gammaincc(rank / 2.0, 0.5 * float(off @ np.linalg.solve(spread, off))))

    def _responses(self, data: Any) -> Any:
        y = checked("LinearGaussianModel", "the data", data, VECTOR)
        if y.shape != self.design.shape[:1]:
            raise UsageError(f"LinearGaussianModel: the data are {self.design.shape[0]} responses; got shape {y.shape}")
        return y
