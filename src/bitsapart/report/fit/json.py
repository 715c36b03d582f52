"""A fit as a JSON document with a versioned schema, and back without loss."""

from bitsapart.fitting.result import Fit
from bitsapart.report import documents
from bitsapart.values.codec import decode_document

SCHEMA = "bitsapart.fit/1"


def to_json(fit: Fit) -> str:
    """The whole fit as one JSON document; legal JSON, safe to print on a terminal."""
    return documents.write(SCHEMA, fit)


def from_json(text: str | bytes) -> Fit:
    """The fit that was written with ``to_json``.

    Raises:
        DataError: the text is no such document.
    """
    return decode_document(Fit, text, "schema", SCHEMA)


def schema() -> documents.Document:
    """The JSON Schema of the document."""
    return documents.schema("fit")
