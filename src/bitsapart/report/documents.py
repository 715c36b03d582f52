"""What the JSON documents of all results have in common: the head that names their schema, and where that lies."""

import json
from importlib.resources import files
from typing import Any, cast

from bitsapart.values.codec import encode, to_text

Document = dict[str, Any]


def write(schema: str, result: object) -> str:
    """A whole result as one JSON document; legal JSON, safe to print on a terminal."""
    return to_text({"schema": schema, "unit": "bit"} | cast("Document", encode(result)))


def schema(room: str) -> Document:
    """The JSON Schema that lies in a room of the reports."""
    text = files(f"bitsapart.report.{room}").joinpath(f"{room}.schema.json").read_text("utf-8")
    return cast("Document", json.loads(text))
