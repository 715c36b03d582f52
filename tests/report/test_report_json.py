"""The JSON document: legal, described by its schema, and read back equal."""

import json
import math
from dataclasses import replace

import jsonschema
import pytest
import report_checks as checks
import report_samples as samples

from bitsapart.report.comparison.json import from_json, schema, to_json
from bitsapart.values.account import Account
from bitsapart.values.errors import DataError


def with_nothing_finite() -> samples.Comparison:
    column = samples.mixed().columns["dep_delay"]
    assert column.account is not None
    estimate = replace(column.account.entropy, value=-math.inf, low=-math.inf, high=math.inf)
    account = Account(estimate, replace(estimate, value=math.inf), None, None, "none")
    return samples.compared([replace(column, account=account, simultaneous=(0.0, math.inf), plug_in=math.inf)])


@pytest.mark.parametrize("comparison", [samples.mixed(), samples.wide(45), samples.compared([]), with_nothing_finite()])
def test_round_trip_and_schema(comparison: samples.Comparison) -> None:
    text = to_json(comparison)
    checks.document(text, schema())
    again = from_json(text)
    assert again == comparison
    assert list(again.columns) == list(comparison.columns)
    assert to_json(again) == text


def test_a_document_without_an_estimate_does_not_validate() -> None:
    document = json.loads(to_json(samples.mixed()))
    del document["columns"]["carrier"]["excess"]
    with pytest.raises(jsonschema.ValidationError, match="excess"):
        jsonschema.validate(document, schema())


def test_infinity_is_an_answer() -> None:
    column = json.loads(to_json(samples.mixed()))["columns"]["origin"]
    excess = column["excess"]
    assert (excess["value"], excess["state"]) == (None, "infinite")
    assert excess["high"] == {"value": None, "state": "infinite"}
    assert isinstance(excess["low"], float)
    assert column["excess_with_prior"]["state"] == "finite"
    assert {"value": None, "state": "infinite"} in [c["bits"] for c in column["contributions"]]


def test_the_identity_holds_in_the_document() -> None:
    column = json.loads(to_json(samples.mixed()))["columns"]["carrier"]
    assert column["cross_entropy"]["value"] == column["entropy"]["value"] + column["excess"]["value"]


def test_names_are_keys_as_they_are_and_safe_on_a_terminal() -> None:
    text = to_json(samples.mixed())
    assert set(samples.HOSTILE) <= set(json.loads(text)["columns"])
    assert "ünïcödé 列" in text
    checks.safe_on_a_terminal(text)


def test_a_lone_surrogate_can_be_written() -> None:
    comparison = samples.compared([samples.shift("\ud800", "categorical", samples.nominal_cells(["\udfff", "b"]))])
    text = to_json(comparison)
    text.encode("utf-8")
    assert from_json(text) == comparison


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "this is not JSON"),
        ("[]", "schema is None"),
        ('{"schema": "bitsapart.comparison/9"}', "'bitsapart.comparison/9', and 'bitsapart.comparison/1' was expected"),
        ('{"schema": "bitsapart.comparison/1"}', "incomplete or damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        from_json(text)
