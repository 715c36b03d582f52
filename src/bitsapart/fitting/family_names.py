"""A family by whatever a person calls it."""

import difflib
import re
from typing import Any

from bitsapart.families.distribution import Distribution
from bitsapart.families.registry import CONTINUOUS, DISCRETE, MULTIVARIATE, family
from bitsapart.values.errors import UsageError

OTHERS = {
    "bern": "Bernoulli",
    "binom": "Binomial",
    "chi2": "ChiSquared",
    "chisquare": "ChiSquared",
    "expon": "Exponential",
    "exp": "Exponential",
    "gaussian": "Normal",
    "geom": "Geometric",
    "gennorm": "GeneralizedNormal",
    "generalisednormal": "GeneralizedNormal",
    "invgamma": "InverseGamma",
    "invgauss": "InverseGaussian",
    "lognorm": "LogNormal",
    "logser": "Logarithmic",
    "logseries": "Logarithmic",
    "multivariategaussian": "MultivariateNormal",
    "mvn": "MultivariateNormal",
    "nbinom": "NegativeBinomial",
    "negbin": "NegativeBinomial",
    "norm": "Normal",
    "normalmixture": "Mixture",
    "mixtureofnormals": "Mixture",
    "gaussianmixture": "Mixture",
    "student": "StudentT",
    "studentst": "StudentT",
    "t": "StudentT",
    "truncnorm": "TruncatedNormal",
    "unif": "Uniform",
    "vmf": "VonMisesFisher",
    "wald": "InverseGaussian",
    "zipf": "Zeta",
}
"""What other libraries and textbooks call families, in small letters without signs."""
NAMES = {name.lower(): name for name in (*CONTINUOUS, *DISCRETE, *MULTIVARIATE, "Mixture")}


def family_of(wanted: Any) -> type[Distribution]:
    """The class that a name in any usual spelling means.

    >>> family_of("student-t").__name__
    'StudentT'

    Raises:
        UsageError: no family has such a name; says which are near.
    """
    if isinstance(wanted, type) and issubclass(wanted, Distribution):
        return wanted
    if not isinstance(wanted, str):
        raise UsageError(f"family should be one of bitsapart's families or its name, such as 'normal'; got {wanted!r}")
    plain = re.sub(r"[^a-z0-9]", "", wanted.lower()).removesuffix("distribution")
    name = NAMES.get(plain) or OTHERS.get(plain)
    if name is None:
        near = difflib.get_close_matches(plain, [*NAMES, *OTHERS], n=3, cutoff=0.6)
        known = sorted({NAMES.get(word) or OTHERS[word] for word in near})
        hint = f"did you mean {' or '.join(known)}?" if known else f"there are: {', '.join(sorted(NAMES.values()))}"
        raise UsageError(f"there is no family {wanted!r} to fit: {hint}")
    found: type[Distribution] = family(name)
    return found
