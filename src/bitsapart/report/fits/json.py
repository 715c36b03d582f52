"""Several fits as a JSON document with a versioned schema, and back without loss."""

from bitsapart.fitting.result import FitComparison
from bitsapart.report import documents
from bitsapart.report.fit.json import schema as fit_schema
from bitsapart.values.codec import decode_document

SCHEMA = "bitsapart.fits/1"


def to_json(found: FitComparison) -> str:
    """All fits as one JSON document; legal JSON, safe to print on a terminal."""
    return documents.write(SCHEMA, found)


def from_json(text: str | bytes) -> FitComparison:
    """The fits that were written with ``to_json``.

    Raises:
        DataError: the text is no such document.
    """
    return decode_document(FitComparison, text, "schema", SCHEMA)


def schema() -> documents.Document:
    """The JSON Schema of the document, with that of a fit among its definitions."""
    one = fit_schema()
    shared = one.pop("$defs")
    body = {key: one[key] for key in ("type", "required", "properties")}
    for name in ("schema", "unit"):
        body["required"].remove(name)
        del body["properties"][name]
    own = documents.schema("fits")
    return own | {"$defs": shared | {"fit": body} | own["$defs"]}
