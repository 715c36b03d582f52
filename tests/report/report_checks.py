"""What every page, picture and document of a report must pass."""

import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import jsonschema
from rich.cells import cell_len
from rich.console import Console

from bitsapart.report import console
from bitsapart.report.console import Lines
from bitsapart.report.page import POLICY
from bitsapart.report.words import visible

VOID = {"meta", "br", "input"}
OPTIONAL_END = {"td", "th", "tr", "tbody", "thead"}
SVG = {"svg", "path", "text", "g", "title", "circle"}
TEXT = "h1 h2 h3 h4 p pre span small sup b a bdi ul ol li dl dt dd details summary div section figure"
TABLE = "table thead tbody tr th td"
ALLOWED = SVG | set(f"html head meta style script body header main footer {TEXT} {TABLE}".split())
UNSEEN = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]"


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.problems: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL_END:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of(html: str) -> str:
    return "".join(Page(html).texts).replace("\xa0", " ")


def is_whole_and_offline(html: str) -> None:
    """Every element is expected and closed, nothing is requested, and a reader finds language, landmark and title."""
    page = Page(html)
    assert page.problems == []
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert not re.search(r"https?:|url\(|@import|//[a-z]", re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    for _, attributes in page.tags:
        assert not {"src", "srcset", "action", "data"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}) in page.tags
    assert ("html", {"lang": "en"}) in page.tags
    tags = [tag for tag, _ in page.tags]
    assert tags.count("main") == tags.count("h1") == tags.count("script") == tags.count("style") == 1
    assert tags.count("title") >= 1


def leads_somewhere(html: str) -> None:
    """Ids are unique, and every link and label leads to one."""
    tags = Page(html).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(a.get("href") or "")[1:] for tag, a in tags if tag == "a"} <= set(ids)
    assert {a["aria-labelledby"] for _, a in tags if "aria-labelledby" in a} <= set(ids)


def shows_nothing_hidden(html: str) -> None:
    """No control or bidirectional character is left, and no number that is none."""
    assert not re.search(UNSEEN, html)
    text = text_of(re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL))
    assert not re.search(r"\b(nan|inf|None)\b(?! of \d)", text)


def shows_names(html: str, names: list[str]) -> None:
    """Data that would break out of the page are text on it."""
    text = "".join(Page(html).texts)
    for name in names:
        assert visible(name)[:20] in text
    assert "img" not in {tag for tag, _ in Page(html).tags}


def pictures(html: str) -> list[ET.Element]:
    """All pictures of a page: well-formed, of finite numbers, inside of their frame, with a name or hidden."""
    found = [ET.fromstring(picture) for picture in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)]
    for root in found:
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        assert root.attrib.get("aria-label") or root.attrib["aria-hidden"] == "true"
        paths_are_finite(root)
        for text in root.iter("text"):
            assert -5 <= float(text.attrib["x"]) <= width
            assert 0 <= float(text.attrib["y"]) <= height + 6
        for circle in root.iter("circle"):
            assert 0 <= float(circle.attrib["cx"]) <= width
    return found


def paths_are_finite(root: ET.Element) -> None:
    for path in root.iter("path"):
        assert re.fullmatch(r"[MmHhVvLlZz\d .-]+", path.attrib["d"])
        # one without a class of its own takes its colour from the group that it stands in
        assert path.attrib.get("fill") or path.attrib.get("stroke") or "class" not in path.attrib


def every_path_is_finite(html: str) -> None:
    """The same of any numbers, for which labels may lie outside."""
    for picture in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
        paths_are_finite(ET.fromstring(picture))


def fits(text: str, width: int) -> None:
    """No line is wider than asked, and no number is none."""
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert [line for line in text.splitlines() if re.search(r"\b(nan|inf|None)\b", line)] == []


def on_a_terminal(lines: Lines) -> tuple[str, str]:
    """What a terminal with colours gets, and the same without its colours."""
    buffer = io.StringIO()
    Console(file=buffer, force_terminal=True, width=120, color_system="truecolor").print(lines)
    return buffer.getvalue(), re.sub("\x1b\\[[0-9;]*m", "", buffer.getvalue())


def on_an_ascii_stream(lines: Lines) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console.show(lines, stream)
    stream.flush()
    return raw.getvalue().decode("ascii")


def bring_no_styles_and_unique_ids(first: str, second: str) -> None:
    """Two fragments of one result can stand on one page, and change nothing on it."""
    pages = [Page(first), Page(second)]
    assert pages[0].problems == []
    assert not {"style", "script", "html", "body"} & {tag for tag, _ in pages[0].tags}
    ids = [{a["id"] for _, a in page.tags if "id" in a} for page in pages]
    assert ids[0]
    assert not ids[0] & ids[1]


def document(text: str, schema: dict[str, Any]) -> Any:
    """The document, which is legal JSON and described by its schema."""
    found = json.loads(text, parse_constant=_refuse)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def _refuse(constant: str) -> float:
    raise AssertionError(constant)


def safe_on_a_terminal(text: str) -> None:
    assert not set(text) & {"\x1b", "\x9b", "\u202e", "\u2066"}
