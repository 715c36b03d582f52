"""Every family of the registry obeys the contract: members drawn from the domains of its parameters."""

import math

import numpy as np
import pytest

import bitsapart as ba
from bitsapart.families import parameter
from bitsapart.families.registry import BUILT, HOMES, family
from bitsapart.testing import FamilyContract
from bitsapart.values.errors import UsageError

NORMAL, OTHER = ba.Normal(0.3, 1.2), ba.Normal(1.0, 0.7)
GIVEN = {
    "Affine": [ba.Affine(ba.Gamma(a, b), 1.0, -2.0) for a, b in [(2.0, 1.0), (1.5, 2.0), (4.0, 0.5)]],
    "DiscreteUniform": [ba.DiscreteUniform(low, high) for low, high in [(0, 9), (2, 7), (-3, 12)]],
    "Empirical": [ba.Empirical([0, 1, 4], weights) for weights in [(1, 2, 5), (2, 2, 1), (3, 1, 1)]],
    "InverseWishart": [
        ba.InverseWishart(df, scale)
        for df, scale in [(5.5, np.eye(2)), (7.0, [[2.0, 0.3], [0.3, 1.0]]), (9.0, [[1.0, -0.2], [-0.2, 3.0]])]
    ],
    "Mixture": [ba.Mixture([w, 1.0 - w], [NORMAL, OTHER]) for w in (0.3, 0.5, 0.9)],
    "NormalInverseWishart": [
        ba.NormalInverseWishart([0.0, 1.0], k, df, scale)
        for k, df, scale in [
            (1.0, 5.5, np.eye(2)),
            (2.0, 7.0, [[2.0, 0.3], [0.3, 1.0]]),
            (0.5, 9.0, [[1.0, -0.2], [-0.2, 3.0]]),
        ]
    ],
    "Product": [ba.Product([ba.Normal(m, 1.0), ba.Poisson(r)]) for m, r in [(0.0, 1.0), (1.0, 2.0), (0.5, 4.0)]],
    "Transformed": [ba.Transformed(ba.Gamma(a, b), 0.5) for a, b in [(2.0, 1.0), (1.5, 2.0), (4.0, 0.5)]],
    "Truncated": [ba.Truncated(p, -1.0, 2.0) for p in (NORMAL, OTHER, ba.Normal(4.0, 2.0))],
    "TruncatedNormal": [ba.TruncatedNormal(m, s, -1.0, 2.0) for m, s in [(0.3, 1.2), (1.0, 0.7), (5.0, 1.5)]],
    "Uniform": [ba.Uniform(low, high) for low, high in [(0.0, 1.0), (-0.5, 1.5), (-2.0, 7.0)]],
    "Wishart": [
        ba.Wishart(df, scale)
        for df, scale in [(2.5, np.eye(2)), (4.0, [[2.0, 0.3], [0.3, 1.0]]), (6.0, [[1.0, -0.2], [-0.2, 3.0]])]
    ],
}
"""Families whose parameters depend on one another, or that are made of others."""
FIXED_HERE = {
    "GeneralizedNormal": {"location": 0.4, "shape": 2.6},
    "Binomial": {"n": 12},
    "Multinomial": {"n": 5},
    "Pareto": {"scale": 1.5},
}


def drawn(domain, generator):
    """A parameter from a domain."""
    if domain.event == 0 and domain.from_real is not None:
        return domain.from_real(np.asarray(generator.normal(0.0, 0.8)))
    if domain is parameter.COUNT:
        return 1 + generator.poisson(5.0)
    if domain is parameter.SIMPLEX:
        return generator.dirichlet([1.0, 2.0, 3.0])
    if domain is parameter.DIRECTION:
        vector = generator.normal(size=3)
        return vector / math.sqrt(vector @ vector)
    if domain is parameter.POSITIVE_DEFINITE:
        root = generator.normal(size=(2, 2))
        return root @ root.T + np.eye(2)
    shape = {1: (2,), 2: (2, 2)}[domain.event]
    plain = generator.normal(size=shape)
    return plain if domain.from_real is None else domain.from_real(0.8 * plain)


def members_of(name):
    """Three members of a family, always the same."""
    if name in GIVEN:
        return GIVEN[name]
    generator = np.random.default_rng(len(name))
    kind = family(name)
    fixed = FIXED_HERE.get(name, {})
    return [
        kind(**{key: fixed.get(key, drawn(domain, generator)) for key, domain in kind.domains.items()})
        for _ in range(3)
    ]


