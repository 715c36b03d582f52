"""Weights that are normalised: their size does not matter, however different it is on the two sides."""

import mpmath
import numpy as np
import pytest

import bitsapart as ba

MEASURES = ["kl_divergence", "js_divergence", "total_variation", "squared_hellinger", "chi_squared_divergence"]
SCALES = [(1.0, 1e-5), (3.3, 2.7), (1e6, 1.0), (1.0, 1e15), (1e55, 1e-55), (1e150, 1e-160)]


def truth(name: str, p: np.ndarray, q: np.ndarray) -> float:
    with mpmath.workdps(80):
        ps, qs = [mpmath.mpf(float(x)) for x in p], [mpmath.mpf(float(x)) for x in q]
        total_p, total_q = mpmath.fsum(ps), mpmath.fsum(qs)
        pairs = [(x / total_p, y / total_q) for x, y in zip(ps, qs, strict=True)]
        terms = {
            "kl_divergence": lambda x, y: x * mpmath.log(x / y),
            "js_divergence": lambda x, y: (x * mpmath.log(2 * x / (x + y)) + y * mpmath.log(2 * y / (x + y))) / 2,
            "total_variation": lambda x, y: abs(x - y) / 2,
            "squared_hellinger": lambda x, y: (mpmath.sqrt(x) - mpmath.sqrt(y)) ** 2 / 2,
            "chi_squared_divergence": lambda x, y: (x - y) ** 2 / y,
        }[name]
        return float(mpmath.fsum(terms(x, y) for x, y in pairs))


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("apart", [1.0, 1e-5, 1e-10, 1e-14])
@pytest.mark.parametrize("name", MEASURES)
def test_weights_of_any_size(name: str, apart: float, scales: tuple[float, float]) -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(300))
    q = p * (1.0 + apart * rng.uniform(-0.9, 0.9, 300))
    p, q = p * scales[0], q * scales[1]
    unit = {"unit": "nat"} if name in {"kl_divergence", "js_divergence"} else {}
    found = getattr(ba, name)(p, q, normalize=True, **unit)
    assert found == pytest.approx(truth(name, p, q), rel=4e-15, abs=0.0)


def test_what_is_impossible_stays_infinitely_dear() -> None:
    assert ba.kl_divergence([3.8e-41, 1e-4], [0.0, 1e-285], normalize=True) == np.inf
    assert ba.total_variation([1000.0], [1e-5], normalize=True) == 0.0


def test_logits_of_almost_certain_outcomes() -> None:
    a = [-446.1885291391279, 408.8047142412887, 590.269986489299, -12.395602576938218, -420.00094003430894]
    b = [-143.67361848761578, -77.3628135411784, 78.94269557506011, -121.598663670754, -21.81370613852739]
    found = ba.kl_divergence(a, b, from_logits=True, unit="nat")
    assert found == pytest.approx(1.7460260517943403e-44, rel=4e-15, abs=0.0)
    wide = [-76.28948317006635, 79.56738841632045, -57.358066938962324]
    assert ba.entropy(wide, from_logits=True, unit="nat") == pytest.approx(4.717096234938277e-58, rel=4e-15, abs=0.0)


def test_a_mixture_of_one_distribution_is_that_distribution() -> None:
    even, other = np.full(12, 1 / 12), np.append(np.full(11, 1 / 11), 0.0)
    assert ba.js_divergence(even, other, even, weights=[0, 1, 0]) == 0.0
