"""Frozen dataclasses and named tuples to and from what JSON can hold, led by their type hints.

A float is a number, or where it is none ``{"value": null, "state": "infinite"}`` (``"-infinite"``, ``"unknown"``).
A member of a union of dataclasses carries ``"type"``, its class in lower case. An ``Estimate`` has its value's state
beside the value, so that a reader needs to look at one place only. What has ``to_document`` and ``from_document``
writes and reads itself.
"""

import dataclasses
import json
import math
import re
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from bitsapart.values.errors import DataError
from bitsapart.values.estimate import Estimate

STATES = {"infinite": math.inf, "-infinite": -math.inf, "unknown": math.nan}
TAGGED = ("Ordered", "Nominal", "OrderedHistogram", "NominalHistogram", "Unreadable")
UNSAFE = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
T = TypeVar("T")


def encode(value: object) -> Any:
    """What JSON can hold of a value."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        return encode_float(value)
    if hasattr(value, "to_document"):
        return value.to_document()
    if isinstance(value, Estimate):
        known = state(value.value)
        rest = {name: encode(getattr(value, name)) for name in fields(Estimate) if name != "value"}
        return {"value": float(value.value) if known == "finite" else None, "state": known} | rest
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: encode(getattr(value, name)) for name in value._fields}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        tag = {"type": name.lower()} if name in TAGGED else {}
        return tag | {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def encode_float(value: float) -> object:
    """The float rule."""
    return float(value) if math.isfinite(value) else {"value": None, "state": state(value)}


def state(value: float) -> str:
    """What a float is, in a word."""
    if math.isnan(value):
        return "unknown"
    return "finite" if math.isfinite(value) else "infinite" if value > 0 else "-infinite"


def decode_float(data: Any) -> float:
    """The float rule read back."""
    return STATES[data["state"]] if isinstance(data, dict) else data


def decode(hint: Any, data: Any) -> Any:
    """A value of the hinted type from what JSON held."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {types.UnionType, Union}:
        return _decode_union(arguments, data)
    if hint is float:
        return decode_float(data)
    if origin is tuple:
        items = [arguments[0]] * len(data) if arguments[-1] is Ellipsis else arguments
        return tuple(decode(item, part) for item, part in zip(items, data, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {decode_key(arguments[0], key): decode(arguments[1], item) for key, item in data.items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint[data]
    if hasattr(hint, "from_document"):
        return hint.from_document(data)
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or hasattr(hint, "_fields")):
        hints = fields(hint)
        if hint is Estimate:
            data = data | {"value": data["value"] if data["state"] == "finite" else data}
        return hint(**{name: decode(hints[name], data[name]) for name in hints if name in data})
    return data


def decode_key(hint: Any, key: str) -> Any:
    """A key of a mapping, which JSON holds as text."""
    return float(key) if hint is float else key


def _decode_union(members: tuple[Any, ...], data: Any) -> Any:
    if data is None:
        return None
    members = tuple(member for member in members if member is not type(None))
    if isinstance(data, dict) and "type" in data:
        return decode(next(m for m in members if m.__name__.lower() == data["type"]), data)
    return decode(float if float in members else members[0], data)


@cache
def fields(kind: type) -> dict[str, Any]:
    """The names and types of the fields of a dataclass or named tuple."""
    hints = get_type_hints(kind)
    names = getattr(kind, "_fields", None) or [field.name for field in dataclasses.fields(kind)]
    return {name: hints[name] for name in names}


def to_text(document: object) -> str:
    """A document as legal JSON that is safe to print on a terminal."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def from_text(text: str | bytes, key: str, schema: str) -> dict[str, Any]:
    """A document whose ``key`` names the schema."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"this is not JSON: {error}") from error
    found = document.get(key) if isinstance(document, dict) else None
    if found != schema:
        raise DataError(f"this document's {key} is {found!r}, and {schema!r} was expected: write it anew")
    return document  # type: ignore[no-any-return]


def decode_document(kind: type[T], text: str | bytes, key: str, schema: str) -> T:
    """The value that a document holds."""
    document = from_text(text, key, schema)
    with whole(schema):
        return decode(kind, document)  # type: ignore[no-any-return]


@contextmanager
def whole(schema: str) -> Iterator[None]:
    """Blame the document for what is missing in it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration) as error:
        raise DataError(f"this {schema} document is incomplete or damaged: {error!r}") from error
