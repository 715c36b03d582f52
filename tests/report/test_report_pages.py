"""Every page of every report: whole, safe, offline and small."""

import re
from pathlib import Path

import fit_samples
import models_samples
import pytest
import report_checks as checks
import report_samples
import score_samples

from bitsapart.values.shown import Shown

COMPARISONS = {"mixed": report_samples.mixed(), "empty": report_samples.compared([])}
EVERY: dict[str, Shown] = {}
for what, found in (
    ("comparison", COMPARISONS),
    ("fit", fit_samples.EVERY),
    ("fits", fit_samples.FITS),
    ("models", models_samples.EVERY),
    ("ranking", models_samples.RANKINGS),
    ("score", score_samples.EVERY),
):
    EVERY |= {f"{what} {name}": result for name, result in found.items()}
HOSTILE = [name for name in EVERY if name.endswith("hostile")] + ["comparison mixed"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("pages")
    written = {name: result.to_html(folder / f"{number}.html") for number, (name, result) in enumerate(EVERY.items())}
    return {name: path.read_text("utf-8") for name, path in written.items()}


@pytest.fixture(params=EVERY)
def html(request: pytest.FixtureRequest, pages: dict[str, str]) -> str:
    return pages[request.param]


def test_it_is_whole_and_offline(html: str) -> None:
    checks.is_whole_and_offline(html)


def test_ids_are_unique_and_links_lead_somewhere(html: str) -> None:
    checks.leads_somewhere(html)


def test_pictures_are_well_formed_finite_and_named(html: str) -> None:
    checks.pictures(html)


def test_nothing_hidden_is_shown_and_it_is_small(html: str) -> None:
    checks.shows_nothing_hidden(html)
    assert len(html.encode()) < 250_000


def test_tables_have_heads_for_columns_or_rows(html: str) -> None:
    for table in re.findall(r"<table.*?</table>", html, flags=re.DOTALL):
        assert 'scope="col"' in table or 'scope="row"' in table


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_and_nothing_else(name: str, pages: dict[str, str]) -> None:
    checks.shows_names(pages[name], report_samples.HOSTILE)


@pytest.mark.parametrize("name", EVERY)
def test_fragments_bring_no_styles_and_unique_ids(name: str) -> None:
    fragments = [EVERY[name]._repr_html_() for _ in range(2)]
    checks.bring_no_styles_and_unique_ids(*fragments)
    checks.shows_nothing_hidden(fragments[0])
    checks.pictures(fragments[0])
