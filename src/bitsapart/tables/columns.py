"""What a column is (its kind, from its Arrow type) and how its values become keys or labels.

An *ordered* column becomes float64 or int64 keys whose order is the values' order; a *nominal* one becomes text labels.
"""

import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bitsapart.values.encoding import Nominal
from bitsapart.values.hash_level import level_that_fits, levels_of_bytes
from bitsapart.values.histogram import SPECIALS, NominalHistogram
from bitsapart.values.plan import ColumnKind
from bitsapart.values.schema import Column, Family

Keys = NDArray[np.float64] | NDArray[np.int64]


def column(place: int, name: str, stored: pa.DataType) -> Column:
    """A column of a table as it is stored."""
    type_ = logical(stored)
    return Column(place, name, str(type_), family(type_))


def logical(type_: pa.DataType) -> pa.DataType:
    """The type of the values, whatever way they are stored."""
    if isinstance(type_, pa.BaseExtensionType):
        return logical(type_.storage_type)
    if pa.types.is_dictionary(type_) or pa.types.is_run_end_encoded(type_):
        return logical(type_.value_type)
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.utf8()
    if pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_) or pa.types.is_fixed_size_binary(type_):
        return pa.binary()
    return type_


FAMILIES: tuple[tuple[Family, tuple[str, ...]], ...] = (
    ("number", ("is_integer", "is_floating", "is_decimal")),
    ("date", ("is_date", "is_timestamp")),
    ("time", ("is_time",)),
    ("duration", ("is_duration",)),
    ("boolean", ("is_boolean",)),
    ("binary", ("is_binary", "is_large_binary", "is_fixed_size_binary", "is_binary_view")),
    ("list", ("is_list", "is_large_list", "is_fixed_size_list", "is_map", "is_list_view", "is_large_list_view")),
    ("struct", ("is_struct", "is_union")),
    ("empty", ("is_null",)),
)
KINDS: dict[Family, ColumnKind] = {
    "number": "numeric",
    "date": "temporal",
    "time": "temporal",
    "duration": "temporal",
    "text": "categorical",
    "binary": "categorical",
    "boolean": "categorical",
    "list": "nested",
    "struct": "nested",
    "empty": "empty",
}


def family(type_: pa.DataType) -> Family:
    """The family of a logical type; what Arrow has and this table does not is compared by its text."""
    for name, predicates in FAMILIES:
        if any(getattr(pa.types, predicate)(type_) for predicate in predicates):
            return name
    return "text"


def is_ordered(of: Family) -> bool:
    """Whether values of the family have an order (for lists: their lengths)."""
    return of in {"number", "date", "time", "duration", "list"}


VIEWS = ((pa.types.is_string_view, pa.large_string()), (pa.types.is_binary_view, pa.large_binary()))


def decoded(array: pa.Array) -> pa.Array:
    """The array in its logical type, dictionaries and extensions opened."""
    if isinstance(array.type, pa.BaseExtensionType):
        return decoded(array.storage)
    if pa.types.is_run_end_encoded(array.type):
        return decoded(pc.run_end_decode(array))
    for is_view, plain in VIEWS:
        if is_view(array.type):
            return array.cast(plain)
    return array


def temporal_type(words: str) -> pa.DataType | None:
    """The Arrow type that its words name, where it is one of dates and times; None otherwise."""
    match = re.fullmatch(r"(timestamp|date32|date64|time32|time64|duration)\[(\w+)(?:, tz=(.+))?\]", words)
    if not match:
        return None
    name, unit, zone = match.groups()
    if name == "timestamp":
        return pa.timestamp(unit, zone)
    return getattr(pa, name)() if name in {"date32", "date64"} else getattr(pa, name)(unit)


def keys(array: pa.Array, words: str) -> tuple[int, Keys]:
    """Nulls, and the keys of all other rows, of an ordered column; times in the unit of the type ``words`` names."""
    array = decoded(array)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    nulls = array.null_count
    if nulls:
        array = array.drop_null()
    of = family(array.type)
    if of == "empty":
        return nulls, np.empty(0, np.int64)
    if of == "list":
        return nulls, lengths(array)
    if of == "number":
        return nulls, numbers(array)
    as_type = temporal_type(words)
    if as_type is not None and array.type != as_type:
        array = array.cast(as_type, safe=False)
    if array.type.bit_width == 32:
        array = array.view(pa.int32())
    return nulls, whole(array)


def whole(array: pa.Array) -> NDArray[np.int64]:
    """The values of an array without nulls as int64, not copied where they are.

    Arrow's own conversion to NumPy would import pandas, which takes longer than counting a million rows.
    """
    data = array.cast(pa.int64())
    return np.frombuffer(data.buffers()[1] or b"", np.int64)[data.offset : data.offset + len(data)]


def real(array: pa.Array) -> NDArray[np.float64]:
    """The values of an array without nulls as float64, not copied where they are."""
    data = array.cast(pa.float64(), safe=False)
    return np.frombuffer(data.buffers()[1] or b"", np.float64)[data.offset : data.offset + len(data)]


def mask(flags: NDArray[np.bool_]) -> pa.Array:
    """A boolean array, made without Arrow's own conversion from NumPy for the same reason."""
    bits = pa.py_buffer(np.packbits(flags, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, bits])


def truths(array: pa.Array) -> NDArray[np.bool_]:
    """A boolean array without nulls."""
    return whole(array).astype(bool)


def lengths(array: pa.Array) -> Keys:
    """Lengths of lists or maps."""
    if pa.types.is_map(array.type):
        offsets = whole(array.offsets)
        return offsets[1:] - offsets[:-1]
    return whole(pc.list_value_length(array))


