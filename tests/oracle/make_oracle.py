"""Write oracle.json, the truth of every case: `python tests/oracle/make_oracle.py`. Some minutes.

Small inputs are stored as exact hexadecimal floats; the longer ones, which `cases` makes, by their digest.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, cases, gradient_calls, vocabulary
from truth import Call, gradient, surprisals, values

ORACLE = Path(__file__).parent / "oracle.json"
STORED = 16
"""The most values a row that is stored as it is."""


def key(call: Call) -> str:
    """The name of a measure with its parameter, as it stands in the oracle: renyi_entropy(0.5)."""
    name, parameter = call
    return f"{name}({parameter[0]!r})" if parameter else name


def inputs(rows: Sequence[Sequence[float]]) -> list[list[str]] | str:
    """Exact and short: for the oracle, and to see that a case is still what the oracle knows."""
    if max(map(len, rows)) <= STORED:
        return [[float(x).hex() for x in row] for row in rows]
    return "sha256 " + sha256(np.array(rows, dtype="<f8").tobytes()).hexdigest()


def entry(case: Case) -> dict[str, Any]:
    calls = case.calls()
    found: dict[str, Any] = {
        "inputs": inputs(case.rows),
        "truth": dict(zip(map(key, calls), values(case.given, calls), strict=True)),
    }
    if case.of == "one" and len(case.rows[0]) <= STORED and not case.times:
        found["surprisal"] = surprisals(case.given)
    if gradients := {key(call): gradient(case.given, *call) for call in gradient_calls(case)}:
        found["gradient"] = gradients
    return found


def written(entries: dict[str, dict[str, Any]]) -> str:
    """JSON, one line a case."""
    lines = (f"{json.dumps(name)}: {json.dumps(entries[name], separators=(',', ':'))}" for name in entries)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(run: Callable[..., Any] = map) -> None:
    every = [*cases(), vocabulary()]
    entries = dict(zip((case.name for case in every), run(entry, every), strict=True))
    assert len(entries) == len(every), "two cases have one name"
    ORACLE.write_text(written(entries))


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        main(pool.map)
