"""A comparison as a JSON document with a versioned schema, and back without loss."""

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import documents
from bitsapart.report.documents import Document
from bitsapart.values.account import Account
from bitsapart.values.codec import decode, encode, fields, from_text, to_text, whole
from bitsapart.values.estimate import Estimate

SCHEMA = "bitsapart.comparison/1"
DERIVED = ("entropy", "excess", "cross_entropy")


def to_json(comparison: Comparison) -> str:
    """The whole comparison as one JSON document; legal JSON, safe to print on a terminal."""
    return to_text(to_document(comparison))


def from_json(text: str | bytes) -> Comparison:
    """The comparison that was written with ``to_json``."""
    document = from_text(text, "schema", SCHEMA)
    with whole(SCHEMA):
        columns = {name: _read_column(name, item) for name, item in document["columns"].items()}
        rest = {name: decode(hint, document[name]) for name, hint in fields(Comparison).items() if name != "columns"}
        return Comparison(columns=columns, **rest)


def schema() -> Document:
    """The JSON Schema of the document."""
    return documents.schema("comparison")


def to_document(comparison: Comparison) -> Document:
    """The document as dictionaries, lists, strings and numbers."""
    facts = {name: encode(getattr(comparison, name)) for name in fields(Comparison) if name not in {"columns", "plan"}}
    rows = {"reference": comparison.reference.rows, "current": comparison.current.rows}
    columns = {name: _write_column(column) for name, column in comparison.columns.items()}
    head = {"schema": SCHEMA, "unit": "bit", "rows": rows}
    return head | facts | {"columns": columns, "plan": encode(comparison.plan)}


def _write_column(column: ColumnShift) -> Document:
    document: Document = {}
    for name in fields(ColumnShift):
        if name == "account":
            document |= {part: encode(getattr(column, part)) for part in DERIVED}
        else:
            document[name] = encode(getattr(column, name))
    return document


def _read_column(name: str, document: Document) -> ColumnShift:
    values: Document = {}
    for field, hint in fields(ColumnShift).items():
        if field == "account":
            values[field] = _read_account(document)
        elif field in document:
            values[field] = decode(hint, document[field])
    return ColumnShift(**(values | {"name": name}))


def _read_account(document: Document) -> Account | None:
    if document["excess"] is None:
        return None
    entropy, excess, total = (decode(Estimate, document[part]) for part in DERIVED)
    return Account(entropy, excess, total.low, total.high, total.method)
