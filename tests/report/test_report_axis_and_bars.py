"""The axis and the bars that several reports share."""

import re
import xml.etree.ElementTree as ET

import models_samples as samples
import pytest

from bitsapart.report.axis import axis
from bitsapart.report.bars import BAR, bar


@pytest.mark.parametrize("values", [[], [0.0], [5e-324], [1e300, 1e-300], [float("inf")], [float("nan"), 0.1], [1.0]])
def test_every_axis_has_two_ends(values: list[float]) -> None:
    found = axis(values, 10, 100)
    assert 0 < found.low < found.high
    assert [found(found.low), found(found.high), found(float("nan")), found(0.0)] == [10, 100, 10, 10]
    assert 2 <= len(found.powers()) <= 8


def test_a_bar_holds_its_interval() -> None:
    estimate = samples.bits(0.05, 0.4)
    paths = [p.attrib["d"] for p in ET.fromstring(bar(estimate, 0.07)).iter("path")]
    first, whisker = paths
    width = float(first.split("h")[1].split("v")[0])
    start, end = (float(x) for x in re.findall(r"[\d.]+", whisker)[::2])
    assert start < width < end <= BAR
