"""The JSON document of a fit: legal, described by its schema, and read back without loss."""

import json
from dataclasses import replace
from typing import Any

import fit_samples as samples
import jsonschema
import numpy as np
import pytest
import report_checks as checks
from report_samples import HOSTILE

from bitsapart.families.built.mixture import Mixture
from bitsapart.families.built.transformed import Transformed
from bitsapart.families.built.truncated import Truncated
from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Distribution
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.fitting.result import Certificate, Fit, FittedParameter, Minimum, Picture, Step
from bitsapart.report.fit.json import from_json, schema, to_json
from bitsapart.values.codec import fields
from bitsapart.values.errors import DataError


def document(text: str) -> Any:
    return checks.document(text, schema())


@pytest.mark.parametrize("sample", samples.EVERY)
def test_round_trip_and_schema(sample: str) -> None:
    fit = samples.EVERY[sample]
    text = fit.to_json()
    document(text)
    again = Fit.from_json(text)
    assert again.to_json() == text
    assert repr(again) == repr(fit)
    assert again.distribution == fit.distribution


def test_the_schema_knows_every_field() -> None:
    found = schema()["properties"]
    assert set(found) == {"schema", "unit", *fields(Fit)} == set(schema()["required"])
    for kind, part in (
        (FittedParameter, found["parameters"]["items"]),
        (Minimum, found["minima"]["items"]),
        (Step, found["trace"]["items"]),
        (Certificate, found["certificate"]),
        (Picture, found["picture"]),
    ):
        assert set(part["properties"]) == set(part["required"]) == set(fields(kind))


@pytest.mark.parametrize("missing", ["unit", "distribution", "misfit", "minima", "certificate", "picture", "notes"])
def test_a_document_without_a_part_does_not_validate(missing: str) -> None:
    found = document(to_json(samples.reverse()))
    del found[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


@pytest.mark.parametrize("part", ["parameters", "minima"])
def test_nor_does_one_with_a_part_of_an_entry_missing(part: str) -> None:
    found = document(to_json(samples.reverse()))
    found[part][0].popitem()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


@pytest.mark.parametrize(
    "distribution",
    [
        Normal(-1e300, 5e-324),
        MultivariateNormal(np.array([0.1, 0.2]), np.array([[2.0, 0.3], [0.3, 1.0]])),
        Mixture([0.25, 0.75], [Normal(0.0, 1.0), Normal(1.0 / 3.0, 2.0)]),
        Truncated(Normal(0.0, 1.0), -np.inf, 2.0),
        Transformed(Normal(0.0, 1.0), "exp"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_distributions_are_kept_to_the_last_digit(distribution: Distribution) -> None:
    text = to_json(replace(samples.formula(), distribution=distribution))
    assert document(text)["distribution"]["family"] == type(distribution).__name__
    assert from_json(text).distribution == distribution


def test_a_distribution_is_its_family_and_its_parameters() -> None:
    found = document(to_json(samples.sampled()))
    assert found["distribution"] == {"family": "Gamma", "parameters": {"shape": 1.97619, "rate": 0.00196275}}
    found["distribution"]["parameters"]["shape"] = {"what": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_infinity_is_an_answer() -> None:
    found = document(to_json(samples.endless()))
    assert (found["divergence"]["value"], found["divergence"]["state"]) == (None, "infinite")
    assert found["picture"]["heights"][0] == {"value": None, "state": "infinite"}
    assert document(to_json(samples.unknown()))["certificate"]["gap"] == {"value": None, "state": "unknown"}


def test_names_are_safe_on_a_terminal() -> None:
    text = to_json(samples.hostile())
    checks.safe_on_a_terminal(text)
    assert json.loads(text)["notes"] == HOSTILE


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "this is not JSON"),
        ("[]", "schema is None"),
        ('{"schema": "bitsapart.fits/1"}', "'bitsapart.fit/1' was expected"),
        ('{"schema": "bitsapart.fit/1"}', "incomplete or damaged"),
        ('{"schema": "bitsapart.fit/1", "distribution": {"family": "Nothing", "parameters": {}}}', "incomplete or dam"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        from_json(text)
