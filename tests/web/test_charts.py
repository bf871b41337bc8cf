"""The pictures of a report: what they draw, what they leave open, and what they say to who cannot see them."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from service.domain.labels import LABELS
from service.domain.tone import Line, Period, Share, Slice
from service.web import charts
from tests import reports

SVG = "{http://www.w3.org/2000/svg}"
REPORT = reports.report()
READERS, STAFF = REPORT.lines


def drawn(picture: str) -> ET.Element:
    """Read a picture as a browser would."""
    return ET.fromstring(picture)


def of_class(picture: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in picture.iter() if each.get("class") == name]


def words(picture: ET.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


ALL = [
    charts.share_chart(READERS, "abusive", REPORT.period, REPORT.model_changes),
    charts.share_chart(STAFF, "abusive", REPORT.period),
    charts.volume_chart(READERS, REPORT.period, REPORT.model_changes),
    charts.change_chart(READERS.speaker, READERS.changes),
]


@pytest.mark.parametrize("picture", ALL)
def test_each_is_one_image_with_a_name_and_a_description(picture: str) -> None:
    svg = drawn(picture)
    names = {each.get("id"): each.text or "" for each in svg if each.tag in (f"{SVG}title", f"{SVG}desc")}
    assert svg.get("role") == "img"
    assert names[svg.get("aria-labelledby")]
    assert len(names[svg.get("aria-describedby")]) > 20


@pytest.mark.parametrize("picture", ALL)
def test_none_needs_what_a_strict_page_forbids(picture: str) -> None:
    for each in drawn(picture).iter():
        assert each.tag.removeprefix(SVG) not in {"style", "script", "a", "image", "use", "foreignObject"}
        assert not [name for name in each.attrib if name == "style" or name.startswith("on")]
        assert "http" not in "".join(each.attrib.values())


@pytest.mark.parametrize("picture", ALL)
def test_nothing_is_drawn_outside_the_picture(picture: str) -> None:
    svg = drawn(picture)
    width, height = (float(each) for each in (svg.get("viewBox") or "").split()[2:])
    for each in svg.iter():
        across = [float(each.get(name) or 0) for name in ("x", "x1", "x2", "cx")]
        down = [float(each.get(name) or 0) for name in ("y", "y1", "y2", "cy")]
        assert 0 <= min(across) <= max(across) <= width
        assert 0 <= min(down) <= max(down) <= height


def test_a_week_without_enough_data_breaks_the_line_and_is_marked() -> None:
    svg = drawn(ALL[0])
    assert [len(of_class(svg, name)) for name in ("share", "band", "gap", "dot")] == [2, 2, 1, 7]
    assert "?" in words(svg)


def test_where_nothing_is_known_that_is_said_and_no_line_is_drawn() -> None:
    svg = drawn(ALL[1])
    assert [len(of_class(svg, name)) for name in ("share", "band", "gap", "dot")] == [0, 0, 1, 0]
    assert "not enough data" in words(svg)


def test_a_single_point_has_its_interval_as_a_stroke() -> None:
    alone = replace(READERS, slices=READERS.slices[:1])
    svg = drawn(charts.share_chart(alone, "abusive", REPORT.period))
    assert [len(of_class(svg, name)) for name in ("whisker", "band", "dot")] == [1, 0, 1]


def test_a_change_of_model_is_marked_on_its_day() -> None:
    [mark] = of_class(drawn(ALL[0]), "model")
    bars = of_class(drawn(ALL[2]), "volume")
    left, right = float(bars[5].get("x") or 0), float(bars[6].get("x") or 0)
    assert left < float(mark.get("x1") or 0) < right  # in the sixth week, on its Wednesday
    assert of_class(drawn(ALL[1]), "model") == []


def test_bars_are_as_high_as_there_are_comments_and_what_was_held_stands_in_them() -> None:
    svg = drawn(ALL[2])
    heights = [float(each.get("height") or 0) for each in of_class(svg, "volume")]
    expected = [volume / reports.VOLUMES[0] for volume in reports.VOLUMES]
    assert [each / heights[0] for each in heights] == pytest.approx(expected, abs=0.01)
    assert len(of_class(svg, "held")) == 8
    assert words(svg)[:3] == ["0", "200", "400"]


def test_before_and_now_differ_in_shape_and_what_is_found_is_marked_in_words() -> None:
    svg = drawn(ALL[3])
    assert [len(of_class(svg, name)) for name in ("ring", "dot", "before", "now")] == [8, 8, 8, 8]
    assert all(each.get("stroke-dasharray") for each in of_class(svg, "before"))
    assert [each for each in words(svg) if each.startswith("◆")] == ["◆ Abusive", "◆ Cost"]


def test_the_description_tells_what_can_be_seen() -> None:
    told = next(each.text or "" for each in drawn(ALL[0]).iter(f"{SVG}desc"))
    assert "3\xa0% in the stretch of time that begins on 28 September 2026" in told
    assert "For 1 stretch of time there is not enough data." in told
    assert "highest 6.2\xa0%, in that which begins on 16 November 2026" in told


def test_the_ids_of_a_page_are_its_own() -> None:
    lines = REPORT.lines
    pictures = [charts.share_chart(line, key, REPORT.period) for line in lines for key in LABELS]
    pictures += [charts.volume_chart(line, REPORT.period) for line in lines]
    pictures += [charts.change_chart(line.speaker, line.changes) for line in lines]
    ids = [each for picture in pictures for each in re.findall(r'\bid="([^"]+)"', picture)]
    assert len(ids) == len(set(ids)) > 40


def test_they_are_in_german_where_the_reader_is(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        svg = drawn(charts.share_chart(READERS, "abusive", REPORT.period))
    assert "6,2\xa0%" in words(svg)
    assert next(each.text for each in svg.iter(f"{SVG}title")) == "Beleidigend: Anteil im Lauf der Zeit"


SHARES = st.one_of(st.none(), st.tuples(*[st.floats(0, 1)] * 3).map(sorted))


@given(st.lists(st.tuples(SHARES, st.integers(0, 10**6)), max_size=40))
def test_any_report_can_be_drawn(found: list[tuple[list[float] | None, int]]) -> None:
    blank = READERS.slices[0]
    days = REPORT.period.start.toordinal()
    slices = []
    for number, (share, volume) in enumerate(found):
        low, value, high = share or (None, None, None)
        period = Period(*(REPORT.period.start.fromordinal(days + number + each) for each in (0, 1)))
        shares = {"cost": Share(0, volume, 0, value, low, high)}
        slices.append(Slice(period, volume, shares, replace(blank.handling, held=volume // 2), ()))
    line = Line(READERS.speaker, tuple(slices), READERS.whole, ())
    whole = Period(REPORT.period.start, REPORT.period.start.fromordinal(days + max(1, len(found))))
    for picture in (charts.share_chart(line, "cost", whole), charts.volume_chart(line, whole)):
        svg = drawn(picture)
        places = [float(each) for each in re.findall(r'[xyr][12]?="(-?[\d.]+)"', picture)]
        assert svg.tag == f"{SVG}svg"
        assert all(-1 <= each <= charts.WIDTH + 1 for each in places)
