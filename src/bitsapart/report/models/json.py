"""A model comparison or ranking as a JSON document with a versioned schema, and back without loss."""

import json
from importlib.resources import files
from typing import Any, cast

from bitsapart.model_comparison.result import ModelComparison, ModelRanking
from bitsapart.values.codec import decode_document, encode, to_text

SCHEMA = "bitsapart.models/1"
RANKING = "bitsapart.ranking/1"

Document = dict[str, Any]


def to_json(comparison: ModelComparison) -> str:
    """The whole comparison as one JSON document; legal JSON, safe to print on a terminal."""
    return to_text(_document(SCHEMA, comparison))


def from_json(text: str | bytes) -> ModelComparison:
    """The comparison that was written with ``to_json``."""
    return decode_document(ModelComparison, text, "schema", SCHEMA)


def ranking_to_json(ranking: ModelRanking) -> str:
    """The whole ranking as one JSON document."""
    return to_text(_document(RANKING, ranking))


def ranking_from_json(text: str | bytes) -> ModelRanking:
    """The ranking that was written with ``ranking_to_json``."""
    return decode_document(ModelRanking, text, "schema", RANKING)


def schema() -> Document:
    """The JSON Schema of both documents."""
    text = files("bitsapart.report.models").joinpath("models.schema.json").read_text("utf-8")
    return cast("Document", json.loads(text))


def _document(schema: str, value: ModelComparison | ModelRanking) -> Document:
    return {"schema": schema, "unit": "bit"} | cast("Document", encode(value))
