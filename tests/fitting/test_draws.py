"""Draws from elsewhere, by stand-ins that offer what the libraries offer."""

from types import SimpleNamespace

import numpy as np
import pytest

from bitsapart.fitting.draws import read_draws
from bitsapart.values.errors import DataError, UsageError

GENERATOR = np.random.default_rng(0)
SCALE = GENERATOR.normal(size=(2, 50))
SLOPES = GENERATOR.normal(size=(2, 50, 3))


def variable(values, dims):
    return SimpleNamespace(values=values, dims=dims)


def dataset():
    return SimpleNamespace(
        data_vars={"scale": variable(SCALE, ("chain", "draw")), "slope": variable(SLOPES, ("chain", "draw", "feature"))}
    )


class Stan:
    chains = 2

    def stan_variables(self):
        return {"scale": SCALE.reshape(100), "slope": SLOPES.reshape(100, 3)}


@pytest.mark.parametrize(
    "source",
    [
        {"scale": SCALE, "slope": SLOPES},
        dataset(),
        SimpleNamespace(posterior=dataset()),
        {"posterior": dataset()},
        Stan(),
    ],
    ids=["arrays", "dataset", "inference data", "tree", "stan"],
)
def test_all_sources_give_the_same_table(source):
    found = read_draws(source)
    assert found.names == ("scale", "slope[0]", "slope[1]", "slope[2]")
    assert np.array_equal(found.values[:, 0], SCALE.ravel())
    assert np.array_equal(found.values[:, 1:], SLOPES.reshape(100, 3))
    assert np.array_equal(found.chains, np.repeat([0, 1], 50))


def test_dimensions_in_another_order():
    swapped = SimpleNamespace(data_vars={"slope": variable(SLOPES.transpose(2, 1, 0), ("feature", "draw", "chain"))})
    assert np.array_equal(read_draws(swapped).values, SLOPES.reshape(100, 3))


def test_plain_arrays():
    assert read_draws(SLOPES[0]).names == ("x[0]", "x[1]", "x[2]")
    assert read_draws(SCALE[0]).values.shape == (50, 1)
    assert read_draws({"one": SCALE[0]}).chains.tolist() == [0] * 50


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        ({"a": SCALE, "b": SLOPES[:, :20]}, DataError, "b has"),
        ({"a": np.array([[1.0, np.nan]])}, DataError, "draw 1 of a is nan"),
        (np.ones((2, 3, 4)), DataError, "shape"),
        (np.zeros((0, 3)), DataError, "no draws"),
        ({}, DataError, "no variables"),
        ({"a": 3.0}, DataError, "one number"),
        ("draws.csv", UsageError, "draws should be"),
    ],
)
def test_what_is_no_draws(source, error, words):
    with pytest.raises(error, match=words):
        read_draws(source)
