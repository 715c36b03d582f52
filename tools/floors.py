"""Check that imports point down: a room may import rooms on lower floors only, and no heavy library out of its room."""

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "bitsapart"
FLOOR = {
    "values": 0,
    "measures": 1,
    "coding": 2,
    "estimate": 2,
    "matrices": 2,
    "tables": 2,
    "comparison": 3,
    "model_comparison": 3,
    "scoring": 3,
    "report": 4,
    "testing": 4,
    "cli": 5,
    "": 6,
}
RESULTS = ("comparison/comparison.py", "model_comparison/result.py", "scoring/result.py")
UPWARD = {(result, "report") for result in RESULTS}
"""A result renders itself: the one place where a lower floor calls a higher one, when asked to."""
OUTSIDE = {
    "values": {"numpy"},
    "measures": {"array_api_compat", "jax", "numpy"},
    "coding": {"constriction", "numpy"},
    "estimate": {"numpy", "scipy", "sklearn"},
    "matrices": {"numpy"},
    "tables": {"numpy", "pyarrow"},
    "comparison": {"numpy", "pandas"},
    "model_comparison": {"numpy", "pandas", "pyarrow", "scipy"},
    "scoring": {"numpy", "pandas", "pyarrow", "scipy", "sklearn"},
    "report": {"numpy", "pandas", "rich"},
    "testing": {"numpy", "pyarrow"},
    "cli": {"rich", "typer"},
    "": set(),
}


def imported(source: str) -> set[str]:
    """Full names of the modules that a source imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def breaches(path: Path) -> list[str]:
    """What a file imports and may not."""
    inside = path.relative_to(PACKAGE)
    room = inside.parts[0] if len(inside.parts) > 1 else inside.stem.removeprefix("__init__")
    found = []
    for name in sorted(imported(path.read_text())):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if top == "bitsapart" and other != room:
            if FLOOR.get(other, 9) >= FLOOR[room] and (str(inside), other) not in UPWARD:
                found.append(f"{inside}: {room} (floor {FLOOR[room]}) may not import {name} (floor {FLOOR.get(other)})")
        elif top != "bitsapart" and top not in sys.stdlib_module_names and top not in OUTSIDE[room]:
            found.append(f"{inside}: {room or 'the roof'} may not import {top}")
    return found


def main() -> None:
    found = [breach for path in sorted(PACKAGE.rglob("*.py")) for breach in breaches(path)]
    print("\n".join(found) or f"floors: {len(list(PACKAGE.rglob('*.py')))} files, all imports point down")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
