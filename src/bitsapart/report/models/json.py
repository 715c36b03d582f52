"""A model comparison as a JSON document with a versioned schema, and back without loss."""

from bitsapart.model_comparison.result import ModelComparison
from bitsapart.report import documents
from bitsapart.values.codec import decode_document

SCHEMA = "bitsapart.models/1"


def to_json(comparison: ModelComparison) -> str:
    """The whole comparison as one JSON document; legal JSON, safe to print on a terminal."""
    return documents.write(SCHEMA, comparison)


def from_json(text: str | bytes) -> ModelComparison:
    """The comparison that was written with ``to_json``.

    Raises:
        DataError: the text is no such document.
    """
    return decode_document(ModelComparison, text, "schema", SCHEMA)


def schema() -> documents.Document:
    """The JSON Schema of the document, and of a ranking's, which holds such documents."""
    return documents.schema("models")
