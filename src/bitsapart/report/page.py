"""One self-contained page: no request, readable without style or script, light and dark."""

from importlib.resources import files

from bitsapart.report.svg import esc

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def page(title: str, main: str, footer: str) -> str:
    """The page around its content: ``main`` and ``footer`` are HTML, ``title`` is text."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{esc(title)} · bitsapart</title><style>{asset('style.css')}</style></head>"
    )
    body = f"<body><main>{main}</main>{footer}<script>{asset('script.js')}</script></body></html>\n"
    return head + "\n" + body


def asset(name: str) -> str:
    """A file that belongs to the page."""
    return files("bitsapart.report").joinpath(name).read_text("utf-8")
