"""What every page is put together from: its header, sections with titles, lists of sentences."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bitsapart.report.svg import esc

WHOLE = re.compile(r"\[[^\[\]<>]{1,40}, [^\[\]<>]{1,40}[\])]|\d\.\d\de-\d+|KL\(\w+ ‖ \w+\)")


@dataclass(frozen=True)
class Part:
    """A part of the page with its title and a name for links."""

    name: str
    title: str
    html: str

    def section(self) -> str:
        """The part as a section of its own."""
        title = f'<h2 id="{self.name}">{self.title}</h2>'
        return f'<section aria-labelledby="{self.name}">{title}{self.html}</section>'


def sections(parts: Iterable[Part]) -> str:
    """Parts one after the other; nothing of those that have nothing to show."""
    return "".join(part.section() for part in parts if part.html)


def solid(text: str) -> str:
    """Text for the page in which no interval, share, small number or divergence is broken in two."""
    return WHOLE.sub(lambda found: f'<bdi class="n">{found[0]}</bdi>', esc(text)).replace(" %", "&nbsp;%")


def bullets(lines: Iterable[str], write: Callable[[str], str] = solid) -> str:
    """Sentences as a list; nothing where there are none."""
    items = "".join(f"<li>{write(line)}</li>" for line in lines if line)
    return f'<ul class="notes">{items}</ul>' if items else ""


def opening(first: str, rest: str, content: str) -> str:
    """The header: the answer as the page's title, what else it says in a lighter colour, and what stands below it."""
    tail = f" <span>{rest}</span>" if rest else ""
    return f'<header><p class="brand">bitsapart</p><h1>{first}.{tail}</h1>{content}</header>'


def answer(sentence: str, mark: str = ": ") -> tuple[str, str]:
    """A headline cut in two at its mark, for ``opening``.

    >>> answer("The candidate costs 0.1 bits: more than the base.")
    ('The candidate costs 0.1 bits', 'More than the base.')
    """
    first, _, rest = sentence.partition(mark)
    return first.rstrip("."), rest[:1].upper() + rest[1:]
