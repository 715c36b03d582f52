"""The JSON document of a score: legal, described by its schema, and read back without loss."""

import json
from typing import Any

import jsonschema
import pytest
import report_checks as checks
import score_samples as samples

from bitsapart.report.score.json import from_json, schema, to_json
from bitsapart.scoring.result import Rung, Score
from bitsapart.values.codec import fields
from bitsapart.values.errors import DataError

WITH_UNKNOWN = {"infinite", "mixed", "bare", "all missed"}
"""Samples that hold a number which is not even equal to itself."""


def document(text: str) -> Any:
    return checks.document(text, schema())


@pytest.mark.parametrize("sample", samples.EVERY)
def test_round_trip_and_schema(sample: str) -> None:
    score = samples.EVERY[sample]
    text = score.to_json()
    document(text)
    again = Score.from_json(text)
    assert again.to_json() == text
    assert repr(again) == repr(score)
    assert again == score or sample in WITH_UNKNOWN


def test_the_schema_knows_every_field() -> None:
    assert set(schema()["properties"]) == {"schema", "unit", *fields(Score)} == set(schema()["required"])


@pytest.mark.parametrize("missing", ["cross_entropy", "rungs", "storage", "against", "unit"])
def test_a_document_without_a_part_does_not_validate(missing: str) -> None:
    found = document(to_json(samples.scored()))
    del found[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_a_rung_has_named_parts() -> None:
    rung = document(to_json(samples.scored()))["rungs"][0]
    assert set(rung) == {"name", "bits", "tag"}
    assert (rung["name"], rung["tag"]) == ("saved by temperature scaling", "lower bound")
    assert isinstance(from_json(to_json(samples.scored())).rungs[0], Rung)


def test_infinity_is_an_answer() -> None:
    found = document(to_json(samples.infinite()))
    assert (found["cross_entropy"]["value"], found["cross_entropy"]["state"]) == (None, "infinite")
    assert found["tail"]["shares"][0] == [0.01, {"value": None, "state": "unknown"}]
    assert found["skill"]["state"] == "-infinite"


def test_names_are_safe_on_a_terminal() -> None:
    text = to_json(samples.hostile())
    checks.safe_on_a_terminal(text)
    assert json.loads(text)["classes"] == samples.HOSTILE


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "this is not JSON"),
        ("[]", "schema is None"),
        ('{"schema": "bitsapart.comparison/1"}', "'bitsapart.score/1' was expected"),
        ('{"schema": "bitsapart.score/1"}', "incomplete or damaged"),
        ('{"schema": "bitsapart.score/1", "rungs": [{"name": "x"}]}', "incomplete or damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        from_json(text)