def contract(name):
    """The contract of a family as a class of tests."""
    return type(f"Test{name}", (FamilyContract,), {"members": lambda _self: members_of(name)})


for _name in HOMES:
    globals()[f"Test{_name}"] = contract(_name)


class TestEmpirical(FamilyContract):
    """A batch has one set of values."""

    def members(self):
        return members_of("Empirical")

    def batch(self, members):
        return ba.Empirical(members[0].values, np.stack([p.weights for p in members]))


@pytest.mark.parametrize("name", sorted(set(HOMES) - set(BUILT)))
def test_bad_parameters_are_refused_in_one_sentence(name):
    kind, good = family(name), members_of(name)[0].parameters
    for key, domain in kind.domains.items():
        bad = np.stack([np.asarray(good[key], float)] * 3)
        bad[1] = np.nan
        with pytest.raises(UsageError) as caught:
            kind(**{**good, key: bad})
        said = str(caught.value)
        assert said.startswith(f"{name}: {key} should be {domain.words}; got ")
        assert said.endswith("in row 1")
        assert "\n" not in said
        with pytest.raises(UsageError, match=rf"{name}: {key} should be "):
            kind(**{**good, key: "much"})


@pytest.mark.parametrize("name", sorted(set(HOMES) - set(BUILT)))
def test_batches_that_do_not_broadcast_are_refused(name):
    kind, good = family(name), members_of(name)[0].parameters
    if len(good) < 2:
        return
    sizes = [2, 3, *[1] * len(good)]
    stacked = {
        key: np.stack([np.asarray(value, float)] * size)
        for (key, value), size in zip(good.items(), sizes, strict=False)
    }
    with pytest.raises(UsageError, match=f"{name}: .*broadcast; got shapes "):
        kind(**stacked)


SIZES = (1e-3, 0.3, 2.5, 40.0, 1e6)
CHANCES = (1e-6, 0.3, 0.8, 1.0 - 1e-6)
VALUES = {
    "a positive number": SIZES,
    "a number from 1e-100 to 1e100": SIZES,
    "a number of 0 or more": SIZES,
    "a number above 1": (1.001, 1.5, 3.0, 40.0),
    "a finite number": (-3.0, 0.5, 3.0),
    "a number between 0 and 1, both excluded": CHANCES,
    "a number from 0 to 1": CHANCES,
    "a number above 0 and at most 1": CHANCES,
}
NEAR = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12)
NOT_SMOOTH = {
    ("Laplace", "location"),
    ("GeneralizedNormal", "location"),
    ("Uniform", "low"),
    ("Uniform", "high"),
    ("Pareto", "scale"),
    ("TruncatedNormal", "low"),
    ("TruncatedNormal", "high"),
}
"""Parameters that move a kink, or the support."""
EXTREME = [
    (name, key)
    for name in sorted(set(HOMES) - set(BUILT))
    for key, domain in family(name).domains.items()
    if domain.words in VALUES and (name, key) not in NOT_SMOOTH and not members_of(name)[0].event_shape
]
UNKNOWN = {("StudentT", "df", 1e-3)}
"""Tails in which double precision has too few numbers: the answer says so."""


def test_extreme_values_are_of_every_family_of_numbers():
    numbers = {name for name in set(HOMES) - set(BUILT) if not members_of(name)[0].event_shape}
    assert numbers - {name for name, _ in EXTREME} == {"Uniform", "DiscreteUniform", "Categorical"}


def room(value, words):
    """How far a parameter is from the nearer end of its domain, which is what a gap is relative to."""
    if "above 1" in words:
        return value - 1.0
    return min(value, 1.0 - value) if VALUES[words] is CHANCES else abs(value)


@pytest.mark.parametrize(("name", "key"), EXTREME)
def test_extreme_parameters_and_tiny_gaps(name, key):
    first = members_of(name)[0]
    words = first.domains[key].words
    for value in VALUES[words]:
        p = type(first)(**{**first.parameters, key: value})
        assert np.isfinite(ba.entropy(p).value), (p, key)
        moved = value + room(value, words) * np.asarray(NEAR)
        steps = moved[moved > value] - value
        found = ba.kl_divergence(p, type(first)(**{**first.parameters, key: moved[moved > value]}), unit="nat")
        if (name, key, value) in UNKNOWN:
            assert set(found.kind) <= {"unknown", "bound"}
            continue
        ratios = found.value / steps**2
        if ratios[0] < 1e-250:
            continue
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3, err_msg=f"{p}, {key}")
