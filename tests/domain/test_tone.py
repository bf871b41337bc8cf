"""A tone report: what it says of chance, and how it is written."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.tally import BINS, EDGES, bin_of
from service.domain.tone import (
    Basis,
    Change,
    Handling,
    Line,
    ModelChange,
    Period,
    Scope,
    Share,
    Slice,
    Speaker,
    Step,
    ToneReport,
    corrected,
)
from service.domain.tone_json import FORMAT, from_json, to_json

WEEK = Period(date(2026, 11, 16), date(2026, 11, 23))
SHARE = Share(40, 2000, 60, 0.031, 0.02, 0.05, Basis.CARRIED)
SLICE = Slice(WEEK, 2000, {"abusive": SHARE}, Handling(90, 80, 3, 1.5), ("a-model", "another"), 4)
CHANGE = Change("abusive", replace(SHARE, value=0.01), SHARE, 0.021, 0.01, 0.032, 0.02, is_found=False)
LINE = Line(Speaker.READERS, (SLICE,), SLICE, (CHANGE,))
REPORT = ToneReport(
    Scope("https://relay.example.org", author_group="patient"),
    WEEK,
    Period(date(2026, 11, 9), date(2026, 11, 16)),
    Step.WEEK,
    "Europe/London",
    datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    (LINE, replace(LINE, speaker=Speaker.STAFF, changes=())),
    (ModelChange(date(2026, 11, 18), "another"),),
    ("A remark.",),
)


def test_the_comparisons_of_all_lines_are_allowed_for() -> None:
    two = list(corrected([LINE, replace(LINE, speaker=Speaker.STAFF)]))
    assert [line.changes[0].p_value for line in two] == pytest.approx([0.04, 0.04])
    assert all(line.changes[0].is_found for line in two)


def test_a_change_that_chance_may_have_made_is_not_found() -> None:
    lines = list(corrected([replace(LINE, changes=(CHANGE,) * 3)]))
    assert not any(each.is_found for each in lines[0].changes)


def test_a_report_as_json_is_read_back_as_it_was() -> None:
    assert from_json(json.loads(json.dumps(to_json(REPORT)))) == REPORT


def test_json_says_days_and_moments_as_people_write_them() -> None:
    row = to_json(REPORT)
    assert (row["format"], row["made_at"], row["period"]["end"]) == (FORMAT, "2026-11-23T09:30:00Z", "2026-11-23")
    assert row["lines"][0]["slices"][0]["shares"]["abusive"]["basis"] == "carried over"


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(ValueError, match="undertone-tone-1"):
        from_json({"format": "something else"})


@given(st.floats(0, 1))
def test_a_probability_falls_into_the_bin_between_its_edges(probability: float) -> None:
    low, high = (0.0, *EDGES)[bin_of(probability)], (*EDGES, 2.0)[bin_of(probability)]
    assert low <= probability < high
    assert bin_of(1.0) == BINS - 1
