"""The JSON document of several fits, and their data frame."""

import math
from typing import Any

import fit_samples as samples
import jsonschema
import pytest
import report_checks as checks

from bitsapart.fitting.result import Candidate, FitComparison
from bitsapart.report.fit.json import schema as of_one
from bitsapart.report.fit.json import to_json as one_to_json
from bitsapart.report.fits.frame import COLUMNS
from bitsapart.report.fits.json import from_json, schema, to_json
from bitsapart.values.codec import fields
from bitsapart.values.errors import DataError


def document(text: str) -> Any:
    return checks.document(text, schema())


@pytest.mark.parametrize("sample", samples.FITS)
def test_round_trip_and_schema(sample: str) -> None:
    found = samples.FITS[sample]
    text = found.to_json()
    document(text)
    again = FitComparison.from_json(text)
    assert again.to_json() == text
    assert repr(again) == repr(found)


def test_the_schema_knows_every_field_and_that_of_a_fit() -> None:
    found = schema()
    assert set(found["properties"]) == {"schema", "unit", *fields(FitComparison)} == set(found["required"])
    entry = found["properties"]["candidates"]["items"]
    assert set(entry["properties"]) == set(entry["required"]) == set(fields(Candidate))
    own = found["$defs"]["fit"]
    assert {"schema", "unit", *own["properties"]} == set(of_one()["properties"])
    assert {"schema", "unit", *own["required"]} == set(of_one()["required"])


@pytest.mark.parametrize("missing", ["unit", "candidates", "entropy"])
def test_a_document_without_a_part_does_not_validate(missing: str) -> None:
    found = document(to_json(samples.chosen()))
    del found[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


@pytest.mark.parametrize("missing", ["distribution", "certificate", "direction"])
def test_nor_does_a_fit_in_it(missing: str) -> None:
    found = document(to_json(samples.both()))
    del found["candidates"][0]["fits"][1][missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_one_fit_is_no_comparison() -> None:
    with pytest.raises(DataError, match=r"'bitsapart\.fits/1' was expected"):
        from_json(one_to_json(samples.sampled()))
    with pytest.raises(DataError, match="incomplete or damaged"):
        from_json('{"schema": "bitsapart.fits/1"}')


def test_names_are_safe_on_a_terminal() -> None:
    checks.safe_on_a_terminal(to_json(samples.strange()))


def test_a_frame_has_one_row_a_fit() -> None:
    frame = samples.chosen().to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["family"]) == ["Gamma", "Normal", "Uniform", "Beta"]
    row = frame.iloc[1]
    assert row["above_best_low"] < row["above_best"] == 0.0237 < row["above_best_high"]
    assert math.isinf(frame["held_out"][2])
    assert math.isnan(frame["misfit"][3])
    assert list(samples.both().to_frame()["direction"]) == ["forward", "reverse"]