def numbers(array: pa.Array) -> Keys:
    """Whole numbers as int64, all others (and those of 2^63 and more) as float64."""
    small = not pa.types.is_uint64(array.type) or len(array) == 0 or pc.max(array).as_py() < 2**63
    if pa.types.is_integer(array.type) and small:
        return whole(array)
    return real(array)


def distinct(array: pa.Array) -> tuple[int, pa.Array, NDArray[np.int64]]:
    """Nulls, the distinct values of a nominal column, and how often each occurs; values may repeat as labels."""
    array = decoded(array)
    nulls = array.null_count
    if pa.types.is_dictionary(array.type):
        codes = whole(array.indices.drop_null())
        values, tallies = array.dictionary, np.bincount(codes, minlength=len(array.dictionary))
        valid = truths(pc.is_valid(values))
        nulls += int(tallies[~valid].sum())  # a null among the dictionary's own values
        used = (tallies > 0) & valid
        return nulls, values.filter(mask(used)), tallies[used]
    array = array.drop_null()
    try:
        tally = pc.value_counts(array)
    except pa.ArrowNotImplementedError:  # a type that Arrow cannot hash
        found = Counter(str(value) for value in array.to_pylist())
        return nulls, pa.array(list(found), pa.utf8()), np.array(list(found.values()), np.int64)
    return nulls, tally.field("values"), whole(tally.field("counts"))


def label_counts(array: pa.Array) -> tuple[int, dict[str, int]]:
    """Nulls, and the count of every distinct value by its label, of a nominal column."""
    nulls, values, tallies = distinct(array)
    return nulls, by_label(values, tallies)


def by_label(values: pa.Array, tallies: NDArray[np.int64]) -> dict[str, int]:
    """Counts of values by their labels."""
    counts: dict[str, int] = {}
    for label, number in zip(labels(values), tallies.tolist(), strict=True):
        counts[label] = counts.get(label, 0) + number
    return counts


def nominal_histogram(array: pa.Array, encoding: Nominal) -> NominalHistogram:
    """The histogram of a nominal column; of far too many values, those that it would drop are never made text."""
    if encoding.of == "presence":
        nulls = array.null_count
        return NominalHistogram.of(
            encoding, {"present": len(array) - nulls} if len(array) > nulls else {}, special(nulls)
        )
    nulls, values, tallies = distinct(array)
    if len(values) <= encoding.cap or not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return NominalHistogram.of(encoding, by_label(values, tallies), special(nulls))
    listed = truths(pc.is_in(values, pa.array(encoding.listed, values.type)))
    levels = levels_of_bytes(*text_bytes(values))
    level = level_that_fits(levels[~listed], encoding.cap)
    kept = listed | (levels >= level)
    counts = by_label(values.filter(mask(kept)), tallies[kept])
    return NominalHistogram(encoding, counts, special(nulls), int(tallies[~kept].sum()), level)


def text_bytes(values: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of a text array without nulls, and where each value begins and the last ends."""
    _, offsets, data = values.buffers()
    width = np.int32 if pa.types.is_string(values.type) else np.int64
    begins = np.frombuffer(offsets, width)[values.offset : values.offset + len(values) + 1]
    return np.frombuffer(data, np.uint8), begins.astype(np.int64)


def special(null: int, nan: int = 0, negative: int = 0, positive: int = 0) -> dict[str, int]:
    """The four specials of a histogram."""
    return dict(zip(SPECIALS, (null, nan, negative, positive), strict=True))


def labels(values: pa.Array) -> list[str]:
    """Values, none of them null, as text; bytes as hexadecimal digits after 0x."""
    values = decoded(values)
    of = family(values.type)
    if of == "text" and pa.types.is_large_string(values.type) | pa.types.is_string(values.type):
        return values.to_pylist()  # type: ignore[no-any-return]
    if of == "boolean":
        return values.cast(pa.utf8()).to_pylist()  # type: ignore[no-any-return]
    plain = values.to_pylist()
    if of == "binary":
        return ["0x" + value.hex() for value in plain]
    return [written(value) for value in plain]


def written(value: object) -> str:
    """A value as a label; a number is one label whatever its type and scale."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def collapses(array: pa.Array) -> bool:
    """Whether numbers of many digits lose their differences as float64 keys."""
    if not (pa.types.is_decimal(array.type) or pa.types.is_uint64(array.type)):
        return False
    _, found = keys(array, "")
    return bool(len(np.unique(found)) < pc.count_distinct(array).as_py())


def spoken(key: float | int, words: str) -> str:
    """A key as a person writes it: a number in its shortest form, a time in ISO 8601, a duration in days and hours."""
    type_ = temporal_type(words)
    if type_ is None:
        return str(int(key)) if float(key).is_integer() and abs(key) < 1e15 else f"{key:.6g}"
    try:
        if pa.types.is_duration(type_):
            return str(timedelta(microseconds=int(key) * MICROSECONDS[type_.unit]))
        width = np.int32 if type_.bit_width == 32 else np.int64
        one = pa.Array.from_buffers(type_, 1, [None, pa.py_buffer(np.array(key, width).tobytes())])
        text = str(one.cast(pa.utf8())[0])
    except (pa.ArrowException, OverflowError, ValueError):
        return f"{key} {words}"
    text = re.sub(r"\.0+(?=Z|$|[+-])", "", text)
    return re.sub(r" 00:00:00(Z?)$", "", text)


MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


def comparable(first: Column, second: Column) -> bool:
    """Whether two columns share their outcomes; a column without any value goes with every type."""
    return first.family == second.family or "empty" in {first.family, second.family}
