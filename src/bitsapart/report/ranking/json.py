"""A ranking as a JSON document with a versioned schema, and back without loss."""

from bitsapart.model_comparison.result import ModelRanking
from bitsapart.report import documents
from bitsapart.values.codec import decode_document

SCHEMA = "bitsapart.ranking/1"


def to_json(ranking: ModelRanking) -> str:
    """The whole ranking as one JSON document; legal JSON, safe to print on a terminal."""
    return documents.write(SCHEMA, ranking)


def from_json(text: str | bytes) -> ModelRanking:
    """The ranking that was written with ``to_json``.

    Raises:
        DataError: the text is no such document.
    """
    return decode_document(ModelRanking, text, "schema", SCHEMA)
