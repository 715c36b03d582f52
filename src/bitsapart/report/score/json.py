"""A score as a JSON document with a versioned schema, and back without loss."""

import json
from importlib.resources import files
from typing import Any, cast

from bitsapart.scoring.result import Score
from bitsapart.values.codec import decode_document, encode, to_text

SCHEMA = "bitsapart.score/1"

Document = dict[str, Any]


def to_json(score: Score) -> str:
    """The whole score as one JSON document; legal JSON, safe to print on a terminal."""
    return to_text({"schema": SCHEMA, "unit": "bit"} | cast("Document", encode(score)))


def from_json(text: str | bytes) -> Score:
    """The score that was written with ``to_json``.

    Raises:
        DataError: the text is no such document.
    """
    return decode_document(Score, text, "schema", SCHEMA)


def schema() -> Document:
    """The JSON Schema of the document."""
    text = files("bitsapart.report.score").joinpath("score.schema.json").read_text("utf-8")
    return cast("Document", json.loads(text))
