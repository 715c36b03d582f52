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
    "families": 2,
    "matrices": 2,
    "projection": 2,
    "tables": 2,
    "comparison": 3,
    "fitting": 3,
    "model_comparison": 3,
    "scoring": 3,
    "report": 4,
    "testing": 4,
    "cli": 5,
    "": 6,
    "__main__": 7,
}
BY_NAME = {"__init__.py", "families/registry.py", "measures/formulas.py", "values/shown.py"}
"""Where a module is imported whose name is computed. A lower floor calls a higher one in two places: a result shows
itself when asked to, by its report's name; and a measure of arrays hands a formula to its namesake.
The roof loads every public name on first use, and so does the registry of families."""
COMPUTED = "a name that it computes"
OUTSIDE = {
    "values": {"numpy", "pandas"},
    "measures": {"array_api_compat", "jax", "numpy"},
    "coding": {"constriction", "numpy"},
    "estimate": {"numpy", "scipy", "sklearn"},
    "families": {"numpy", "scipy", "torch"},
    "matrices": {"numpy"},
    "tables": {"numpy", "pyarrow"},
    "comparison": {"numpy"},
    "model_comparison": {"numpy", "pyarrow", "scipy"},
    "fitting": {"numpy", "scipy"},
    "projection": {"numpy", "scipy"},
    "scoring": {"numpy", "pyarrow", "scipy", "sklearn"},
    "report": {"numpy", "pandas", "rich"},
    "testing": {"numpy", "pyarrow"},
    "cli": {"rich", "typer"},
    "": set(),
    "__main__": set(),
}


def imported(source: str) -> set[str]:
    """Full names of the modules that a source imports, anywhere in it; COMPUTED for a name that it computes."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "importlib.import_module"}:
            name = node.args[0]
            names.add(str(name.value) if isinstance(name, ast.Constant) else COMPUTED)
    return names


def breaches(path: Path) -> list[str]:
    """What a file imports and may not."""
    inside = path.relative_to(PACKAGE)
    room = inside.parts[0] if len(inside.parts) > 1 else inside.stem.removeprefix("__init__")
    found = []
    for name in sorted(imported(path.read_text())):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if name == COMPUTED:
            if str(inside) not in BY_NAME:
                found.append(f"{inside}: {room} may not import {name}")
        elif top == "bitsapart" and other != room:
            if FLOOR.get(other, 9) >= FLOOR[room]:
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
