"""The JSON documents of model comparisons: legal, described by their schema, and read back equal."""

import json
from typing import Any

import jsonschema
import models_samples as samples
import pytest
import report_checks as checks

from bitsapart.model_comparison.result import ModelComparison
from bitsapart.report.models.json import from_json, schema, to_json
from bitsapart.values.errors import DataError


def document(text: str) -> Any:
    return checks.document(text, schema())


@pytest.mark.parametrize("sample", samples.EVERY)
def test_round_trip_and_schema(sample: str) -> None:
    comparison = samples.EVERY[sample]
    text = comparison.to_json()
    document(text)
    again = ModelComparison.from_json(text)
    assert again.to_json() == text
    assert again.percentiles == comparison.percentiles
    assert again.breakdowns == comparison.breakdowns or sample == "infinite"  # nan is not equal to itself
    assert again.worst == comparison.worst


@pytest.mark.parametrize("sample", ["compared", "tiny", "truncated", "cut on both sides", "hostile"])
def test_without_unknown_numbers_what_is_read_is_equal(sample: str) -> None:
    comparison = samples.EVERY[sample]
    assert from_json(to_json(comparison)) == comparison


@pytest.mark.parametrize("missing", ["kl", "percentiles", "noise", "truncation", "unit"])
def test_a_document_without_a_part_does_not_validate(missing: str) -> None:
    found = document(to_json(samples.compared()))
    del found[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_infinity_is_an_answer() -> None:
    found = document(to_json(samples.infinite()))
    assert (found["kl"]["value"], found["kl"]["state"]) == (None, "infinite")
    assert found["percentiles"]["kl"]["100.0"] == {"value": None, "state": "infinite"}
    assert found["worst_percent_share"] == {"value": None, "state": "unknown"}


def test_tokens_are_safe_on_a_terminal() -> None:
    text = to_json(samples.hostile())
    checks.safe_on_a_terminal(text)
    assert set(samples.HOSTILE) == {token["base_top"] for token in json.loads(text)["worst"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "this is not JSON"),
        ("[]", "schema is None"),
        ('{"schema": "bitsapart.ranking/1"}', "'bitsapart.ranking/1', and 'bitsapart.models/1' was expected"),
        ('{"schema": "bitsapart.models/1"}', "incomplete or damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        from_json(text)
