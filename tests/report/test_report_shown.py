"""Results show themselves, and load what shows them only then."""

import subprocess
import sys

import models_samples
import pytest
import report_samples
import score_samples

from bitsapart.report import console
from bitsapart.values.errors import UsageError
from bitsapart.values.shown import Shown

RESULTS: list[Shown] = [
    report_samples.mixed(), models_samples.compared(), models_samples.ranked(), score_samples.scored()
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_a_result_is_read_back_and_prints_itself(result: Shown) -> None:
    assert type(result).from_json(result.to_json()) == result
    assert str(result) == console.plain(result.__rich__())
    assert len(result.to_frame()) > 0


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_without_pandas_the_error_says_what_to_install(result: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        result.to_frame()


def test_a_result_that_is_not_shown_loads_no_report() -> None:
    rooms = "comparison.comparison", "model_comparison.result", "scoring.result"
    code = "; ".join(f"import bitsapart.{room}" for room in rooms)
    code += "; import sys; print([name for name in sys.modules if name.startswith(('bitsapart.report', 'rich'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
