"""The foot of every page: what its words mean, and every method that its numbers were made with, once."""

from collections.abc import Iterable

from bitsapart.report.svg import esc
from bitsapart.values.estimate import Estimate

KINDS = {
    "exact": "exact",
    "bound": "its interval is a bound",
    "confidence": "confidence interval",
    "unknown": "no interval",
}


class Methods:
    """The methods met so far, in their order; the numbers on the page refer to them."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def of(self, estimate: Estimate) -> str:
        """A reference to the method of an estimate and its kind of interval."""
        return self.reference(f"{estimate.method.replace('_', '-')}; {KINDS[estimate.kind]}")

    def reference(self, method: str) -> str:
        """A reference to a method."""
        if method not in self.met:
            self.met.append(method)
        number = self.met.index(method) + 1
        return f'<sup><a href="#m{number}">{number}</a></sup>'

    def as_list(self) -> str:
        """All of them."""
        items = "".join(f'<li id="m{number}">{esc(method)}</li>' for number, method in enumerate(self.met, 1))
        return f'<h3>Methods, by their numbers</h3><ol class="notes">{items}</ol>' if items else ""


def footer(title: str, terms: Iterable[tuple[str, str]], methods: Methods, version: str) -> str:
    """The foot of the page: terms with their meanings, the methods, and which version made it."""
    items = "".join(f"<dt>{esc(name)}</dt><dd>{esc(text)}</dd>" for name, text in terms)
    made = f'<p class="ver">bitsapart {esc(version)}</p>'
    return f"<footer><h2>{title}</h2><dl>{items}</dl>{methods.as_list()}{made}</footer>"
