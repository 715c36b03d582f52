"""A comparison as a JSON document with a versioned schema, and back without loss."""

import json
from importlib.resources import files
from typing import Any, cast

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.values.account import Account
from bitsapart.values.codec import decode, decode_float, encode, encode_float, fields, from_text, state, to_text, whole
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

SCHEMA = "bitsapart.comparison/1"
DERIVED = ("entropy", "excess", "cross_entropy")
ESTIMATES = ("excess_with_prior", "reverse", "js")

Document = dict[str, Any]


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
    text = files("bitsapart.report").joinpath("comparison.schema.json").read_text("utf-8")
    return cast("Document", json.loads(text))


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
            document |= {part: _write_estimate(getattr(column, part)) for part in DERIVED}
        elif name in ESTIMATES:
            document[name] = _write_estimate(getattr(column, name))
        else:
            document[name] = encode(getattr(column, name))
    return document


def _write_estimate(estimate: Estimate | None) -> Document | None:
    if estimate is None:
        return None
    known = state(estimate.value)
    value = float(estimate.value) if known == "finite" else None
    ends = {name: None if end is None else encode_float(end) for name, end in _ends(estimate)}
    rest = {name: encode(getattr(estimate, name)) for name in ("level", "kind", "method", "unit", "n")}
    return {"value": value, "state": known} | ends | rest


def _ends(estimate: Estimate) -> tuple[tuple[str, float | None], ...]:
    return ("low", estimate.low), ("high", estimate.high)


def _read_column(name: str, document: Document) -> ColumnShift:
    values: Document = {}
    for field, hint in fields(ColumnShift).items():
        if field == "account":
            values[field] = _read_account(document)
        elif field in ESTIMATES:
            values[field] = _read_estimate(document[field])
        elif field in document:
            values[field] = decode(hint, document[field])
    return ColumnShift(**(values | {"name": name}))


def _read_account(document: Document) -> Account | None:
    entropy, excess = _read_estimate(document["entropy"]), _read_estimate(document["excess"])
    total = _read_estimate(document["cross_entropy"])
    if entropy is None or excess is None or total is None:
        return None
    return Account(entropy, excess, total.low, total.high, total.method)


def _read_estimate(document: Document | None) -> Estimate | None:
    if document is None:
        return None
    value = decode_float(document["value"] if document["state"] == "finite" else document)
    low, high = (None if document[end] is None else decode_float(document[end]) for end in ("low", "high"))
    unit = Unit[document["unit"]]
    return Estimate(value, low, high, document["level"], document["kind"], document["method"], unit, document["n"])
