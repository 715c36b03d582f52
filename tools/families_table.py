"""Write the table of families into docs/families.md: names, parameters, where the mass is, what is closed.

python tools/families_table.py
"""

import inspect
import re
from pathlib import Path

from bitsapart.families.exponential_family import ExponentialFamily
from bitsapart.families.registry import HOMES, family

PAGE = Path(__file__).parent.parent / "docs" / "families.md"
START, END = "<!-- families -->\n", "<!-- end -->\n"


def row(name: str) -> str:
    """One family."""
    kind = family(name)
    parameters = ", ".join(list(inspect.signature(kind.__init__).parameters)[1:])
    summary = inspect.getdoc(kind).split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    first = re.split(r"(?<=[.:;]) ", summary.replace("...", "…"))[0].rstrip(".:;")
    moments = "yes" if issubclass(kind, ExponentialFamily) or hasattr(kind, "_cross_entropy_of") else ""
    return f"| `{name}({parameters})` | {first} | {moments} |"


def table() -> str:
    """All of them."""
    head = "| family | density or probability | moment rule as Q |\n|---|---|---|\n"
    return head + "".join(f"{row(name)}\n" for name in sorted(HOMES))


def main() -> None:
    text = PAGE.read_text()
    before, rest = text.split(START)
    PAGE.write_text(before + START + table() + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
