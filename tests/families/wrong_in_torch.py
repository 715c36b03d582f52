"""Where torch.distributions 2.13 is wrong, what it says, and the truth by 60 digits on the same floats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import torch
import torch.distributions as td


@dataclass(frozen=True)
class Wrong:
    """A pair as torch code, and its divergence KL(P || Q) in nats."""

    p: str
    q: str
    truth: Callable[[], Any]

    def pair(self) -> tuple[Any, Any]:
        """The two, in float64."""
        return in_float64(lambda: tuple(eval(f"td.{code}", {"td": td}) for code in (self.p, self.q)))

    def of_torch(self) -> str:
        """What torch answers."""
        try:
            return f"{float(td.kl_divergence(*self.pair())):.6g}"
        except NotImplementedError:
            return "not implemented"

    def row(self) -> str:
        """The line of the page."""
        with mp.workdps(60):
            truth = f"{float(self.truth()):.6g}"
        return f"| `{self.p}` | `{self.q}` | {self.of_torch()} | {truth} |"


def scale_change(ratio: Any) -> Any:
    """x - 1 - log x."""
    return ratio - 1 - mp.log(ratio)


def poisson(p: float, q: float) -> Any:
    """KL of two Poisson distributions."""
    p, q = mp.mpf(p), mp.mpf(q)
    return (p * mp.log(p / q) if p else 0) - p + q


def bernoulli(p: Any, q: Any) -> Any:
    """KL of two Bernoulli distributions."""
    p, q = mp.mpf(p), mp.mpf(q)
    return p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q))


def gamma(a: float, b: float) -> Any:
    """KL of two gamma distributions of rate 1."""
    a, b = mp.mpf(a), mp.mpf(b)
    return (a - b) * mp.digamma(a) - mp.loggamma(a) + mp.loggamma(b)


def continuous_bernoulli(p: float) -> tuple[Any, Any]:
    """KL to and from the uniform distribution on [0, 1]."""
    logit = mp.log(mp.mpf(p) / (1 - mp.mpf(p)))
    log_density_at_0 = mp.log(logit / mp.expm1(logit))
    mean = 1 / (1 - mp.exp(-logit)) - 1 / logit
    return log_density_at_0 + logit * mean, -log_density_at_0 - logit / 2


def binomial(m: int, p: float, n: int, q: float) -> Any:
    """KL of two binomial distributions, by its terms."""

    def chance(x: int, n: int, p: Any) -> Any:
        return mp.binomial(n, x) * p**x * (1 - p) ** (n - x)

    p, q = mp.mpf(p), mp.mpf(q)
    return mp.fsum(chance(x, m, p) * mp.log(chance(x, m, p) / chance(x, n, q)) for x in range(m + 1))


WRONG = [
    Wrong("ContinuousBernoulli(0.3)", "Uniform(0.0, 1.0)", lambda: continuous_bernoulli(0.3)[0]),
    Wrong("Uniform(0.0, 1.0)", "ContinuousBernoulli(0.3)", lambda: continuous_bernoulli(0.3)[1]),
    Wrong("Poisson(0.0)", "Poisson(1.0)", lambda: 1),
    Wrong("Bernoulli(0.5)", "Bernoulli(logits=40.0)", lambda: mp.log(mp.cosh(20))),
    Wrong("Binomial(5, 0.3)", "Binomial(7, 0.4)", lambda: binomial(5, 0.3, 7, 0.4)),
    Wrong("Normal(0.0, 1.0)", "Normal(1e-8, 1.0)", lambda: mp.mpf(1e-8) ** 2 / 2),
    Wrong("Poisson(1e6)", "Poisson(1e6 + 0.01)", lambda: poisson(1e6, 1e6 + 0.01)),
    Wrong("Bernoulli(0.3)", "Bernoulli(0.3 + 1e-10)", lambda: bernoulli(0.3, 0.3 + 1e-10)),
    Wrong("Gamma(300.0, 1.0)", "Gamma(300.0 + 1e-6, 1.0)", lambda: gamma(300.0, 300.0 + 1e-6)),
    Wrong("Gamma(3.0, 1.0)", "Gamma(3.0 + 1e-8, 1.0)", lambda: gamma(3.0, 3.0 + 1e-8)),
    Wrong("Exponential(2.0)", "Exponential(2.0 + 1e-8)", lambda: scale_change(mp.mpf(2.0 + 1e-8) / 2)),
]


def in_float64(make: Callable[[], Any]) -> Any:
    """What torch makes while its default is double precision."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return make()
    finally:
        torch.set_default_dtype(before)
