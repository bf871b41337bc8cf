"""How a report's figures are written, in both languages."""

from datetime import date

import pytest
from flask import Flask

from service.domain.tone import Change, Period, Share
from service.web import figures

NARROW = Share(3, 100, 10, 0.031, 0.022, 0.04)
WEEK = Period(date(2026, 11, 9), date(2026, 11, 16))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "not enough data"),
        (0.0, "0 %"),
        (0.0001, "under 0.1 %"),
        (0.0005, "0.1 %"),
        (0.0314, "3.1 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.5049, "50 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_has_no_more_digits_than_it_deserves(share: float | None, said: str) -> None:
    assert plain(figures.percent(share)) == said


def test_an_interval_says_between_what_it_lies() -> None:
    assert plain(figures.interval(NARROW)) == "2.2–4 %"
    assert figures.interval(Share(0, 3, 0)) == ""


def test_a_difference_has_its_sign() -> None:
    change = Change("cost", NARROW, NARROW, -0.01, -0.025, 0.005, 0.3, is_found=False)
    assert [figures.points(each) for each in (0.031, -0.2, 0.0, -0.0002)] == ["+3.1", "−20", "0", "0"]
    assert figures.interval(change) == "−2.5 to +0.5"


@pytest.mark.parametrize(
    ("hours", "said"),
    [(None, "–"), (0.001, "1 min"), (0.5, "30 min"), (5.43, "5.4 h"), (47.9, "47.9 h"), (60, "2.5 days")],
)
def test_a_time_is_said_in_what_is_easy_to_grasp(hours: float | None, said: str) -> None:
    assert figures.hours(hours) == said


@pytest.mark.parametrize(
    ("first", "end", "said"),
    [
        (date(2026, 11, 9), date(2026, 11, 10), "9 November 2026"),
        (date(2026, 11, 9), date(2026, 11, 16), "9 to 15 November 2026"),
        (date(2026, 10, 26), date(2026, 11, 2), "26 October to 1 November 2026"),
        (date(2025, 12, 29), date(2026, 1, 5), "29 December 2025 to 4 January 2026"),
    ],
)
def test_a_stretch_of_days_says_nothing_twice(first: date, end: date, said: str) -> None:
    assert figures.stretch(Period(first, end)) == said


@pytest.mark.parametrize(
    ("first", "end", "among", "said"),
    [
        (date(2026, 11, 9), date(2026, 11, 16), Period(date(2026, 11, 2), date(2026, 11, 16)), "9 Nov – 15 Nov"),
        (date(2026, 11, 9), date(2026, 11, 10), Period(date(2026, 11, 2), date(2026, 11, 16)), "9 Nov"),
        (date(2025, 2, 1), date(2025, 3, 1), Period(date(2019, 1, 1), date(2026, 1, 1)), "1 Feb – 28 Feb 2025"),
        (date(2025, 12, 31), date(2026, 1, 1), Period(date(2025, 12, 1), date(2026, 2, 1)), "31 Dec 2025"),
        (
            date(2025, 12, 29),
            date(2026, 1, 5),
            Period(date(2025, 12, 1), date(2026, 2, 1)),
            "29 Dec 2025 – 4 Jan 2026",
        ),
        (date(2025, 12, 1), date(2026, 1, 1), Period(date(2025, 12, 1), date(2026, 1, 1)), "1 Dec – 31 Dec"),
    ],
)
def test_among_several_years_a_year_is_named(first: date, end: date, among: Period, said: str) -> None:
    assert plain(figures.short_stretch(Period(first, end), among)) == said


def test_in_german_they_are_german(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        said = [
            plain(figures.interval(NARROW)),
            figures.stretch(Period(date(2026, 10, 26), date(2026, 11, 2))),
            figures.short_stretch(WEEK, WEEK),
            figures.hours(5.43),
        ]
    assert said == ["2,2–4 %", "26. Oktober bis 1. November 2026", "9. Nov. – 15. Nov.", "5,4 Std."]
