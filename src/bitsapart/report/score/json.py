"""A score as a JSON document with a versioned schema, and back without loss."""

from bitsapart.report import documents
from bitsapart.scoring.result import Score
from bitsapart.values.codec import decode_document

SCHEMA = "bitsapart.score/1"


def to_json(score: Score) -> str:
    """The whole score as one JSON document; legal JSON, safe to print on a terminal."""
    return documents.write(SCHEMA, score)


def from_json(text: str | bytes) -> Score:
    """The score that was written with ``to_json``.

    Raises:
        DataError: the text is no such document.
    """
    return decode_document(Score, text, "schema", SCHEMA)


def schema() -> documents.Document:
    """The JSON Schema of the document."""
    return documents.schema("score")
